"""The routes, without an installation behind them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from kit.settings import Settings
from routes.app import create_flask


@pytest.fixture(scope="session")
def app() -> Flask:
    """An application that can be looked at, not called."""
    house: Any = SimpleNamespace(settings=Settings(), jwt_secret="no token is made with this secret")
    return create_flask(house)
