"""The Flask application over a house of use cases."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_cors import CORS
from flask_jwt_extended import JWTManager
from flask_smorest import Api
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import PathConverter, ValidationError

from kit.settings import Settings
from routes import (
    assistants,
    auth,
    chats,
    console,
    documents,
    errors,
    faq,
    gallery,
    generate,
    golden,
    guides,
    health,
    limits,
    members,
    metrics,
    models,
    npc,
    openai_compat,
    pushes,
    quizzes,
    requests,
    studio,
    unanswered,
    usage,
    webhooks,
)
from routes.description import VERSION, describe, options
from routes.house import EXTENSION
from routes.schemas.fields import ErrorBody
from routes.signed_tokens import install_signed_tokens
from services.documents.add_several import MOST_FILES
from services.house import House

BLUEPRINTS = (
    auth.blueprint,
    assistants.blueprint,
    golden.blueprint,
    unanswered.blueprint,
    members.blueprint,
    faq.blueprint,
    webhooks.blueprint,
    chats.blueprint,
    npc.blueprint,
    documents.blueprint,
    generate.blueprint,
    generate.unversioned,
    guides.blueprint,
    pushes.blueprint,
    models.blueprint,
    openai_compat.blueprint,
    quizzes.blueprint,
    studio.blueprint,
    usage.blueprint,
    metrics.blueprint,
    health.blueprint,
)
# The form fields around a file, beside the file itself.
FORM_ROOM = 1 << 20
# What a page of another origin may read of an answer's headers.
EXPOSED = (
    "Location",
    "Retry-After",
    "X-Next-Cursor",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
    "X-Total-Count",
)


class AnyName(PathConverter):
    """A chat's id, a contact's, a model's: any characters, a trailing slash left out as everywhere."""

    regex = ".+?"  # a leading slash, too
    part_isolating = False

    def to_python(self, value: str) -> str:
        """The name without the slash that ends the path; one with NUL names nothing."""
        if "\0" in value:
            raise ValidationError
        return value.removesuffix("/")


class ModelName(AnyName):
    """A model's name; what begins with ``test/`` is the address that tries one."""

    regex = "(?!test/).+?"


class _Api(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest with our error body and our error handlers."""

    ERROR_SCHEMA = ErrorBody

    def _register_error_handlers(self) -> None:
        errors.register(self._app)


class _Json(DefaultJSONProvider):
    """Compact, UTF-8, in the order of the schema, and never ``NaN``."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return super().dumps(obj, allow_nan=False, **kwargs)


def create_flask(house: House) -> Flask:
    """An application that serves ``house``; building it starts nothing."""
    settings = house.settings
    app = Flask("orquestra", static_folder=None)
    app.json = _Json(app)
    app.extensions[EXTENSION] = house
    app.config.update(_config(settings, house.jwt_secret))
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a contact's id may hold two in a row
    app.url_map.converters["chat_name"] = AnyName
    app.url_map.converters["model_name"] = ModelName
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask says so
    JWTManager(app)
    install_signed_tokens(app)
    api = _Api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(console.blueprint)
    app.register_blueprint(gallery.blueprint)
    requests.register(app)
    limits.register(app, settings.rate_limit, settings.redis_url)
    if settings.cors_origins:
        CORS(app, origins=list(settings.cors_origins), expose_headers=EXPOSED, max_age=600)
    app.config["OPENAPI_TEXT"] = json.dumps(describe(app, api), ensure_ascii=False)
    return app


def _config(settings: Settings, jwt_secret: str) -> dict[str, Any]:
    return {
        "API_TITLE": "Orquestra",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.0.3",
        "JWT_SECRET_KEY": jwt_secret,
        "JWT_ALGORITHM": "HS256",
        "MAX_CONTENT_LENGTH": (settings.max_upload_mb << 20) + FORM_ROOM,
        "MAX_FORM_MEMORY_SIZE": FORM_ROOM,
        "MAX_FORM_PARTS": MOST_FILES + 20,
        "PROPAGATE_EXCEPTIONS": False,
        "API_SPEC_OPTIONS": options(),
    }
