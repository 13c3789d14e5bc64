"""The provider against a real HTTP server that speaks the protocol, well and badly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from integrations.llm.openai_compatible import OpenAICompatible
from kit.errors import SettingsError
from models.chats import Tokens
from models.completions import Completion, CompletionRequest, PromptMessage
from models.model_errors import (
    ModelAnswerBroken,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelShapeRefused,
    ModelTimedOut,
    ModelUnavailable,
)
from tests.servers.openai_server import OpenAIServer, Reply

KEY = "sk-test-0123456789"
REQUEST = CompletionRequest(
    (PromptMessage("system", "Seja breve."), PromptMessage("user", "Quanto custa a limpeza, segredo42?")),
    "m1",
)
TIMEOUT_S = 5.0


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def model(server: OpenAIServer) -> Iterator[OpenAICompatible]:
    provider = OpenAICompatible(api_key=KEY, base_url=server.base_url, pool_size=8)
    yield provider
    provider.close()


def streamed(model: OpenAICompatible, request: CompletionRequest = REQUEST) -> tuple[list[str], Completion]:
    *pieces, last = model.stream(request, TIMEOUT_S)
    assert isinstance(last, Completion)
    return [piece for piece in pieces if isinstance(piece, str)], last


def test_complete_sends_the_prompt_with_the_key_and_reads_text_and_usage(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    completion = model.complete(REQUEST, TIMEOUT_S)
    assert completion == Completion("Olá do modelo.", "m1", Tokens(11, 7), "stop")
    sent = server.requests[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body == {
        "model": "m1",
        "messages": [
            {"role": "system", "content": "Seja breve."},
            {"role": "user", "content": "Quanto custa a limpeza, segredo42?"},
        ],
    }


def test_sampling_choices_are_sent_only_when_set(server: OpenAIServer, model: OpenAICompatible) -> None:
    model.complete(replace(REQUEST, temperature=0.0, top_p=0.5, max_tokens=9), TIMEOUT_S)
    body = server.requests[0].body
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.0, 0.5, 9)
    assert "stream" not in body


def test_without_a_key_no_authorization_is_sent(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-of-the-environment")
    model = OpenAICompatible(api_key="", base_url=server.base_url, pool_size=1)
    assert model.complete(REQUEST, TIMEOUT_S).text
    assert "authorization" not in server.requests[0].headers
    model.close()


def test_a_stream_gives_the_pieces_and_last_the_whole(server: OpenAIServer, model: OpenAICompatible) -> None:
    pieces, last = streamed(model)
    assert pieces == ["Olá ", "do ", "modelo."]
    assert last == Completion("Olá do modelo.", "m1", Tokens(11, 7), "stop")
    assert server.requests[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("stream", [False, True])
def test_usage_is_estimated_and_marked_where_the_server_gives_none(
    server: OpenAIServer, model: OpenAICompatible, *, stream: bool
) -> None:
    server.script(Reply(usage=None))
    completion = streamed(model)[1] if stream else model.complete(REQUEST, TIMEOUT_S)
    assert completion.tokens.estimated
    assert completion.tokens.input > completion.tokens.output > 0


def test_usage_that_cannot_be_is_not_believed(server: OpenAIServer, model: OpenAICompatible) -> None:
    server.script(Reply(usage=(-5, 3)))
    assert model.complete(REQUEST, TIMEOUT_S).tokens.estimated


def test_one_connection_serves_calls_and_streams_one_after_another(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    for _ in range(3):
        model.complete(REQUEST, TIMEOUT_S)
        streamed(model)
    assert server.connections == 1


def test_many_threads_share_the_pool(server: OpenAIServer, model: OpenAICompatible) -> None:
    server.default = Reply(delay_s=0.02)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: model.complete(REQUEST, TIMEOUT_S).text, range(64)))
    assert set(answers) == {"Olá do modelo."}
    assert server.connections <= 8
    assert 1 < server.most_at_once <= 8


def test_a_stream_closed_midway_closes_its_connection(server: OpenAIServer, model: OpenAICompatible) -> None:
    server.script(Reply(pieces=["a "] * 200, drip_s=0.05))
    stream = model.stream(REQUEST, TIMEOUT_S)
    assert next(stream) == "a "
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert model.complete(REQUEST, TIMEOUT_S).text == "Olá do modelo."
    assert server.connections == 2


@pytest.mark.parametrize(
    ("status", "said", "named"),
    [
        (400, "Unknown parameter: 'response_format'", True),
        (404, "No endpoints found that support tool use", True),
        (500, "tools param requires --jinja flag", True),
        (400, "the prompt is odd", False),
        (401, "no tools with this key", False),
    ],
)
def test_a_server_that_knows_no_shapes_says_so(
    server: OpenAIServer, model: OpenAICompatible, status: int, said: str, *, named: bool
) -> None:
    server.default = Reply(status=status, error={"message": said})
    request = replace(REQUEST, extra={"tools": [], "response_format": {}})
    with pytest.raises(ModelRefused) as caught:
        model.complete(request, 5.0)
    assert isinstance(caught.value, ModelShapeRefused) is named
    with pytest.raises(ModelError) as caught_plain:
        model.complete(REQUEST, 5.0)
    assert not isinstance(caught_plain.value, ModelShapeRefused)


def test_a_server_that_refuses_stream_options_is_asked_once_without_and_remembered(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    server.default = Reply(refuses=("stream_options",))
    for _ in range(2):
        pieces, last = streamed(model)
        assert "".join(pieces) == last.text
        assert last.tokens.estimated
    assert [("stream_options" in body) for body in server.bodies()] == [True, False, False]


def test_a_server_that_does_not_say_what_it_refuses_is_asked_once_without(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    server.default = Reply(refuses=("stream_options",), refusal="bad request")
    assert streamed(model)[1].text == "Olá do modelo."
    assert len(server.requests) == 2


def test_once_stream_options_were_taken_a_refusal_is_a_refusal(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    streamed(model)
    server.script(Reply(status=400))
    with pytest.raises(ModelRefused):
        streamed(model)
    assert len(server.requests) == 2


def test_a_model_that_wants_max_completion_tokens_gets_it_from_then_on(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    server.default = Reply(
        refuses=("max_tokens",), refusal="Unsupported: '{field}'. Use 'max_completion_tokens' instead."
    )
    limited = replace(REQUEST, max_tokens=50)
    for _ in range(2):
        assert model.complete(limited, TIMEOUT_S).text == "Olá do modelo."
    model.complete(replace(limited, model="m2"), TIMEOUT_S)
    asked = [(body["model"], "max_completion_tokens" in body) for body in server.bodies()]
    assert asked == [("m1", False), ("m1", True), ("m1", True), ("m2", False), ("m2", True)]


FAILURES = [
    (Reply(status=401), ModelRefused, None),
    (Reply(status=403), ModelRefused, None),
    (Reply(status=404), ModelRefused, None),
    (Reply(status=422), ModelRefused, None),
    (Reply(status=302, headers={"Location": "http://127.0.0.1:1/v1"}), ModelRefused, None),
    (Reply(status=429, error={"message": "no credit", "code": "insufficient_quota"}), ModelRefused, None),
    (Reply(status=429, headers={"Retry-After": "7"}), ModelBusy, 7.0),
    (Reply(status=429, headers={"Retry-After": "7", "Retry-After-Ms": "250"}), ModelBusy, 0.25),
    (Reply(status=429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), ModelBusy, 0.0),
    (Reply(status=429, headers={"Retry-After": "soon"}), ModelBusy, None),
    (Reply(status=503, headers={"Retry-After": "99999999"}), ModelBusy, 3600.0),
    (Reply(status=504), ModelTimedOut, None),
    (Reply(status=500), ModelUnavailable, None),
    (Reply(status=502, body=b"<html>bad gateway</html>", content_type="text/html"), ModelUnavailable, None),
    (Reply(text="  \n"), ModelAnswerBroken, None),
    (Reply(text="", finish_reason="length"), ModelAnswerBroken, None),
    (Reply(body=b"{broken"), ModelAnswerBroken, None),
    (Reply(body=b"[" * 100_000), ModelAnswerBroken, None),
    (Reply(body=b"\xff\xfe\x00"), ModelAnswerBroken, None),
    (Reply(body=b"<html>log in</html>", content_type="text/html"), ModelAnswerBroken, None),
    (Reply(headers={"Content-Encoding": "br"}, body=b"\x0b\x02"), ModelAnswerBroken, None),
    (Reply(body=b"null"), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": []}'), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": "x"}'), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": [null]}'), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": [{"message": "x"}]}'), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": [{"message": {"content": 5}}]}'), ModelAnswerBroken, None),
    (Reply(body=b'{"choices": [{"message": {"content": [{"text": "x"}]}}]}'), ModelAnswerBroken, None),
    (
        Reply(body=b'{"choices": [{"message": {"content": [{"type": "text", "text": {}}]}}]}'),
        ModelAnswerBroken,
        None,
    ),
    (Reply(body=b'{"error": {"message": "busy", "code": 429}}'), ModelBusy, None),
    (Reply(body=b'{"error": "no"}'), ModelUnavailable, None),
]


@pytest.mark.parametrize(("reply", "error", "retry_after"), FAILURES)
@pytest.mark.parametrize("stream", [False, True])
def test_every_failure_has_its_name_and_tells_no_secret(
    server: OpenAIServer,
    model: OpenAICompatible,
    reply: Reply,
    error: type[ModelError],
    retry_after: float | None,
    *,
    stream: bool,
) -> None:
    server.default = reply  # a stream is answered by these bodies as they are
    with pytest.raises(error) as caught:
        streamed(model) if stream else model.complete(REQUEST, TIMEOUT_S)
    assert type(caught.value) is error
    assert caught.value.retry_after == retry_after
    told = caught.value.sentence + json.dumps(caught.value.details)
    assert not any(secret in told for secret in (KEY, server.base_url, "segredo42"))


@pytest.mark.parametrize("cut_after", [0, 5])
def test_an_answer_cut_midway_is_broken(
    server: OpenAIServer, model: OpenAICompatible, cut_after: int
) -> None:
    server.script(Reply(cut_after=cut_after))
    with pytest.raises(ModelAnswerBroken):
        model.complete(REQUEST, TIMEOUT_S)


STREAM_FAILURES = [
    Reply(finish_reason=None, done=False),
    Reply(cut_after=2),
    Reply(frames=[b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n', b"data: {broken\n\n"]),
    Reply(frames=[b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n', b"data: []\n\n"]),
    Reply(frames=[b'data: {"choices": [{"delta": {"content": ["a"]}}]}\n\n']),
    Reply(frames=[b'data: {"choices": [{"delta": 5}]}\n\n']),
    Reply(frames=[b"data: [DONE]\n\n"]),
    Reply(frames=[]),
    Reply(text=""),
]


@pytest.mark.parametrize("reply", STREAM_FAILURES)
def test_a_stream_that_is_not_a_whole_answer_is_broken(
    server: OpenAIServer, model: OpenAICompatible, reply: Reply
) -> None:
    server.script(reply)
    with pytest.raises(ModelAnswerBroken):
        list(model.stream(REQUEST, TIMEOUT_S))
    assert streamed(model)[1].text == "Olá do modelo."


def test_an_error_inside_a_stream_is_raised_after_the_text_before_it(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    server.script(
        Reply(
            frames=[
                b'data: {"choices": [{"delta": {"content": "Meio "}}]}\n\n',
                b'data: {"error": {"message": "sk-test overloaded", "code": "rate_limit_exceeded"}}\n\n',
            ]
        )
    )
    stream = model.stream(REQUEST, TIMEOUT_S)
    assert next(stream) == "Meio "
    with pytest.raises(ModelBusy):
        next(stream)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(done=False),
        Reply(finish_reason=None),
        Reply(cut_after=6),  # the first frame, three words, the finish reason, the usage: no [DONE]
    ],
)
def test_a_stream_is_whole_with_a_finish_reason_or_a_done(
    server: OpenAIServer, model: OpenAICompatible, reply: Reply
) -> None:
    server.script(reply)
    assert streamed(model)[1].text == "Olá do modelo."


def test_a_server_that_does_not_stream_is_still_understood(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    server.script(Reply(body=b'{"choices": [{"message": {"content": "Inteira."}, "finish_reason": "stop"}]}'))
    assert streamed(model)[0] == ["Inteira."]


def test_of_content_in_parts_the_texts_are_the_answer(server: OpenAIServer, model: OpenAICompatible) -> None:
    thought = '{"type": "thinking", "thinking": [{"type": "text", "text": "segredo"}]}'
    parts = [f"[{thought}]", '[{"type": "text", "text": "Custa "}]', '"120."']
    frames = [f'data: {{"choices": [{{"delta": {{"content": {one}}}}}]}}\n\n'.encode() for one in parts]
    whole = f'[{thought}, {{"type": "text", "text": "Custa 120."}}]'
    server.script(
        Reply(frames=[*frames, b"data: [DONE]\n\n"]),
        Reply(body=f'{{"choices": [{{"message": {{"content": {whole}}}}}]}}'.encode()),
    )
    assert streamed(model)[1].text == model.complete(REQUEST, TIMEOUT_S).text == "Custa 120."


def test_characters_cut_in_two_meet_and_what_cannot_be_stored_is_replaced(
    server: OpenAIServer, model: OpenAICompatible
) -> None:
    def frame(escaped: bytes) -> bytes:
        return b'data: {"choices": [{"delta": {"content": "' + escaped + b'"}}]}\n\n'

    server.script(
        Reply(frames=[frame(rb"oi \ud83d"), frame(rb"\ude00 \u0000x\ud83d"), b"data: [DONE]\n\n"]),
        Reply(body=rb'{"choices": [{"message": {"content": "a\u0000b\ud800c"}}]}'),
    )
    pieces, last = streamed(model)
    assert "".join(pieces) == last.text == "oi \U0001f600 x\ufffd"
    assert model.complete(REQUEST, TIMEOUT_S).text == "ab\ufffdc"


def test_a_prompt_with_half_a_character_is_sent_whole(server: OpenAIServer, model: OpenAICompatible) -> None:
    model.complete(CompletionRequest((PromptMessage("user", "oi \ud800!"),), "m1"), TIMEOUT_S)
    assert server.requests[0].body["messages"][0]["content"] == "oi \ufffd!"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "reply",
    [Reply(delay_s=30), Reply(drip_s=0.03, pieces=["x "] * 1000, text="x" * 1000), Reply(head_drip_s=0.03)],
    ids=["silent", "dripping", "dripping head"],
)
def test_no_server_outlasts_the_deadline(
    server: OpenAIServer, model: OpenAICompatible, reply: Reply, *, stream: bool
) -> None:
    server.script(reply)
    with pytest.raises(ModelTimedOut):
        list(model.stream(REQUEST, 0.15)) if stream else model.complete(REQUEST, 0.15)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with OpenAIServer() as gone:
        model = OpenAICompatible(api_key=KEY, base_url=gone.base_url, pool_size=1)
    with pytest.raises(ModelUnavailable):
        model.complete(REQUEST, TIMEOUT_S)
    model.close()


def test_an_answer_over_the_bound_is_broken_and_not_kept(server: OpenAIServer) -> None:
    model = OpenAICompatible(api_key=KEY, base_url=server.base_url, pool_size=1, max_answer_bytes=50_000)
    server.script(Reply(text="x" * 60_000), Reply(pieces=["y" * 1000] * 100))
    with pytest.raises(ModelAnswerBroken):
        model.complete(REQUEST, TIMEOUT_S)
    with pytest.raises(ModelAnswerBroken):
        streamed(model)
    assert model.complete(REQUEST, TIMEOUT_S).text == "Olá do modelo."
    model.close()


def test_when_all_connections_are_taken_the_model_is_busy(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.llm.openai_compatible.CONNECT_TIMEOUT_S", 0.05)
    model = OpenAICompatible(api_key=KEY, base_url=server.base_url, pool_size=1)
    server.script(Reply(pieces=["a "] * 100, drip_s=0.02))
    stream = model.stream(REQUEST, TIMEOUT_S)
    next(stream)
    with pytest.raises(ModelBusy):
        model.complete(REQUEST, TIMEOUT_S)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert model.complete(REQUEST, TIMEOUT_S).text
    model.close()


@pytest.mark.parametrize(
    ("key", "url"),
    [
        (KEY, "ftp://example.org/v1"),
        (KEY, "example.org/v1"),
        (KEY, "http://?x"),
        (KEY, "ftp://me:password@example.org"),
        (KEY, "http://[::1"),
        ("sk with spaces", ""),
        ("sk-“curly”", ""),
    ],
)
def test_a_key_or_url_that_cannot_be_one_stops_the_start_without_being_told(key: str, url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        OpenAICompatible(api_key=key, base_url=url, pool_size=1)
    assert key not in str(caught.value)
    assert not url or url not in str(caught.value)


def test_proxies_and_netrc_of_the_environment_are_not_used(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    model = OpenAICompatible(api_key=KEY, base_url=server.base_url, pool_size=1)
    assert model.complete(REQUEST, TIMEOUT_S).text
    model.close()
