"""The way from a handler to the use cases of the application that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app

from services.house import House

EXTENSION = "orquestra"
View = TypeVar("View", bound=Callable[..., Any])


def house() -> House:
    """The use cases of the running application."""
    return cast("House", current_app.extensions[EXTENSION])


def at_a_workplace(view: View) -> View:
    """Handle a request at one of the application's workplaces, after the wait for one."""

    @wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with house().workplaces.taken():
            return view(*args, **kwargs)

    return wrapper  # type: ignore[return-value]  # it takes what the view takes
