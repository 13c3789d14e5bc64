"""What Prometheus reads."""

from __future__ import annotations

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import MakeApp
from tests.people import Caller, bot, nobody
from tests.talk import send

CONTACT = "+5513912345678"


def samples(app: Flask) -> dict[tuple[str, ...], float]:
    text = nobody(app).get("/metrics").text
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_requests_model_calls_and_limits_are_counted_and_no_contact_is_named(
    make_app: MakeApp, owner: Caller
) -> None:
    app = make_app()
    before = samples(app)
    assistant = owner.new_assistant(model="offline", limits={"requests_per_minute": 1})
    send(bot(app, assistant), "Oi", id=CONTACT)
    send(bot(app, assistant), "Oi", id=CONTACT)
    owner.get(f"/chats/get/{CONTACT}")
    now = samples(app)

    def more(*name: str) -> float:
        return now.get(name, 0) - before.get(name, 0)

    assert more("orquestra_model_calls_total", "offline", "answered", "chat") == 1
    assert more("orquestra_requests_total", "POST", "/chats/enviarMensagemLLM", "429") == 1
    assert more("orquestra_limits_reached_total", "requests_per_minute") == 1
    assert more("orquestra_turns_total", "answered") == 1
    assert more("orquestra_model_attempts_total", "offline", "answered") == 1
    assert more("orquestra_tokens_total", "in", "offline") > 0
    assert now["orquestra_model_ready", "offline"] == 1
    assert CONTACT.lstrip("+") not in nobody(app).get("/metrics").text


def test_a_token_is_asked_for_where_one_is_set(make_app: MakeApp) -> None:
    app = make_app(metrics_token="let me see")  # a test's

    assert nobody(app).get("/metrics").status_code == 401
    assert (
        Caller(app.test_client(), {"Authorization": "Bearer let me see"}).get("/metrics").status_code == 200
    )


def test_what_was_refused_by_a_budget_or_is_open_is_counted(make_app: MakeApp, owner: Caller) -> None:
    app = make_app()
    before = samples(app)
    limits = {"tokens_per_day": 1, "over": {"message": "Amanhã."}}
    assistant = owner.new_assistant(model="offline", limits=limits)
    send(bot(app, assistant), "Oi", id=CONTACT)
    now = samples(app)

    def more(*name: str) -> float:
        return now.get(name, 0) - before.get(name, 0)

    assert more("orquestra_limits_reached_total", "tokens_per_day") == 1
    assert more("orquestra_turns_total", "limit_message") == 1
    assert now["orquestra_turns_under_way",] == 0
    kinds = {name[1:] for name in now if name[0] == "orquestra_jobs"}
    assert kinds == {
        *(
            (kind, "waiting")
            for kind in ("document", "golden_run", "generation", "webhook", "picture", "push")
        ),
        *((kind, "running") for kind in ("document", "golden_run", "generation", "push")),
        *((kind, "later") for kind in ("webhook", "push")),
    }
    assert kinds == {name[1:] for name in now if name[0] == "orquestra_job_oldest_seconds"}


def test_paths_that_are_none_of_ours_and_methods_that_nobody_knows_share_a_label(make_app: MakeApp) -> None:
    app = make_app()
    samples(app)  # /metrics itself is a route
    before = {name for name in samples(app) if name[0] == "orquestra_requests_total"}
    for number in range(5):
        nobody(app).get(f"/made/up/{number}")
        app.test_client().open(f"/x{number}", method=f"VERB{number}")
    new = {name for name in samples(app) if name[0] == "orquestra_requests_total"} - before

    assert {name[2] for name in new} <= {"-"}
    assert len(new) <= 3
