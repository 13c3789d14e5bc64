"""The way from a handler to the use cases of the application that it runs in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app

from services.house import House

EXTENSION = "orquestra"
AT_A_WORKPLACE = "at_a_workplace"
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

    setattr(wrapper, AT_A_WORKPLACE, True)
    return wrapper  # type: ignore[return-value]  # it takes what the view takes


def turn_paths(app: Flask) -> frozenset[str]:
    """The paths, without a slash at the end, of what is handled at a workplace; those with names in them left out."""
    views = app.view_functions
    return frozenset(
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments and hasattr(views[rule.endpoint], AT_A_WORKPLACE)
    )
