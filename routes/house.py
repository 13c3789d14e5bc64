"""The way from a handler to the use cases of the application that it runs in."""

from __future__ import annotations

from typing import cast

from flask import current_app

from services.house import House

EXTENSION = "orquestra"


def house() -> House:
    """The use cases of the running application."""
    return cast("House", current_app.extensions[EXTENSION])
