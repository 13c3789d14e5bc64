"""The model catalogue: which models there are, who serves them, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

OFFLINE = "offline"
OPENAI_URL = "https://api.openai.com/v1"
_PORTS = {"http": 80, "https": 443}


LONGEST_NAME = 128
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}")
# A name is a part of addresses: ``/models/test/…`` is taken, and clients fold what is empty or made of dots.
_NO_ADDRESS = re.compile(r"^test/|(^|/)\.{0,2}(/|$)")
# What answers without a model is called so where a model's name would stand.
RESERVED = frozenset({"faq", "cache", "limit_message", "fallback_message"})
_KEY = re.compile(r"[\x21-\x7e]*")


class Provider(StrEnum):
    """How a server of models is reached.

    ``openai``: OpenAI's chat completions; ``ollama``: Ollama's own ``/api/chat``; ``http``: a plain
    ``{"message"}`` → ``{"response"}``; ``langchain``: what ``init_chat_model`` knows; ``offline``: built in.
    """

    OPENAI = "openai"
    OLLAMA = "ollama"
    HTTP = "http"
    LANGCHAIN = "langchain"
    OFFLINE = "offline"


class JsonMode(StrEnum):
    """How a model is asked for an answer of a given shape.

    ``schema``: by JSON Schema beside the prompt (``response_format``); ``tool``: as the arguments of a function
    that it is to call; ``instruction``: in words alone; ``auto``: the first of these that its server takes.
    """

    AUTO = "auto"
    SCHEMA = "schema"
    TOOL = "tool"
    INSTRUCTION = "instruction"


class Origin(StrEnum):
    """Where an entry stands: an admin's ``records``, ``MODELS_FILE``, the ``settings``, or the server itself."""

    RECORDS = "records"
    FILE = "file"
    SETTINGS = "settings"
    FOUND = "found"
    BUILT_IN = "built_in"


@dataclass(frozen=True)
class ModelEntry:
    """A model as assistants name it.

    ``model`` is what its server calls it (the ``name`` where empty). ``context`` is in tokens; prices are
    money per million tokens, ``None`` where nobody said. ``temperature``, ``top_p`` and ``max_tokens`` count
    where a request has none of its own. ``timeout_s`` bounds one attempt, ``max_concurrent`` the calls under
    way at once; ``None`` is no bound of its own. ``fallbacks`` are asked in order when it fails. ``json_mode``
    says how it is asked for answers of a given shape.
    """

    name: str
    provider: Provider
    model: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    context: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    fallbacks: tuple[str, ...] = ()
    timeout_s: float | None = None
    max_concurrent: int | None = None
    json_mode: JsonMode = JsonMode.AUTO
    origin: Origin = Origin.RECORDS

    @property
    def served_as(self) -> str:
        """What its server calls it."""
        return self.model or self.name

    @property
    def key_home(self) -> str:
        """The one place that a key entered for this entry may be sent to."""
        return key_home(self.provider, self.base_url, self.served_as)

    @property
    def server(self) -> tuple[str, int] | None:
        """Host and port where it is asked; ``None`` where it is built in, or its package knows."""
        parts = urlsplit(self.base_url or (OPENAI_URL if self.provider is Provider.OPENAI else ""))
        return (parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)) if parts.hostname else None

    @property
    def is_priced(self) -> bool:
        """Whether what it costs is known: somebody said, or it runs here and costs nothing."""
        if self.price_in is not None or self.price_out is not None:
            return True
        return self.provider in (Provider.OFFLINE, Provider.OLLAMA)

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """Money for so many tokens; ``None`` without prices."""
        if self.price_in is None and self.price_out is None:
            return None
        return (tokens_in * (self.price_in or 0.0) + tokens_out * (self.price_out or 0.0)) / 1_000_000


@dataclass(frozen=True)
class KeptEntry:
    """An admin's entry as it is kept: its key sealed beside it, the place that key is for, and its last letters."""

    entry: ModelEntry
    sealed: str = field(default="", repr=False)
    home: str = ""
    hint: str = ""


@dataclass(frozen=True)
class ProviderKey:
    """An owner's own key for what their assistant asks: sealed, and bound to where it may be sent."""

    provider: str
    home: str
    sealed: str = field(repr=False)
    hint: str = ""


def key_home(provider: Provider, base_url: str, served_as: str) -> str:
    """Scheme, host and port of a server; for LangChain without a base URL, the vendor that it goes to."""
    if provider is Provider.OPENAI:
        base_url = base_url or OPENAI_URL
    if not base_url:
        vendor, colon, _ = served_as.partition(":")
        return f"{provider}:{vendor if colon else served_as}"
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def entry_problems(entry: ModelEntry) -> dict[str, list[str]]:
    """What is wrong with an entry by itself: field to sentences."""
    problems: dict[str, list[str]] = {}
    if not _NAME.fullmatch(entry.name):
        problems["name"] = [
            "Must be 1 to 128 letters, digits and . _ : @ / + -, the first a letter or digit."
        ]
    elif entry.name in RESERVED:
        problems["name"] = ["Is taken: it stands for an answer that no model gave."]
    elif _NO_ADDRESS.search(entry.name):
        problems["name"] = [
            "Must not begin with test/, nor have a part between slashes that is empty, . or .."
        ]
    if len(entry.model) > LONGEST_NAME:
        problems["model"] = [f"Must be at most {LONGEST_NAME} characters."]
    if not _KEY.fullmatch(entry.api_key):
        problems["api_key"] = ["Holds characters that no API key has."]
    if entry.base_url and not _is_address(entry.base_url):
        problems["base_url"] = ["Must begin with http:// or https://, name a server, and hold no password."]
    elif entry.provider is Provider.HTTP and not entry.base_url:
        problems["base_url"] = ["A plain HTTP model needs the address that is posted to."]
    bounds = {
        "context": (1, 1e9), "max_tokens": (1, 1e9), "max_concurrent": (1, 1e6), "price_in": (0, 1e9),
        "price_out": (0, 1e9), "temperature": (0, 2), "top_p": (1e-9, 1), "timeout_s": (1e-3, 3600),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(entry, name)
        if value is not None and not low <= value <= high:
            problems[name] = [f"Must be from {low:g} to {high:g}."]
    return problems


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = url.isascii() and not any(one.isspace() for one in url)
    return (
        parts.scheme in _PORTS and bool(parts.hostname) and "@" not in parts.netloc and plain and port_is_one
    )


def chain_of(
    first: Iterable[ModelEntry | None], find: Callable[[str], ModelEntry | None]
) -> tuple[ModelEntry, ...]:
    """Each entry followed by its fall-backs and theirs, none twice; names that nobody knows are left out."""
    found: dict[str, ModelEntry] = {}
    waiting = [one for one in first if one is not None]
    while waiting:
        entry = waiting.pop(0)
        if entry.name not in found:
            found[entry.name] = entry
            waiting[:0] = [one for one in map(find, entry.fallbacks) if one is not None]
    return tuple(found.values())


def cycle_in(entries: Mapping[str, ModelEntry], start: str) -> tuple[str, ...]:
    """The way from ``start`` over fall-backs back to itself, or nothing."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        entry = entries.get(way[-1])
        for name in entry.fallbacks if entry else ():
            if name == start:
                return (*way, name)
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
