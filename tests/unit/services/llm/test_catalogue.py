"""Which entry stands for a name, and how seldom the records are read."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from kit.errors import Unavailable
from models.catalogue import ModelEntry, Origin, Provider, chain_of, cycle_in
from services.llm.catalogue import Catalogue, choose_default
from tests.unit.services.llm.test_complete import Timeline


def entry(name: str, origin: Origin = Origin.RECORDS, **more: object) -> ModelEntry:
    return ModelEntry(name, Provider.OPENAI, origin=origin, **more)  # type: ignore[arg-type]  # of several types


class Kept:
    """Entries that may be read, or not."""

    def __init__(self, *entries: ModelEntry) -> None:
        self.entries = entries
        self.reads = 0
        self.down = False

    def all(self) -> Iterable[ModelEntry]:
        self.reads += 1
        if self.down:
            raise Unavailable
        return self.entries


@pytest.fixture
def time() -> Timeline:
    return Timeline()


def test_the_file_stands_before_the_records_and_these_before_the_settings(time: Timeline) -> None:
    records = Kept(entry("a"), entry("b"), entry("offline"))
    found = Kept(entry("a", Origin.FOUND), entry("z", Origin.FOUND))
    fixed = (entry("a", Origin.FILE), entry("b", Origin.SETTINGS), entry("c", Origin.SETTINGS))
    catalogue = Catalogue(fixed=fixed, default_model="c", records=records, found=found, clock=time)

    origins = {one.name: one.origin.value for one in catalogue.entries()}
    assert origins == {"c": "settings", "a": "file", "b": "records", "offline": "built_in", "z": "found"}
    assert next(iter(origins)) == "c"
    assert catalogue.find("z") is not None
    assert catalogue.find("nobody") is None


def test_the_records_are_read_once_a_second_and_at_once_after_a_change_here(time: Timeline) -> None:
    records = Kept(entry("a"))
    catalogue = Catalogue(fixed=(), default_model="a", records=records, clock=time)
    for _ in range(100):
        assert catalogue.find("a")
    assert records.reads == 1
    records.entries = ()
    time.now = 0.9
    assert catalogue.find("a")
    time.now = 1.0
    assert catalogue.find("a") is None
    records.entries = (entry("b"),)
    catalogue.changed()
    assert catalogue.find("b")


def test_what_was_known_goes_on_while_the_records_are_down(time: Timeline) -> None:
    records = Kept(entry("a"))
    catalogue = Catalogue(fixed=(), default_model="a", records=records, clock=time)
    assert catalogue.find("a")
    records.down, time.now = True, 5.0
    assert catalogue.find("a")


def test_a_name_that_nobody_knows_goes_to_the_server_of_the_settings_alone(time: Timeline) -> None:
    server = entry("", Origin.SETTINGS, base_url="http://one/v1", api_key="k")
    passed = Catalogue(fixed=(), default_model="", pass_on=server, clock=time).find_or_pass_on("new")
    assert passed is not None
    assert (passed.name, passed.served_as, passed.api_key) == ("new", "new", "k")
    assert Catalogue(fixed=(), default_model="", clock=time).find_or_pass_on("new") is None


def test_a_chain_has_each_model_once_and_fall_backs_of_fall_backs_before_the_next() -> None:
    known = {
        "a": entry("a", fallbacks=("b", "c")),
        "b": entry("b", fallbacks=("d", "a", "gone")),
        "c": entry("c"),
        "d": entry("d"),
    }
    assert [one.name for one in chain_of((known["a"], None, known["d"]), known.get)] == ["a", "b", "d", "c"]


def test_a_circle_is_named_by_its_way() -> None:
    known = {
        "a": entry("a", fallbacks=("b",)),
        "b": entry("b", fallbacks=("c",)),
        "c": entry("c", fallbacks=("a",)),
    }
    assert cycle_in(known, "a") == ("a", "b", "c", "a")
    assert cycle_in({**known, "c": entry("c", fallbacks=("b",))}, "a") == ()


@pytest.mark.parametrize(
    ("provider", "base_url", "model", "home"),
    [
        (Provider.OPENAI, "", "gpt", "https://api.openai.com:443"),
        (Provider.OPENAI, "http://Host/v1", "gpt", "http://host:80"),
        (Provider.OPENAI, "http://host:8000/other", "gpt", "http://host:8000"),
        (Provider.LANGCHAIN, "", "anthropic:claude", "langchain:anthropic"),
    ],
)
def test_a_key_is_for_one_place(provider: Provider, base_url: str, model: str, home: str) -> None:
    assert ModelEntry("m", provider, model=model, base_url=base_url).key_home == home


@pytest.mark.parametrize(
    ("llm_model", "api_key", "base_url", "chosen"),
    [
        ("", "", "", "offline"),
        ("gpt-x", "", "", "offline"),
        ("gpt-x", "sk", "", "gpt-x"),
        ("", "sk", "", "gpt-4o-mini"),
        ("llama3", "", "http://local/v1", "llama3"),
        ("", "", "http://local/v1", ""),
        ("", "sk", "http://local/v1", ""),
        ("offline", "sk", "", "offline"),
    ],
)
def test_the_default_follows_from_the_settings(
    llm_model: str, api_key: str, base_url: str, chosen: str
) -> None:
    assert choose_default(llm_model=llm_model, api_key=api_key, base_url=base_url) == chosen
