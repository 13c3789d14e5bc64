"""Whole answers of one server, over real HTTP."""

from __future__ import annotations

import gzip

import pytest

from integrations.json_server import JsonServer
from integrations.llm.transport import checked_url
from models.model_errors import ModelAnswerBroken, ModelTimedOut
from tests.servers.openai_server import OpenAIServer, Reply


def test_a_name_and_a_password_in_the_address_are_sent_unless_there_is_a_key() -> None:
    with OpenAIServer(Reply(body=gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"})) as server:
        address = server.base_url.replace("://", "://me:p%40ss@")
        url = checked_url(address, "X", "/chat/completions")
        for key in ("", "k"):
            made = JsonServer(url, model="m", calls=1, api_key=key)
            assert made.post({"a": 1}, 5.0) == [1]
            made.close()
        said = [one.headers["authorization"] for one in server.requests]
        assert said == ["Basic bWU6cEBzcw==", "Bearer k"]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(body=b"<html>"), ModelAnswerBroken),
        (Reply(drip_s=0.05), ModelTimedOut),
        (Reply(head_drip_s=0.05), ModelTimedOut),
    ],
    ids=["no json", "drip", "head drip"],
)
def test_what_goes_wrong_has_a_name(reply: Reply, problem: type[Exception]) -> None:
    with OpenAIServer(reply) as server:
        made = JsonServer(checked_url(server.base_url, "X", "/chat/completions"), model="m", calls=1)
        with pytest.raises(problem):
            made.post({}, 0.2)
        with pytest.raises(ModelTimedOut):
            made.post({}, 0.0)
        made.close()
