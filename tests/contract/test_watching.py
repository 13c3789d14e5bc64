"""`deploy/alerts.yaml` and `deploy/grafana-dashboard.json` ask for what `GET /metrics` has, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from integrations.metrics import Metrics
from kit.clock import utc_now
from kit.settings import PROJECT_ROOT
from models.chats import Tokens
from models.jobs import JobCount, JobKind, JobState
from models.routing import Attempt
from models.usage import ModelCall

# What Prometheus puts beside every sample itself.
GIVEN = {"instance", "job"}
NAME = re.compile(r"orquestra_\w+")
SELECTED = re.compile(r"(orquestra_\w+)\{([^}]*)\}")
KEPT = re.compile(r"\b(?:by|on) \(([^)]*)\)")


def _load(name: str) -> Any:
    return yaml.safe_load((PROJECT_ROOT / "deploy" / name).read_text(encoding="utf-8"))


def _dashboard() -> dict[str, Any]:
    text = (PROJECT_ROOT / "deploy" / "grafana-dashboard.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _rules() -> list[dict[str, Any]]:
    return [rule for group in _load("alerts.yaml")["groups"] for rule in group["rules"]]


def _asked() -> Iterator[tuple[str, str]]:
    """Every expression, with the text that is written of what comes of it."""
    for rule in _rules():
        yield rule["expr"], rule["annotations"]["summary"].replace("$labels.", "")
    for panel in _dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]


@pytest.fixture(scope="module")
def scraped() -> dict[str, set[str]]:
    """The labels of each sample, by its name, once everything has happened."""
    job = JobCount(JobKind.DOCUMENT, JobState.WAITING, 1, 9.0)
    metrics = Metrics(known=bool, ready=lambda: {"m": True}, jobs=lambda: (job,), under_way=lambda: 1)
    metrics.requested("GET", "/metrics", 200, 0.1)
    metrics.turned("answered")
    metrics.cache_looked("same")
    metrics.limited("tokens_per_day")
    call = ModelCall("1", utc_now(), "a", "o", "answered", "m", purpose="chat", tokens=Tokens(1, 2))
    metrics.called(ModelCall(**{**vars(call), "attempts": (Attempt("m", "answered", 5),)}))
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_what_is_asked_for_is_there(scraped: dict[str, set[str]]) -> None:
    for expression, written in _asked():
        names = NAME.findall(expression)
        assert names, expression
        assert set(names) <= set(scraped), expression
        for name, selected in SELECTED.findall(expression):
            assert set(re.findall(r"(\w+)[!=]", selected)) <= scraped[name], expression
        kept = {one.strip() for labels in KEPT.findall(expression) for one in labels.split(",")}
        assert kept <= set.intersection(*(scraped[name] for name in names)) | GIVEN, expression
        shown = set(re.findall(r"{{ ?(\w+) ?}}", written))
        left = kept or set.intersection(*(scraped[name] for name in names))
        assert shown <= left, expression


def test_what_is_there_is_shown(scraped: dict[str, set[str]]) -> None:
    families = {re.sub(r"_(created|bucket|sum|count)$", "", name) for name in scraped}
    shown = {
        NAME.findall(target["expr"])[0]
        for panel in _dashboard()["panels"]
        for target in panel.get("targets", ())
    }
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}

    assert {one for one in families if one.endswith("_total") or f"{one}_total" not in families} == shown


def test_the_dashboard_can_be_laid_out() -> None:
    panels = _dashboard()["panels"]
    assert len({one["id"] for one in panels}) == len(panels)
    taken = {
        (x, y)
        for one in panels
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    }
    assert len(taken) == sum(one["gridPos"]["w"] * one["gridPos"]["h"] for one in panels)
    assert max(x for x, _ in taken) <= 23
    assert [one["title"] for one in panels if one["type"] == "row"] == [
        "Requests",
        "Turns",
        "Model calls",
        "Latency",
        "Tokens and money",
        "Limits",
        "Jobs",
        "Breakers",
    ]


def test_every_alert_has_a_name_of_its_own_and_says_what_is_wrong() -> None:
    names = [rule["alert"] for rule in _rules()]
    assert len(set(names)) == len(names)
    assert all(
        rule["annotations"]["summary"].endswith(".") or "GET" in rule["annotations"]["summary"]
        for rule in _rules()
    )
