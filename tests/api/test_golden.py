"""Golden questions: kept, imported and exported, run in the background, compared."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from bootstrap.installation import Installation
from kit.clock import utc_now
from kit.errors import Unavailable
from kit.ids import new_id
from models.golden import MOST_QUESTIONS, GoldenRun, RunStatus
from services.golden import run_golden as module
from services.golden.add_golden import Asked
from services.golden.run_golden import GIVEN_UP, NO_QUESTIONS, RunGolden
from tests.people import Caller, bot, nobody

PRICES = "# Preços\n\nA limpeza custa R$ 180,00.\n"
HOURS = "# Horários\n\nAbrimos aos sábados das 8h às 13h.\n"
CSV = 'question,expects\r\nQuanto custa uma limpeza?,"R$ 180,00|precos.md"\r\nVocês abrem no sábado?,horarios.md\r\n'


@pytest.fixture
def assistant(owner: Caller) -> str:
    return str(owner.new_assistant(language="pt")["_id"])


def added(caller: Caller, assistant_id: str, question: str, *expects: str) -> dict[str, Any]:
    answer = caller.post(f"/assistants/golden/{assistant_id}", {"question": question, "expects": expects})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def sent(caller: Caller, assistant_id: str, raw: bytes) -> Any:
    return caller.call("POST", f"/assistants/golden/{assistant_id}", data=raw, content_type="text/csv")


def in_a_form(raw: bytes) -> bytes:
    """A multipart body with this file; the boundary is ``x``."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="golden.csv"\r\n\r\n'
    return head + raw + b"\r\n--x--\r\n"


class TestQuestions:
    def test_one_is_kept_with_an_id_of_its_own(self, owner: Caller, assistant: str) -> None:
        answer = owner.post(
            f"/assistants/golden/{assistant}",
            {"question": " Quanto? ", "expects": ["R$ 180", " r$  180 ", "a.md"]},
        )

        question = answer.get_json()
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"/assistants/golden/questions/{assistant}/{question['_id']}"
        assert (question["question"], question["expects"]) == ("Quanto?", ["R$ 180", "a.md"])
        assert owner.get(answer.headers["Location"]).get_json() == question
        assert owner.get(f"/assistants/golden/{assistant}").get_json() == [question]

    def test_the_same_again_is_changed_and_stays_one(self, owner: Caller, assistant: str) -> None:
        first = added(owner, assistant, "Quanto custa?", "R$ 180")

        again = owner.post(
            f"/assistants/golden/{assistant}", {"question": "quanto  CUSTA?", "expects": ["R$ 200"]}
        )

        assert again.status_code == 200
        assert again.get_json()["_id"] == first["_id"]
        assert again.get_json()["createdAt"] == first["createdAt"]
        assert owner.get(f"/assistants/golden/{assistant}").get_json() == [again.get_json()]
        assert again.get_json()["expects"] == ["R$ 200"]

    def test_they_are_listed_newest_first_in_pages(self, owner: Caller, assistant: str) -> None:
        made = [added(owner, assistant, f"{n}?", "x") for n in range(3)][::-1]

        first = owner.get(f"/assistants/golden/{assistant}?limit=2&count=true")
        rest = owner.get(f"/assistants/golden/{assistant}?limit=2&cursor={first.headers['X-Next-Cursor']}")

        assert first.get_json() + rest.get_json() == made
        assert first.headers["X-Total-Count"] == "3"
        assert "X-Next-Cursor" not in rest.headers

    def test_one_or_all_are_deleted(self, owner: Caller, assistant: str) -> None:
        one, other = added(owner, assistant, "a?", "x"), added(owner, assistant, "b?", "x")
        path = f"/assistants/golden/questions/{assistant}/{one['_id']}"

        assert owner.delete(path).status_code == 200
        assert owner.delete(path).status_code == 404
        assert owner.get(f"/assistants/golden/{assistant}").get_json() == [other]
        assert owner.delete(f"/assistants/golden/{assistant}").get_json()["message"].startswith("1 ")
        assert owner.get(f"/assistants/golden/{assistant}").get_json() == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"expects": ["x"]}, "question"),
            ({"question": " ", "expects": ["x"]}, "question"),
            ({"question": "x" * 2001, "expects": ["x"]}, "question"),
            ({"question": {"$ne": None}, "expects": ["x"]}, "question"),
            ({"question": "x"}, "expects"),
            ({"question": "x", "expects": []}, "expects"),
            ({"question": "x", "expects": "x"}, "expects"),
            ({"question": "x", "expects": ["x"] * 11}, "expects"),
            ({"question": "x", "expects": [" "]}, "expects.0"),
            ({"question": "x", "expects": ["x" * 1001]}, "expects.0"),
            ({"question": "x", "expects": [{"$ne": None}]}, "expects.0"),
            ({"question": "x", "expects": ["x"], "colour": "red"}, "colour"),
        ],
    )
    def test_what_does_not_fit_is_named(self, owner: Caller, assistant: str, body: Any, field: str) -> None:
        answer = owner.post(f"/assistants/golden/{assistant}", body)

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, [field])

    def test_there_are_no_more_than_the_bound(
        self, installation: Installation, owner: Caller, assistant: str
    ) -> None:
        house = installation.house
        record = house.assistants.find_assistants._assistants.by_id(assistant)
        assert record is not None
        house.golden.add_golden.add(record, [Asked(f"{n}?", ("x",)) for n in range(MOST_QUESTIONS)])

        more = owner.post(f"/assistants/golden/{assistant}", {"question": "more?", "expects": ["x"]})
        again = owner.post(f"/assistants/golden/{assistant}", {"question": "7?", "expects": ["y"]})

        assert (more.status_code, more.get_json()["error"]) == (409, "too_many_questions")
        assert again.status_code == 200
        assert sent(owner, assistant, b"question,expects\n7?,z\nmore?,x\n").status_code == 409
        assert owner.get(f"/assistants/golden/questions/{assistant}/{again.get_json()['_id']}").get_json()[
            "expects"
        ] == ["y"]


class TestCsv:
    def test_a_file_is_imported_and_exported_as_it_was(self, owner: Caller, assistant: str) -> None:
        imported = sent(owner, assistant, CSV.encode())
        exported = owner.get(f"/assistants/golden/{assistant}?format=csv")
        by_accept = owner.get(f"/assistants/golden/{assistant}", headers={"Accept": "text/csv"})

        assert imported.status_code == 200
        assert imported.get_json() == {"added": 2, "changed": 0, "questions": 2}
        assert exported.get_data(as_text=True) == by_accept.get_data(as_text=True) == CSV
        assert exported.content_type == "text/csv; charset=utf-8"
        assert "attachment" in exported.headers["Content-Disposition"]

    def test_json_is_what_comes_unless_csv_is_asked_for(self, owner: Caller, assistant: str) -> None:
        for accept in ("*/*", "application/json", "text/html", "application/json, text/csv;q=0.5"):
            answer = owner.get(f"/assistants/golden/{assistant}", headers={"Accept": accept})
            assert (answer.content_type, answer.get_json()) == ("application/json", [])
        answer = owner.get(f"/assistants/golden/{assistant}?format=json", headers={"Accept": "text/csv"})
        assert answer.get_json() == []
        assert owner.get(f"/assistants/golden/{assistant}?format=xml").status_code == 422

    @pytest.mark.parametrize("room", [0, 1 << 20])  # the second one lies on the disk meanwhile
    def test_a_form_with_a_file_is_read_too(self, owner: Caller, assistant: str, room: int) -> None:
        answer = owner.call(
            "POST",
            f"/assistants/golden/{assistant}",
            data=in_a_form(CSV.encode() + b"\r\n" * room),
            content_type="multipart/form-data; boundary=x",
        )

        assert (answer.status_code, answer.get_json()["added"]) == (200, 2)

    def test_rows_of_one_question_are_one_and_what_is_there_is_changed(
        self, owner: Caller, assistant: str
    ) -> None:
        before = [added(owner, assistant, question, "x") for question in ("a?", "b?")]

        answer = sent(owner, assistant, b"question,expects\nA?,x\nb?,x\n a? ,y\nC?,z\nc?,z\n")

        assert answer.get_json() == {"added": 1, "changed": 1, "questions": 3}
        listed = owner.get(f"/assistants/golden/{assistant}").get_json()[::-1]
        assert [(one["question"], one["expects"]) for one in listed] == [
            ("a?", ["x", "y"]),
            ("b?", ["x"]),
            ("c?", ["z"]),
        ]
        assert [one["_id"] for one in listed[:2]] == [one["_id"] for one in before]
        assert listed[1] == before[1]

    def test_nothing_is_kept_of_a_file_with_mistakes(self, owner: Caller, assistant: str) -> None:
        answer = sent(owner, assistant, b"question,expects\na?,x\nb?,\n")

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["row 3"])
        assert owner.get(f"/assistants/golden/{assistant}").get_json() == []

    def test_a_form_without_a_file_and_one_too_large_are_refused(self, owner: Caller, assistant: str) -> None:
        path = f"/assistants/golden/{assistant}"
        large = b"question,expects\n" + b"x" * (5 << 20)
        form = {"content_type": "multipart/form-data; boundary=x"}
        unannounced = {
            "wsgi.input": io.BytesIO(large),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        }

        without = owner.call("POST", path, data=b"--x--", **form)
        in_form = owner.call("POST", path, data=in_a_form(large), **form)
        cut = owner.call("POST", path, content_type="text/csv", environ_overrides=unannounced)

        assert (without.status_code, list(without.get_json()["details"])) == (422, ["file"])
        assert in_form.status_code == sent(owner, assistant, large).status_code == cut.status_code == 413
        assert owner.call("POST", path, data=b"x", content_type="text/plain").status_code == 415
        assert owner.get(path).get_json() == []


class TestRuns:
    def test_hits_misses_and_ranks_are_those_of_the_search(self, owner: Caller, assistant: str) -> None:
        owner.ready_document(assistant, "precos.md", PRICES)
        hours = owner.ready_document(assistant, "horarios.md", HOURS)
        question = "Quanto custa uma limpeza aos sábados?"
        asked = [
            added(owner, assistant, question, "das 8h  ÀS 13h"),
            added(owner, assistant, "Quanto custa uma limpeza?", "precos.md"),
            added(owner, assistant, "Abrem aos sábados?", hours["_id"]),
            added(owner, assistant, "Aceitam cheque?", "Não aceitamos cheque"),
        ]

        run = owner.golden_run(assistant)

        passages = owner.post(f"/assistants/search/{assistant}", {"query": question}).get_json()["passages"]
        rank = 1 + [one["filename"] for one in passages].index("horarios.md")
        assert (run["status"], run["error"], run["progress"], run["top_k"]) == ("done", None, 100, 5)
        assert (run["questions"], run["hits"], run["misses"], run["hit_rate"]) == (4, 3, 1, 0.75)
        assert run["mean_reciprocal_rank"] == pytest.approx((1 / rank + 2) / 4)
        assert [one["question_id"] for one in run["results"]] == [one["_id"] for one in asked]
        assert [one["rank"] for one in run["results"]] == [rank, 1, 1, None]
        files = [one["hit"]["filename"] for one in run["results"][:3]]
        assert files == ["horarios.md", "precos.md", "horarios.md"]
        assert run["results"][0]["hit"]["expected"] == "das 8h  ÀS 13h"
        assert run["results"][3]["hit"] is None
        assert run["change"] is None
        assert run["startedAt"] <= run["finishedAt"]

    def test_the_second_run_says_what_changed(self, owner: Caller, assistant: str) -> None:
        prices = owner.ready_document(assistant, "precos.md", PRICES)
        lost = added(owner, assistant, "Quanto custa uma limpeza?", "R$ 180,00")
        found = added(owner, assistant, "Abrem aos sábados?", "das 8h às 13h")
        gone = added(owner, assistant, "Aceitam cheque?", "cheque")
        first = owner.golden_run(assistant)
        owner.delete(f"/documents/delete/{prices['_id']}")
        owner.ready_document(assistant, "horarios.md", HOURS)
        owner.delete(f"/assistants/golden/questions/{assistant}/{gone['_id']}")
        added(owner, assistant, "Abrem aos domingos?", "domingo")

        second = owner.golden_run(assistant)
        third = owner.golden_run(assistant, {"top_k": 1})

        shift = {"rank_before": None, "rank": 1, "question": found["question"], "question_id": found["_id"]}
        assert second["change"]["since"] == first["_id"]
        assert second["change"]["newly_hit"] == [shift]
        assert [one["question_id"] for one in second["change"]["newly_missed"]] == [lost["_id"]]
        assert second["change"]["moved"] == []
        assert (second["change"]["added"], second["change"]["removed"]) == (1, 1)
        assert (third["top_k"], third["change"]["since"]) == (1, second["_id"])
        assert third["change"]["newly_hit"] == third["change"]["newly_missed"] == []

    def test_runs_are_listed_without_their_results(self, owner: Caller, assistant: str) -> None:
        added(owner, assistant, "a?", "x")
        made = [owner.golden_run(assistant)["_id"] for _ in range(3)][::-1]

        first = owner.get(f"/assistants/golden/runs/{assistant}?limit=2&count=true")
        rest = owner.get(
            f"/assistants/golden/runs/{assistant}?limit=2&cursor={first.headers['X-Next-Cursor']}"
        )

        listed = first.get_json() + rest.get_json()
        assert [one["_id"] for one in listed] == made
        assert first.headers["X-Total-Count"] == "3"
        assert "results" not in listed[0]
        assert (listed[0]["status"], listed[0]["misses"]) == ("done", 1)

    def test_nothing_is_run_where_nothing_is_asked(self, owner: Caller, assistant: str) -> None:
        answer = owner.post(f"/assistants/golden/run/{assistant}")

        assert (answer.status_code, answer.get_json()["error"]) == (409, "no_golden_questions")

    @pytest.mark.parametrize("top_k", [0, 51, "5", True])
    def test_a_depth_that_is_none_is_refused(self, owner: Caller, assistant: str, top_k: Any) -> None:
        answer = owner.post(f"/assistants/golden/run/{assistant}", {"top_k": top_k})

        assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["top_k"])


class TestWhoCalls:
    @pytest.fixture
    def paths(self, owner: Caller, assistant: str) -> list[tuple[str, str]]:
        question = added(owner, assistant, "a?", "x")["_id"]
        run = owner.golden_run(assistant)["_id"]
        golden = "/assistants/golden"
        return [
            ("GET", f"{golden}/{assistant}"),
            ("GET", f"{golden}/{assistant}?format=csv"),
            ("POST", f"{golden}/{assistant}"),
            ("GET", f"{golden}/questions/{assistant}/{question}"),
            ("POST", f"{golden}/run/{assistant}"),
            ("GET", f"{golden}/runs/{assistant}"),
            ("GET", f"{golden}/runs/{assistant}/{run}"),
            ("DELETE", f"{golden}/questions/{assistant}/{question}"),
            ("DELETE", f"{golden}/{assistant}"),
        ]

    def test_an_outsider_finds_nothing_and_a_bot_is_refused(
        self, app: Flask, owner: Caller, outsider: Caller, assistant: str, paths: list[tuple[str, str]]
    ) -> None:
        its_bot = bot(app, owner.get(f"/assistants/get/{assistant}").get_json())
        for method, path in paths:
            body = {"question": "b?", "expects": ["x"]} if path == f"/assistants/golden/{assistant}" else None
            body = body if method == "POST" else None
            assert outsider.call(method, path, json=body).status_code == 404, (method, path)
            assert its_bot.call(method, path, json=body).status_code == 403, (method, path)
            assert nobody(app).call(method, path, json=body).status_code == 401, (method, path)
        assert sent(outsider, assistant, CSV.encode()).status_code == 404
        assert len(owner.get(f"/assistants/golden/{assistant}").get_json()) == 1
        assert len(owner.get(f"/assistants/golden/runs/{assistant}").get_json()) == 1

    def test_the_second_id_is_held_to_the_first(
        self, outsider: Caller, assistant: str, paths: list[tuple[str, str]]
    ) -> None:
        theirs = outsider.new_assistant()["_id"]
        with_two = [one for one in paths if one[1].count("/") == 5]
        assert len(with_two) == 3
        for method, path in with_two:
            assert outsider.call(method, path.replace(assistant, theirs)).status_code == 404, path

    def test_a_team_mate_sees_all_of_it(self, team_mate: Caller, paths: list[tuple[str, str]]) -> None:
        for method, path in paths[3:]:
            assert team_mate.call(method, path).status_code in (200, 202), (method, path)


class TestLife:
    """What is in the records outlives processes, but not the assistant."""

    @pytest.fixture
    def runner(self, installation: Installation) -> RunGolden:
        return installation.house.golden.run_golden

    @pytest.fixture
    def left(self, runner: RunGolden, owner: Caller, assistant: str) -> GoldenRun:
        """A run that a process which is gone left open."""
        added(owner, assistant, "a?", "x")
        run = GoldenRun(new_id(), assistant, 5, utc_now())
        runner._runs.add(run)
        runner._runs.begin(run, utc_now())
        return replace(run, attempts=1)

    def test_a_run_that_was_interrupted_is_done_after_the_next_start(
        self, installation: Installation, runner: RunGolden, owner: Caller, left: GoldenRun
    ) -> None:
        assert left.id in {one.id for one in runner.open_runs()}

        installation.engine.sweep(installation.house)

        path = f"/assistants/golden/runs/{left.assistant_id}/{left.id}"
        for _ in range(1000):
            if owner.get(path).get_json()["status"] == "done":
                break
            time.sleep(0.01)
        assert owner.get(path).get_json()["questions"] == 1

    def test_one_that_ends_the_process_each_time_is_given_up(
        self, runner: RunGolden, owner: Caller, left: GoldenRun
    ) -> None:
        for attempts in (1, 2):
            runner._runs.begin(replace(left, attempts=attempts), utc_now())

        runner.run(left.id)

        run = owner.get(f"/assistants/golden/runs/{left.assistant_id}/{left.id}").get_json()
        assert (run["status"], run["error"]) == ("failed", GIVEN_UP)

    def test_one_that_is_stopped_is_queued_again(self, runner: RunGolden, left: GoldenRun) -> None:
        runner.run(left.id, keep_on=lambda: False)

        run = runner._runs.get_any(left.id)
        assert run is not None
        assert (run.status, run.attempts) == (RunStatus.QUEUED, 1)

    def test_so_is_one_that_the_records_fail(self, runner: RunGolden, left: GoldenRun) -> None:
        class Down:
            def search(self, *_: object) -> None:
                raise Unavailable

        down = RunGolden(
            assistants=runner._assistants,
            questions=runner._questions,
            runs=runner._runs,
            search=Down(),  # type: ignore[arg-type]  # only ever asked to search
            clock=utc_now,
        )
        with pytest.raises(Unavailable):
            down.run(left.id)

        run = runner._runs.get_any(left.id)
        assert run is not None
        assert run.status is RunStatus.QUEUED

    def test_one_whose_questions_are_gone_fails(
        self, runner: RunGolden, owner: Caller, left: GoldenRun
    ) -> None:
        owner.delete(f"/assistants/golden/{left.assistant_id}")

        runner.run(left.id)

        run = runner._runs.get_any(left.id)
        assert run is not None
        assert (run.status, run.error) == (RunStatus.FAILED, NO_QUESTIONS)
        runner.run(left.id)  # over: nothing happens
        runner.fail(left.id)
        assert runner._runs.get_any(left.id) == run

    def test_the_oldest_runs_are_forgotten(
        self, runner: RunGolden, monkeypatch: pytest.MonkeyPatch, owner: Caller, left: GoldenRun
    ) -> None:
        monkeypatch.setattr(module, "KEPT_RUNS", 2)
        runner.run(left.id)
        made = [owner.golden_run(left.assistant_id)["_id"] for _ in range(3)]

        listed = owner.get(f"/assistants/golden/runs/{left.assistant_id}").get_json()

        assert [one["_id"] for one in listed] == made[:0:-1]

    def test_one_that_waits_is_not_queued_twice(
        self, installation: Installation, runner: RunGolden, assistant: str, left: GoldenRun
    ) -> None:
        runner._runs.give_back(left)
        start = installation.house.golden.start_golden_run
        record = runner._assistants.by_id(assistant)
        assert record is not None
        soon: list[GoldenRun] = []
        run_soon, start._run_soon = start._run_soon, soon.append
        try:
            assert start.start(record).id == left.id
            other = start.start(record, 3)
        finally:
            start._run_soon = run_soon
        assert other.top_k == 3
        assert [one.id for one in soon] == [left.id, other.id]

    def test_all_of_it_goes_with_the_assistant(
        self, runner: RunGolden, owner: Caller, left: GoldenRun
    ) -> None:
        owner.golden_run(left.assistant_id)

        assert owner.delete(f"/assistants/delete/{left.assistant_id}").status_code == 200

        assert runner._questions.count(left.assistant_id) == 0
        assert runner._runs.count(left.assistant_id) == 0
        runner.run(left.id)
        assert runner._runs.get_any(left.id) is None

    def test_neither_is_kept_for_one_that_is_deleted_in_this_moment(
        self, installation: Installation, runner: RunGolden, owner: Caller, assistant: str
    ) -> None:
        record = runner._assistants.by_id(assistant)
        assert record is not None
        added(owner, assistant, "a?", "x")
        runner._assistants.mark_deleted(assistant)
        house = installation.house
        acts: Iterator[Any] = iter(
            (
                lambda: house.golden.start_golden_run.start(record),
                lambda: house.golden.add_golden.add(record, [Asked("b?", ("x",))]),
            )
        )
        for act in acts:
            with pytest.raises(Exception, match="There is nothing here"):
                act()
        assert (runner._runs.count(assistant), runner._questions.count(assistant)) == (0, 0)
