"""What Prometheus reads."""

from __future__ import annotations

import hmac

from flask import Response

from integrations.metrics import CONTENT_TYPE
from kit.errors import Unauthenticated
from routes.blueprint import Blueprint
from routes.guards import anybody, bearer
from routes.house import house

blueprint = Blueprint("metrics", __name__, description="What Prometheus reads.")


@blueprint.path("/metrics")
@anybody
@blueprint.gives(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Requests, model calls, tokens, money and times; with `METRICS_TOKEN` it asks for that token."""
    token = house().settings.metrics_token
    if token and not hmac.compare_digest(bearer().encode(), token.encode()):
        raise Unauthenticated("Send METRICS_TOKEN as Authorization: Bearer.")
    return Response(house().metrics.text(), content_type=CONTENT_TYPE)
