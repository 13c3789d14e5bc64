"""Every route, at every place where an id can stand, as somebody whom it is no business of.

The places are read from the API description, so a new route is walked by itself. One with an id, a path
or a required field that the tables here do not know fails until they do.
"""

from __future__ import annotations

import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bootstrap.installation import Installation
from kit.clock import rfc3339, utc_now
from kit.ids import new_id
from repositories.indexes import INDEXES
from tests.api.conftest import INNER_NAME
from tests.people import Caller, bot, nobody

IDS = re.compile(r"(^|_)ids?$|^cursor$")
# Ids by their place's name: whose they are in the routes of this API, and what the outsider has of that kind.
OURS = {
    "assistant_id": "assistant",
    "document_id": "document",
    "token_id": "token",
    "delivery_id": "delivery",
    "question_id": "golden question",
    "run_id": "golden run",
    "job_id": "job",
    "npc_id": "assistant",
    "chat_id": "contact",
    "user_token": "token",
    "group_id": "unanswered question",
    "faq_id": "curated answer",
    "quiz_id": "quiz",
    "card_id": "card",
    "document_ids": "document",
    "guide_id": "guide",
    "push_id": "push",
    "user_id": "user",
    "owner_id": "user",
    "name": "chat",  # in a path
    "cursor": "",
    "_id": "",
    "id": "contact",  # in a bot's message; elsewhere it comes back as it was
    "ids": "message",
    "message_id": "",
}
# Parts of a path that are no ids, only places within what an id names.
NUMBERS = {"n": "0", "model_name": "offline", "template_name": "cocktail"}
# What else a request needs, to get as far as its ids.
VALUES: dict[str, Any] = {
    "prompt": "Qual é o segredo?",
    "messages": [{"role": "user", "content": "Qual é o segredo?"}],
    "input": "segredo",
    "name": "Da vizinha",
    "query": "segredo",
    "char_descr": "Um ferreiro.",
    "url": "http://127.0.0.1/segredo",
    "question": "Qual é o segredo?",
    "expects": ["segredo"],
    "answer": "Não digo.",
    "num_questions": 1,
    "template": "cocktail",
    "title": "Da vizinha",
    "schema": {"type": "object", "properties": {"name": {"type": "string"}}},
    "answers": [0],
    "body": "Não digo.",
    "version": 1,
    "message": "Boa tarde.",
    "message_service": "Web",
    "provider": "offline",
    "type": "rag",
    "role": "viewer",
    "current_password": "not the password",
    "new_password": "another password of hers",
}
SECRET = "girassol"
# Ids deeper in a body, and where they are walked.
ELSEWHERE = {"chat_ids"}  # tests/api/test_pushes.py
BELONGS_BY = ("assistant_id", "guide_id", "push_id", "chat_id", "document_id", "owner_id", "user_id")


@dataclass(frozen=True)
class Place:
    """Where an id can stand: in which part of which request, under which name."""

    method: str
    path: str
    part: str
    field: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}, {self.field} in the {self.part}"


GENERATING = [f"{version}/{what}" for version in ("/api/v1", "/api") for what in ("generate", "rag")]
# What a person must say though a key need not.
NEEDED = {("POST", path): ("assistant_id",) for path in GENERATING if path.endswith("rag")}
# Places with another answer than "not yours" or "not there", and why.
ANSWERS = {
    # The id of the assistant in the path is the outsider's own: another one cannot be written over it.
    ("PUT", "/assistants/update/{assistant_id}", "_id"): 422,
    ("PUT", "/assistants/update/{assistant_id}", "id"): 422,
    ("PUT", "/guides/{guide_id}", "_id"): 422,
    ("PUT", "/guides/{guide_id}", "id"): 422,
    # What the client calls its contact and its message: known within its own assistant only.
    ("POST", "/chats/enviarMensagemLLM", "id"): 200,
    ("POST", "/chats/enviarMensagemLLM", "message_id"): 200,
    # What the client calls its end user: nobody of ours.
    **{("POST", path, "user_id"): 200 for path in GENERATING},
    # Ids that do not wait in its own outbox are passed over.
    ("POST", "/chats/outbox/ack", "ids"): 200,
    # An end user as the outsider's own callers name them: nothing of them is there.
    ("GET", "/usage", "user_id"): 200,
    ("GET", "/usage/limits", "user_id"): 422,  # without an assistant
    ("GET", "/requests", "user_id"): 200,
}
# Accounts that exist may be named by anybody: their owner gives others a role on what is theirs.
MAY_BE_NAMED = {("PUT", "/assistants/members/{assistant_id}", "user_id", "user")}
WORDS_OF_THE_CLIENT = {("POST", "/chats/enviarMensagemLLM"), *(("POST", path) for path in GENERATING)}
CURSOR = "cursor"  # a place in a list of one's own; it is 200 and shows nothing of anybody else's


@pytest.fixture(scope="module")
def operations(app: Flask) -> dict[tuple[str, str], dict[str, Any]]:
    return described(app)


def described(app: Flask) -> dict[tuple[str, str], dict[str, Any]]:
    """Each described operation, its references replaced by what they lead to."""
    description = json.loads(app.config["OPENAPI_TEXT"])
    return {
        (method.upper(), path): _resolved(
            {**operation, "parameters": [*methods.get("parameters", ()), *operation.get("parameters", ())]},
            description,
        )
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


@pytest.fixture
def owned(app: Flask, owner: Caller) -> dict[str, str]:
    """An id of everything that the owner has."""
    return things_of(app, owner, "+5513988593464", SECRET)


@pytest.fixture
def guard(installation: Installation, owned: dict[str, str]) -> Callable[..., str]:
    return watch(installation, owned)


def watch(installation: Installation, owned: dict[str, str]) -> Callable[..., str]:
    """Tells what changed of the owner's since the beginning, ``also_added`` what came to it; or nothing."""
    database = installation.house.assistants.find_assistants._assistants._records.database
    files = installation.house.settings.documents_dir / owned["assistant"]

    installation.house.usage.record_calls.flush()
    collections = sorted({one.collection for one in INDEXES})

    def files_now() -> dict[str, Any]:
        return {str(one): _content(one) for one in files.rglob("*")}

    def all_records() -> dict[str, Any]:
        return {
            f"{collection} {record['_id']}": record
            for collection in collections
            for record in database[collection].find({})
            if any(record.get(field) in owned.values() for field in ("_id", *BELONGS_BY))
        }

    def known_records() -> dict[str, Any]:
        return {
            key: record
            for key in before
            if (collection := key.split()[0]) in collections
            and (record := database[collection].find_one({"_id": before[key]["_id"]}))
        }

    before = {**files_now(), **all_records()}
    assert {one.split()[0] for one in before} >= {"assistants", "chats", "messages", "outbox", "chunks"}

    def changed(*, also_added: bool = False) -> str:
        now = {**files_now(), **(all_records() if also_added else known_records())}
        return ", ".join(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))

    return changed


def test_nothing_of_the_owners_can_be_seen_or_changed(
    app: Flask,
    outsider: Caller,
    operations: dict[tuple[str, str], dict[str, Any]],
    owned: dict[str, str],
    guard: Callable[..., str],
) -> None:
    own = things_of(app, outsider, "+351912345678", "margarida")
    callers = {"the outsider": outsider, "a foreign bot": bot(app, {"api_key": own["key"]})}
    walked = 0
    problems: list[str] = []
    for place in sorted(places(operations), key=_is_words):  # they stay, as words, in the outsider's chats
        walked += 1
        for who, caller in callers.items():
            problems += [f"{who}: {place}: {one}" for one in _tried(caller, place, operations, own, owned)]
        changed = guard() if place.method != "GET" else ""  # whatever is changed is seen at the end
        if changed:
            problems.append(f"{place}: changed {changed}")
    assert problems == []
    assert guard(also_added=True) == ""
    assert walked > 40


def test_nobody_gets_anywhere(
    app: Flask,
    operations: dict[tuple[str, str], dict[str, Any]],
    owned: dict[str, str],
    guard: Callable[..., str],
) -> None:
    refused = 0
    for (method, path), operation in operations.items():
        if operation["security"] == [] or {} in operation["security"]:
            continue
        answer = send(nobody(app), method, path, filled(method, path, operation, owned))
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["WWW-Authenticate"], (method, path)
        refused += 1
    assert refused > 30
    assert guard(also_added=True) == ""


def places(operations: Mapping[tuple[str, str], dict[str, Any]]) -> Iterator[Place]:
    """Every place where an id can stand; an assertion fails for one that is not known here."""
    for (method, path), operation in operations.items():
        for part, field, _ in fields_of(operation):
            if part == "path" or IDS.search(field):
                known = field in OURS or (part == "path" and field in NUMBERS)
                assert known, f"{method} {path}: teach this walk about {field} in the {part}"
                if field in OURS:
                    yield Place(method, path, part, field)


def _tried(
    caller: Caller,
    place: Place,
    operations: Mapping[tuple[str, str], dict[str, Any]],
    own: dict[str, str],
    owned: dict[str, str],
) -> Iterator[str]:
    """Put each of the owner's ids there; yields what is wrong with the answers."""
    operation = operations[place.method, place.path]

    def answer(value: str) -> TestResponse:
        parts = filled(place.method, place.path, operation, own)
        parts[place.part][place.field] = [value] if place.field.endswith("ids") else value
        return send(caller, place.method, place.path, parts)

    expected = 200 if place.field == CURSOR else ANSWERS.get((place.method, place.path, place.field), 404)
    missing = answer(new_id())
    tried = _kinds(place, owned)
    if missing.status_code == 403:
        tried = tried[:1]  # whom the route is closed to altogether
    for kind in tried:
        value = owned[kind]
        if (place.method, place.path, place.field, kind) in MAY_BE_NAMED:
            continue
        foreign = answer(value)
        yield from _leaks(foreign, value, owned)
        if foreign.status_code not in (403, expected):
            yield f"{kind} gives {foreign.status_code}: {foreign.text[:200]}"
        elif foreign.status_code == 200 and _is_its_own(place):
            continue
        elif _said(foreign) != _said(missing):
            yield f"{kind} is told from what is not there: {foreign.text[:200]} / {missing.text[:200]}"


def _kinds(place: Place, owned: dict[str, str]) -> list[str]:
    """The kind of id that belongs there, and of the others a third, another one at each place.

    With ``EXAMPLES=new``, as in ``make fuzz``, all of them.
    """
    fits = [kind for kind in (OURS[place.field],) if kind]
    others = [kind for kind in owned if kind not in (*fits, "key")]
    if os.environ.get("EXAMPLES") == "new":
        return [*fits, *others]
    return [*fits, *others[zlib.crc32(str(place).encode()) % 3 :: 3]]


def _is_its_own(place: Place) -> bool:
    """Whether a good answer is about the outsider's own things, and so not the same for every id."""
    return place.field == CURSOR or _is_words(place)


def _is_words(place: Place) -> bool:
    return (place.method, place.path) in WORDS_OF_THE_CLIENT


def _leaks(answer: TestResponse, sent: str, owned: dict[str, str]) -> Iterator[str]:
    for kind, one in {"secret": SECRET, **owned}.items():
        if one != sent and one in answer.text:
            yield f"the owner's {kind} is shown: {answer.text[:200]}"


def _said(answer: TestResponse) -> Any:
    body = answer.get_json(silent=True)
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status_code, body


def fields_of(operation: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """The part, the name, and whether it is required, of all that a request can hold."""
    for one in operation["parameters"]:
        yield one["in"], one["name"], one.get("required", False)
    content = operation.get("requestBody", {}).get("content", {})
    for kind, described in content.items():
        part = "form" if kind == "multipart/form-data" else "body"
        schema = described["schema"]
        for name in _nested(schema):
            assert name in ELSEWHERE or not IDS.search(name), (
                f"teach this walk about {name}, deeper in a body"
            )
        for name in schema.get("properties", ()):
            yield part, name, name in schema.get("required", ())


def _nested(schema: dict[str, Any]) -> Iterator[str]:
    """The names of fields within fields."""
    for one in schema.get("properties", {}).values():
        for inner in (one, *one.get("anyOf", ()), one.get("items", {})):
            yield from inner.get("properties", ())
            yield from _nested(inner)


def filled(
    method: str, path: str, operation: dict[str, Any], things: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """A request that would work for whom ``things`` belong to."""
    parts: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}, "form": {}, "header": {}}
    for part, field, always in fields_of(operation):
        required = always or field in NEEDED.get((method, path), ())
        if field == "file":
            parts[part][field] = (io.BytesIO(b"Boa tarde."), "a.txt")
        elif part == "path" and field in NUMBERS:
            parts[part][field] = NUMBERS[field]
        elif part == "path" or (required and OURS.get(field)):
            assert OURS.get(field), f"{method} {path}: teach this walk about {field} in the {part}"
            kind = things[OURS[field]]
            parts[part][field] = [kind] if field == "ids" else kind
        elif required:
            assert field in VALUES, f"{method} {path}: teach this walk a value for {field}"
            parts[part][field] = VALUES[field]
    return parts


def send(caller: Caller, method: str, path: str, parts: dict[str, dict[str, Any]]) -> TestResponse:
    more: dict[str, Any] = {"query_string": parts["query"], "headers": parts["header"]}
    if parts["form"]:
        more |= {"data": parts["form"], "content_type": "multipart/form-data"}
    elif parts["body"]:
        more["json"] = parts["body"]
    return caller.call(method, path.format(**parts["path"]), **more)


def things_of(app: Flask, person: Caller, contact: str, secret: str) -> dict[str, str]:
    """One of everything that a person can have, by its kind."""
    told = f"wamid.{len(contact)}"
    word = f"A senha do cofre é {secret}."
    assistant = person.new_assistant()
    document = person.ready_document(assistant["_id"], "segredo.md", word)
    prompt = person.ready_document(assistant["_id"], "prompt.md", word, "prompt")
    said = {"id": contact, "message_service": "Whatsapp", "message": word, "message_id": told}
    answer = bot(app, assistant).post("/chats/enviarMensagemLLM", said)
    assert answer.status_code == 200, answer.text
    chat = answer.get_json()["chat_id"]
    reply = person.post(f"/chats/reply/{chat}", {"message": word}).get_json()
    messages = person.get(f"/chats/messages/{chat}").get_json()
    golden = {"question": f"Qual é a senha? É {secret}?", "expects": [word]}
    golden_question = person.post(f"/assistants/golden/{assistant['_id']}", golden).get_json()
    asked = bot(app, assistant).post(
        "/chats/enviarMensagemLLM", {**said, "message": f"Quem plantou o {secret}?", "message_id": "w.2"}
    )
    assert asked.status_code == 200, asked.text
    unanswered = person.get(f"/assistants/unanswered/{assistant['_id']}").get_json()
    curated = {"question": f"O {secret} é meu?", "answer": word}
    faq = person.put(f"/assistants/answer/{assistant['_id']}", curated).get_json()
    webhook = {"webhook_url": f"https://{INNER_NAME}/segredo", "webhook_secret": f"whsec_{'segredo+' * 4}"}
    assert person.put(f"/assistants/update/{assistant['_id']}", webhook).status_code == 200
    delivery = person.post(f"/assistants/webhooks/test/{assistant['_id']}").get_json()
    person.delivered(assistant["_id"])
    job = person.generation_job({"prompt": word})
    quiz = person.post(
        "/app/generate_quiz_from_text/",
        {
            "text_input": f"{word} O jardim da casa tem rosas e cravos.",
            "num_questions": 1,
            "assistant_id": assistant["_id"],
        },
    ).get_json()
    push = {"text": word, "assistant_id": assistant["_id"], "at": rfc3339(utc_now() + timedelta(days=9))}
    guide = {"name": "Guia", "body": word, "assistant_id": assistant["_id"]}
    card = person.post(
        "/studio/cards", {"template": "cocktail", "prompt": word, "assistant_id": assistant["_id"]}
    ).get_json()
    return {
        "user": person.user_id,
        "quiz": quiz["_id"],
        "card": card["_id"],
        "job": job["job_id"],
        "delivery": delivery["_id"],
        "token": person.post("/auth/tokens", {"name": "x"}).get_json()["_id"],
        "assistant": assistant["_id"],
        "document": document["_id"],
        "golden question": golden_question["_id"],
        "golden run": person.golden_run(assistant["_id"])["_id"],
        "curated answer": faq["_id"],
        "guide": person.post("/guides", guide).get_json()["_id"],
        "push": person.post("/pushes", push).get_json()["_id"],
        "unanswered question": unanswered[0]["_id"],
        "prompt": prompt["_id"],
        "chat": chat,
        "contact": contact,
        "message": reply["_id"],
        "question": messages[0]["_id"],
        "channel message": told,
        "key": assistant["api_key"],
    }


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _resolved(node: Any, description: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolved(one, description) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        steps = node["$ref"].removeprefix("#/").split("/")
        return _resolved(reduce(lambda part, step: part[step], steps, description), description)
    return {name: _resolved(one, description) for name, one in node.items()}
