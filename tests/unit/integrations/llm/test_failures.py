"""What the way to a server fails with, in our words."""

from __future__ import annotations

import pytest
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as http_failures

from integrations.llm.failures import translated
from integrations.llm.transport import AnswerTooLong, NoAnswer
from models.model_errors import ModelAnswerBroken, ModelBusy, ModelError, ModelTimedOut, ModelUnavailable

POOL = HTTPConnectionPool("secret.example")


@pytest.mark.parametrize(
    ("problem", "named"),
    [
        (http_failures.EmptyPoolError(POOL, "secret"), ModelBusy),
        (http_failures.ClosedPoolError(POOL, "secret"), ModelUnavailable),
        (http_failures.ConnectTimeoutError("secret"), ModelUnavailable),
        (http_failures.ReadTimeoutError(POOL, "/secret", "secret"), ModelTimedOut),
        (http_failures.SSLError("secret"), ModelUnavailable),
        (http_failures.LocationParseError("secret"), ModelUnavailable),
        (NoAnswer("secret"), ModelUnavailable),
        (http_failures.ProtocolError("secret"), ModelAnswerBroken),
        (http_failures.DecodeError("secret"), ModelAnswerBroken),
        (http_failures.InvalidHeader("secret"), ModelAnswerBroken),
        (AnswerTooLong("secret"), ModelAnswerBroken),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one.__name__,
)
def test_every_failure_has_its_name_and_none_of_its_words(
    problem: Exception, named: type[ModelError]
) -> None:
    error = translated(problem, "m1")
    assert type(error) is named
    assert "m1" in error.sentence
    assert "secret" not in error.sentence
