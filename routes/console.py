"""The pages: start, Swagger UI, Redoc; every file of theirs is bundled."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, send_from_directory

from kit.settings import PROJECT_ROOT
from routes.guards import anybody

FOLDER = PROJECT_ROOT / "console"
blueprint = Blueprint("console", __name__)


@blueprint.get("/")
@anybody
def start() -> Response:
    """The start page."""
    return page("index.html")


@blueprint.get("/swagger/")
@anybody
def swagger() -> Response:
    """Swagger UI over this server's description."""
    return page("swagger.html")


@blueprint.get("/redoc/")
@anybody
def redoc() -> Response:
    """Redoc over this server's description."""
    return page("redoc.html")


@blueprint.get("/console/<path:filename>")
@anybody
def asset(filename: str) -> Response:
    """A file of the pages."""
    return send_from_directory(FOLDER, filename, max_age=3600)


@blueprint.get("/openapi.json")
@anybody
def description() -> Response:
    """The OpenAPI description of every route."""
    return current_app.response_class(current_app.config["OPENAPI_TEXT"], mimetype="application/json")


def page(name: str) -> Response:
    """A page that is a file."""
    response = send_from_directory(FOLDER, name, max_age=0)
    response.headers["X-Frame-Options"] = "DENY"
    return response
