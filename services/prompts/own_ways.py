"""What an assistant's settings say of a prompt that is not grounded in its documents."""

from __future__ import annotations

from dataclasses import replace

from models.assistants import Assistant
from models.completions import CompletionRequest


def in_the_way_of(assistant: Assistant, request: CompletionRequest) -> CompletionRequest:
    """The request in the assistant's name: its model and its ways to sample where the request has none."""
    own = assistant.settings
    return replace(
        request,
        model=request.model or own.model,
        temperature=own.temperature if request.temperature is None else request.temperature,
        top_p=own.top_p if request.top_p is None else request.top_p,
        max_tokens=own.max_tokens if request.max_tokens is None else request.max_tokens,
        fallback_models=own.fallback_models,
        provider_keys=own.provider_keys,
        assistant_id=assistant.id,
        owner_id=assistant.owner_id,
        limits=own.limits,
        log_content=own.log_content,
    )
