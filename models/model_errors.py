"""What can go wrong between a prompt and its answer, whoever serves the model.

Sentences are for people: they name the model and nothing else, never a key, a URL or words of a prompt.
"""

from __future__ import annotations

from typing import ClassVar

from kit.errors import AppError, Unavailable, UpstreamFailed, UpstreamTimeout
from models.routing import Routing


class ModelError(AppError):
    """A model gave no answer; ``worth_a_retry`` says whether the same call may succeed a moment later.

    ``routing`` is which models were asked, once all have been.
    """

    worth_a_retry: ClassVar[bool] = False
    routing = Routing()


def routing_of(problem: AppError) -> Routing:
    """Which models were asked in vain, where ``problem`` came of asking models."""
    return problem.routing if isinstance(problem, ModelError) else Routing()


class ModelUnavailable(ModelError, UpstreamFailed):
    """The model's server cannot be reached, or failed on its side."""

    code = "model_unavailable"
    message = "The model's server cannot be reached or failed."
    worth_a_retry = True


class ModelTimedOut(ModelError, UpstreamTimeout):
    """The model did not finish its answer in the time allowed."""

    code = "model_timed_out"
    message = "The model took too long to answer."
    worth_a_retry = True


class ModelBusy(ModelError, Unavailable):
    """The model's server asks to come back later; ``retry_after`` is in seconds where it said when."""

    code = "model_busy"
    message = "The model's server is busy; try again in a moment."
    worth_a_retry = True


class ModelQueueFull(ModelBusy):
    """As many calls to a model are under way as are allowed, and none ended in the time there was."""

    code = "model_queue_full"
    message = "Too many calls to this model are under way."


class ModelResting(ModelBusy):
    """A model failed so often that it is left alone for a moment; ``retry_after`` says for how long."""

    code = "model_resting"
    message = "The model failed several times and is left alone for a moment."


class ModelRefused(ModelError, UpstreamFailed):
    """The model's server will never take this call: a bad key, an unknown model, a request too long."""

    code = "model_refused"
    message = "The model's server refused the request."


class ModelShapeRefused(ModelRefused):
    """The model's server knows no such way to ask for an answer of a given shape: no schema, or no tools."""

    code = "model_shape_refused"
    message = "The model's server does not take this way of asking for an answer of a given shape."


class ModelAnswerBroken(ModelError, UpstreamFailed):
    """An answer came, and it is empty, cut short or not in the protocol."""

    code = "model_answer_broken"
    message = "The model's answer was empty or broken."
    worth_a_retry = True


class ModelAnswerInvalid(ModelError, UpstreamFailed):
    """A model was asked for an answer of a given shape and gave none; ``details`` say what was wrong with it."""

    code = "model_answer_invalid"
    message = "The model gave no valid answer."


class ModelNotConfigured(ModelError, Unavailable):
    """An assistant names a model that nothing here is set up to reach."""

    code = "model_not_configured"
    message = "No model server is configured for this model."


class EmbeddingChanged(ModelError, UpstreamFailed):
    """Vectors have another length than those before: another model stands behind the same name."""

    code = "embedding_changed"
    message = "The embedding model gives vectors of another length than before."
