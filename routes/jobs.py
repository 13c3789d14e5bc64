"""Answers that say where a job is."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, jsonify, request

from models.generation import GenerationJob

_ASYNC = "respond-async"


def accepted(job: GenerationJob, headers: Mapping[str, str] | None = None) -> Response:
    """202, and where the job is."""
    response = jsonify({"job_id": job.id})
    response.status_code = 202
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    response.headers.update(headers or {})
    return response


def prefers_async() -> bool:
    """Whether the request has ``Prefer: respond-async`` (RFC 7240)."""
    preferred = ",".join(request.headers.getlist("Prefer")).lower().split(",")
    return any(one.partition(";")[0].strip() == _ASYNC for one in preferred)
