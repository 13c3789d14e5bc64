"""A model that a request names: known, passed on, or refused."""

from __future__ import annotations

import pytest

from kit.errors import Invalid
from models.catalogue import ModelEntry, Provider
from services.assistants.check_models import check_named
from services.llm.catalogue import Catalogue

KNOWN = ModelEntry("known", Provider.OPENAI)


def test_a_model_that_nobody_serves_is_refused_by_name() -> None:
    catalogue = Catalogue(fixed=(KNOWN,), default_model="known")
    for name in ("", "known", "offline"):
        check_named(catalogue, name)
    with pytest.raises(Invalid) as refused:
        check_named(catalogue, "nope")
    assert refused.value.details == {
        "model": ["There is no model nope in the catalogue; there are: known, offline."]
    }


def test_where_one_server_is_configured_it_may_know_the_name() -> None:
    check_named(Catalogue(fixed=(KNOWN,), default_model="known", pass_on=KNOWN), "nope")
