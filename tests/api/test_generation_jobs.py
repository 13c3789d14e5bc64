"""Prompts that are answered in the background."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.clock import utc_now
from models.generation import JobStatus
from services.generation.run_generation import KEPT
from tests.people import Caller, bot
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import wait_until

PROMPT = {"prompt": "Diga olá.", "model": "test-model"}
ASYNC = "/api/v1/generate?async=true"


def is_done(caller: Caller, job_id: str) -> bool:
    return bool(caller.get(f"/api/v1/jobs/{job_id}").get_json()["status"] == "done")


def test_a_prompt_is_answered_in_the_background(owner: Caller, server: OpenAIServer) -> None:
    job = owner.generation_job(PROMPT, "/api/generate")
    assert (job["status"], job["progress"], job["error"]) == ("done", 100, None)
    assert job["result"]["output"] == "Olá do modelo."
    assert job["result"]["meta"]["tokens"] == {"in": 11, "out": 7, "estimated": False}
    assert job["result"]["meta"]["response_time"].endswith("s")


def test_a_question_too_and_whose_it_is_sees_it(
    app: Flask,
    owner: Caller,
    outsider: Caller,
    admin: Caller,
    assistant: dict[str, Any],
    server: OpenAIServer,
) -> None:
    document = owner.ready_document(assistant["_id"], "a.md", "A limpeza custa 120 reais.")
    contact_bot = bot(app, assistant)
    by_bot = contact_bot.generation_job({"prompt": "Quanto custa a limpeza?"}, "/api/v1/rag")
    asked = {"prompt": "Quanto custa a limpeza?", "assistant_id": assistant["_id"]}
    by_owner = owner.generation_job(asked, "/api/v1/rag")
    for job in (by_bot, by_owner):
        assert [one["document_id"] for one in job["result"]["sources"]] == [document["_id"]]
    other_bot = bot(app, owner.new_assistant())
    for caller, job in (
        (contact_bot, by_owner),
        (other_bot, by_bot),
        (outsider, by_bot),
        (outsider, by_owner),
    ):
        assert caller.get(f"/api/v1/jobs/{job['job_id']}").status_code == 404
    for caller, job in ((owner, by_bot), (admin, by_bot), (admin, by_owner)):
        assert caller.get(f"/api/v1/jobs/{job['job_id']}").get_json() == job
    owner.delete(f"/assistants/delete/{assistant['_id']}")
    assert owner.get(f"/api/v1/jobs/{by_owner['job_id']}").status_code == 404


def test_what_would_be_refused_at_once_is(owner: Caller) -> None:
    assert owner.post(ASYNC, {**PROMPT, "stream": True}).status_code == 422
    assert owner.post("/api/v1/rag?async=true", PROMPT).status_code == 422
    assert owner.post("/api/v1/generate?async=perhaps", PROMPT).status_code == 422
    assert owner.get("/api/v1/jobs/nonsense").status_code == 404


def test_a_model_that_fails_fails_the_job(owner: Caller, server: OpenAIServer) -> None:
    server.script(Reply(status=400))
    job = owner.generation_job(PROMPT)
    assert (job["status"], job["result"], job["error"]["code"]) == ("failed", None, "model_refused")


def test_the_same_key_is_the_same_job(owner: Caller, outsider: Caller, server: OpenAIServer) -> None:
    before = server.served
    key = {"Idempotency-Key": "pedido-1"}
    first, again = (owner.post(ASYNC, PROMPT, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.get_json() == again.get_json()
    other = owner.post(ASYNC, {**PROMPT, "prompt": "Outra coisa."}, headers=key)
    assert (other.status_code, other.get_json()["error"]) == (409, "idempotency_key_used")
    assert owner.post(ASYNC, PROMPT, headers={"Idempotency-Key": "x" * 129}).status_code == 422
    theirs = outsider.post(ASYNC, PROMPT, headers=key).get_json()
    assert theirs != first.get_json()
    for caller, job in ((owner, first.get_json()), (outsider, theirs)):
        wait_until(partial(is_done, caller, job["job_id"]))
    assert server.served == before + 2


def test_one_whose_process_died_is_failed_and_never_asked_again(
    owner: Caller, server: OpenAIServer, installation: Installation
) -> None:
    run = installation.house.generation.run_generation
    server.script(Reply(held=True))
    job_id = owner.post(ASYNC, PROMPT).get_json()["job_id"]
    path = f"/api/v1/jobs/{job_id}"
    wait_until(lambda: server._held)
    assert owner.get(path).get_json()["status"] == "running"
    served = server.served
    assert run.recover() == []
    assert owner.get(path).get_json()["status"] == "running"
    run.recover(all_are_dead=True)
    assert owner.get(path).get_json()["error"]["code"] == "interrupted"
    server.release()
    run.run(job_id)
    assert (owner.get(path).get_json()["status"], server.served) == ("failed", served)


def test_one_that_was_not_begun_is_done_after_a_restart_and_forgotten_after_a_day(
    owner: Caller, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, start = installation.house.generation.run_generation, installation.house.generation.start_generation
    monkeypatch.setattr(start._queue, "_run_soon", lambda _: 0)  # the process ended in this moment
    job_id = owner.post(ASYNC, {**PROMPT, "model": "offline"}).get_json()["job_id"]
    assert job_id in run.recover(all_are_dead=True)
    run.run(job_id)
    job = run._jobs.get_any(job_id)
    assert job is not None
    assert (job.status, job.asked.prompt) == (JobStatus.DONE, "")  # the prompt is not kept beside its answer
    monkeypatch.setattr(run, "_clock", lambda: utc_now() + KEPT + timedelta(seconds=5))
    run.recover()
    assert owner.get(f"/api/v1/jobs/{job_id}").status_code == 404


def test_a_disabled_account_gets_no_answer_any_more(
    owner: Caller, admin: Caller, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, start = installation.house.generation.run_generation, installation.house.generation.start_generation
    monkeypatch.setattr(start._queue, "_run_soon", lambda _: 0)
    job_id = owner.post(ASYNC, {**PROMPT, "model": "offline"}).get_json()["job_id"]
    admin.put(f"/auth/users/{owner.user_id}", {"active": False})
    run.run(job_id)
    job = run._jobs.get_any(job_id)
    assert job is not None
    assert job.error is not None
    assert job.error.code == "unauthenticated"


def test_too_many_that_wait_are_refused(
    owner: Caller, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation.house.generation.start_generation._queue, "_run_soon", lambda _: 1_000)
    answer = owner.post(ASYNC, PROMPT)
    assert (answer.status_code, answer.get_json()["error"]) == (503, "jobs_full")
    assert answer.headers["Retry-After"]


def test_jobs_go_with_the_account_of_who_asked(
    owner: Caller, admin: Caller, installation: Installation
) -> None:
    job_id = owner.generation_job({**PROMPT, "model": "offline"})["job_id"]
    assert admin.delete(f"/auth/users/{owner.user_id}").status_code == 200
    assert installation.house.generation.run_generation._jobs.get_any(job_id) is None
