"""Cards, templates and pictures through HTTP, with scripted model and image servers."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from flask import Flask

from bootstrap.installation import Installation
from integrations.images.openai import OpenAIImages
from repositories.scope import WHOLE
from services.llm.catalogue import Catalogue
from tests.people import Caller, bot, nobody
from tests.servers.image_server import ImageServer
from tests.servers.openai_server import OpenAIServer, Reply
from tests.talk import wait_until

CARDS = "/studio/cards"
WANTED = {"template": "cocktail", "prompt": "Something with lime for the beach."}
FIELDS = {
    "name": "Maré Alta",
    "description": "Verde, frio e salgado.",
    "ingredients": [{"name": "Cachaça", "quantity": "50 ml"}, {"name": "Limão", "quantity": "1"}],
    "music": "Gal Costa: Baby",
    "steps": ["Bata com gelo.", "Sirva."],
}
RECIPE = {
    "name": "recipe",
    "title": "Recipe",
    "schema": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 3},
            "minutes": {"type": "integer", "minimum": 1},
            "level": {"type": "string", "enum": ["easy", "hard"]},
            "steps": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
        "required": ["name", "minutes", "level", "steps"],
    },
}


def made(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post(CARDS, {**WANTED, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_without_a_model_a_plain_card_is_made_and_says_so(owner: Caller) -> None:
    card = made(owner)
    assert (card["model"], card["image_model"], card["plain"]) == ("offline", "placeholder", True)
    assert card["fields"].keys() == FIELDS.keys()
    assert card["fields"]["ingredients"][0].keys() == {"name", "quantity"}
    assert card["note"] == "No language model is configured: this is a plain card."
    picture = owner.get(card["image_url"])
    assert picture.mimetype == "image/svg+xml"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert card["fields"]["name"] in picture.text
    assert owner.get(f"{CARDS}/{card['_id']}").get_json() == card
    assert made(owner, image=False)["image_url"] is None


def test_a_model_fills_the_fields_and_keeps_to_its_role(owner: Caller, server: OpenAIServer) -> None:
    server.script(
        Reply("Não sei."), Reply(json.dumps({**FIELDS, "note": "Faço apenas drinques.", "price": 3}))
    )
    card = made(owner, model="test-model", prompt="Escreva o meu currículo.")
    assert (card["model"], card["plain"], card["note"]) == ("test-model", False, "Faço apenas drinques.")
    assert card["fields"] == FIELDS
    assert card["name"] == "Maré Alta"
    system = server.bodies()[-1]["messages"][0]["content"]
    assert "a bartender serves a cocktail" in system
    server.default = Reply(json.dumps({**FIELDS, "steps": []}))
    answer = owner.post(CARDS, {**WANTED, "model": "test-model"})
    assert (answer.status_code, answer.get_json()["error"]) == (502, "model_answer_invalid")


@pytest.mark.parametrize(
    ("refuses", "ways"),
    [
        (("response_format",), ["response_format", "tools", "tools"]),
        (("response_format", "tools"), ["response_format", "tools", "", ""]),
    ],
    ids=["tools alone", "neither"],
)
def test_a_model_without_schemas_is_asked_as_it_can_be(
    owner: Caller, server: OpenAIServer, refuses: tuple[str, ...], ways: list[str]
) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "cocktail", "arguments": json.dumps(FIELDS)}}
    answer = Reply(json.dumps(FIELDS)) if "tools" in refuses else Reply("", tool_calls=[call])
    server.default = replace(answer, refuses=refuses)
    before = len(server.bodies())
    for _ in range(2):
        card = made(owner, model=f"knows-{len(ways)}", prompt="Algo verde.")
        assert (card["fields"], card["plain"]) == (FIELDS, False)
    asked = server.bodies()[before:]
    assert [next((one for one in ("response_format", "tools") if one in body), "") for body in asked] == ways


def test_an_admin_says_how_a_model_is_asked(owner: Caller, admin: Caller, server: OpenAIServer) -> None:
    entry = {"name": "by-tools", "provider": "openai", "base_url": server.base_url, "json_mode": "tool"}
    assert admin.post("/models", {**entry, "json_mode": "telepathy"}).status_code == 422
    assert admin.post("/models", entry).get_json()["json_mode"] == "tool"
    server.script(Reply(json.dumps(FIELDS)))
    assert made(owner, model="by-tools")["fields"] == FIELDS
    assert server.bodies()[-1]["tools"][0]["function"]["name"]
    assert "response_format" not in server.bodies()[-1]
    assert (
        admin.put("/models/by-tools", {"json_mode": "instruction"}).get_json()["json_mode"] == "instruction"
    )
    server.script(Reply(json.dumps(FIELDS)))
    made(owner, model="by-tools")
    assert "tools" not in server.bodies()[-1]
    assert admin.delete("/models/by-tools").status_code == 200


def job_of(caller: Caller, answer: Any) -> dict[str, Any]:
    """The job that an answer names, once it is over."""
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"]
    assert path == f"/api/v1/jobs/{answer.get_json()['job_id']}"
    wait_until(lambda: caller.get(path).get_json()["status"] in ("done", "failed"))
    return dict(caller.get(path).get_json())


def test_a_card_can_be_made_in_the_background(
    app: Flask, owner: Caller, outsider: Caller, server: OpenAIServer
) -> None:
    before = server.served
    server.default = Reply(json.dumps(FIELDS))
    body = {**WANTED, "model": "test-model"}
    key = {"Idempotency-Key": "drink-1"}
    answers = [owner.post(f"{CARDS}?async=true", body, headers=key) for _ in range(2)]
    assert answers[0].get_json() == answers[1].get_json()
    other = owner.post(f"{CARDS}?async=true", {**body, "prompt": "Another."}, headers=key)
    assert other.status_code == 409
    job = job_of(owner, answers[0])
    assert server.served == before + 1
    assert (job["status"], job["progress"], job["error"]) == ("done", 100, None)
    assert owner.get(CARDS).get_json() == [job["result"]]
    assert outsider.get(answers[0].headers["Location"]).status_code == 404
    preferred = owner.post(
        CARDS, {**body, "models": ["test-model", "offline"]}, headers={"Prefer": "wait=1, respond-async"}
    )
    assert preferred.headers["Preference-Applied"] == "respond-async"
    side_by_side = job_of(owner, preferred)["result"]
    assert [one["model"] for one in side_by_side["cards"]] == ["test-model", "offline"]
    assert owner.delete(f"{CARDS}/{job['result']['_id']}").status_code == 200
    assert owner.get(answers[0].headers["Location"]).get_json()["result"] is None
    contact_bot = bot(app, owner.new_assistant())
    assert job_of(contact_bot, contact_bot.post(f"{CARDS}?async=true", WANTED))["result"]["plain"]
    assert owner.post(f"{CARDS}?async=true", {**body, "template": "nothing"}).status_code == 404


def test_what_takes_long_goes_on_as_a_job(
    installation: Installation, make_app: Callable[..., Flask], owner: Caller, server: OpenAIServer
) -> None:
    studio = installation.house.studio
    in_time = copy.copy(studio.make_in_time)
    vars(in_time).update(_wait_s=0)
    app = make_app(replace(installation.house, studio=replace(studio, make_in_time=in_time)))
    owner = replace(owner, client=app.test_client())
    before = server.served
    server.script(Reply(json.dumps(FIELDS), held=True), Reply(status=400))
    answer = owner.post(CARDS, {**WANTED, "model": "test-model"})
    assert owner.get(answer.headers["Location"]).get_json()["status"] == "running"
    wait_until(lambda: server._held)
    server.release()
    job = job_of(owner, answer)
    assert (job["status"], job["result"]["fields"]) == ("done", FIELDS)
    assert owner.get(CARDS).get_json() == [job["result"]]
    assert server.served == before + 1
    failed = job_of(owner, owner.post(CARDS, {**WANTED, "model": "slow", "image": False}))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "model_answer_invalid")
    assert owner.post(CARDS, WANTED).status_code == 201  # no model is asked


def test_a_card_that_is_kept_is_not_lost_with_the_process(
    owner: Caller, server: OpenAIServer, installation: Installation
) -> None:
    house = installation.house
    server.default = Reply(json.dumps(FIELDS))
    answer = owner.post(f"{CARDS}?async=true", {**WANTED, "models": ["test-model", "offline"]})
    job_id = answer.get_json()["job_id"]
    made_ = job_of(owner, answer)["result"]["cards"]
    jobs = house.generation.start_generation._jobs
    record = {"work": "open", "status": "running", "result": None}
    wanted = {"template": "cocktail", "prompt": "x", "models": ["test-model", "offline"], "image": True}
    jobs._update(WHOLE, job_id, {"$set": {**record, "asked": {**wanted, "assistant_id": ""}}})
    assert owner.delete(f"{CARDS}/{made_[1]['_id']}").status_code == 200
    house.generation.run_generation.recover(all_are_dead=True)
    job = job_of(owner, answer)
    assert [one["_id"] for one in job["result"]["cards"]] == [made_[0]["_id"]]
    assert [(one["model"], one["error"]) for one in job["result"]["failed"]] == [("offline", "interrupted")]


def test_several_models_stand_side_by_side(owner: Caller, server: OpenAIServer) -> None:
    server.default = Reply(json.dumps(FIELDS))
    card = made(owner, models=["test-model", "offline", "nobody-knows"])
    assert [one["model"] for one in card["cards"]] == ["test-model", "offline", "nobody-knows"]
    server.default = Reply("no")
    card = made(owner, models=["test-model", "offline"])
    assert [one["model"] for one in card["cards"]] == ["offline"]
    assert [(one["model"], one["error"]) for one in card["failed"]] == [
        ("test-model", "model_answer_invalid")
    ]
    assert card["_id"] == card["cards"][0]["_id"]


def test_templates_page_by_page_begin_with_those_built_in(owner: Caller) -> None:
    alone = owner.get("/studio/templates?limit=1")
    assert ([one["name"] for one in alone.get_json()], alone.headers.get("X-Next-Cursor")) == (
        ["cocktail"],
        None,
    )
    for name in ("a", "b"):
        assert owner.post("/studio/templates", {**RECIPE, "name": name}).status_code == 201
    for limit in (1, 2, 3):
        pages: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = owner.get(f"/studio/templates?limit={limit}&cursor={cursor}&count=true")
            assert page.headers["X-Total-Count"] == "3"
            pages.append([one["name"] for one in page.get_json()])
            cursor = page.headers.get("X-Next-Cursor")
        assert pages == [["cocktail", "a", "b"][n : n + limit] for n in range(0, 3, limit)]


def test_owners_keep_templates_of_their_own(app: Flask, owner: Caller, outsider: Caller) -> None:
    assert owner.post("/studio/templates", RECIPE).status_code == 201
    assert owner.post("/studio/templates", RECIPE).status_code == 409
    assert [one["name"] for one in owner.get("/studio/templates").get_json()] == ["cocktail", "recipe"]
    card = made(owner, template="recipe", prompt="Bolo de fubá")
    assert card["fields"] == {
        "name": "Bolo de fubá",
        "minutes": 1,
        "level": "easy",
        "steps": ["Steps 1: Bolo de fubá", "Steps 2: Bolo de fubá"],
    }
    by_key = bot(app, owner.new_assistant())
    assert made(by_key, template="recipe")["template"] == "recipe"
    assert by_key.post("/studio/templates", RECIPE).status_code == 403
    assert outsider.get("/studio/templates/recipe").status_code == 404
    assert outsider.post(CARDS, {**WANTED, "template": "recipe"}).status_code == 404
    change = {name: value for name, value in RECIPE.items() if name != "name"}
    assert (
        owner.put("/studio/templates/recipe", {**change, "title": "Receita"}).get_json()["title"] == "Receita"
    )
    assert owner.put("/studio/templates/cocktail", change).status_code == 403
    assert owner.delete("/studio/templates/cocktail").status_code == 403
    assert owner.delete("/studio/templates/recipe").status_code == 200
    assert owner.delete("/studio/templates/recipe").status_code == 404
    assert owner.get(f"{CARDS}/{card['_id']}").status_code == 200


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a.b": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}},
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/x"}}},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": -1}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 9, "maxLength": 2}}},
        {"type": "object", "properties": {"a": {"type": "array", "items": 3}}},
    ],
    ids=range(10),
)
def test_a_schema_that_cannot_be_one_is_named(owner: Caller, schema: dict[str, Any]) -> None:
    answer = owner.post("/studio/templates", {**RECIPE, "schema": schema})
    assert (answer.status_code, list(answer.get_json()["details"])) == (422, ["schema"])


def test_the_list_is_filtered_sorted_and_paged(owner: Caller, server: OpenAIServer) -> None:
    for name in ("Água", "zebra", "Bola"):
        server.script(Reply(json.dumps({**FIELDS, "name": name})))
        made(owner, model="test-model")
    plain = made(owner, prompt="Negroni")

    def names(query: str = "") -> list[str]:
        answer = owner.get(f"{CARDS}?{query}")
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.get_json()]

    assert names() == ["Negroni", "Bola", "zebra", "Água"]
    assert names("order=asc") == ["Água", "zebra", "Bola", "Negroni"]
    assert names("sort=name") == ["Água", "Bola", "Negroni", "zebra"]
    assert names("sort=name&order=desc") == ["zebra", "Negroni", "Bola", "Água"]
    assert names("sort=model")[0] == "Negroni"
    assert names("model=offline") == ["Negroni"]
    assert names("q=agua") == ["Água"]
    assert names("template=recipe") == []
    first = owner.get(f"{CARDS}?sort=name&limit=2&count=true")
    assert first.headers["X-Total-Count"] == "4"
    assert names(f"sort=name&limit=2&cursor={first.headers['X-Next-Cursor']}") == ["Negroni", "zebra"]
    assert owner.get(f"{CARDS}?sort=prompt").status_code == 422
    assert owner.delete(f"{CARDS}/{plain['_id']}").status_code == 200
    assert owner.get(plain["image_url"]).status_code == 404


def test_names_in_any_script_are_paged_by_a_cursor_that_fits_an_address(
    owner: Caller, server: OpenAIServer
) -> None:
    names = ["100% sure & so?", "Água de Valência", "a: b", "カクテル", "🍸" * 70]
    for name in names:
        server.script(Reply(json.dumps({**FIELDS, "name": name})))
        made(owner, model="test-model")
    found, cursor = [], ""
    for _ in names:
        page = owner.get(f"{CARDS}?sort=name&limit=1&cursor={cursor}")
        assert page.status_code == 200, page.text
        found += [one["name"] for one in page.get_json()]
        cursor = page.headers.get("X-Next-Cursor", "")
        assert re.fullmatch(r"[\w~.-]*", cursor, re.ASCII)
    assert (sorted(found), cursor) == (sorted(names), "")
    for wrong in ("~", "~!!", "~A", "~_w", "~AA"):
        answer = owner.get(f"{CARDS}?sort=name&cursor={wrong}")
        assert answer.status_code in {200, 422}
    assert owner.get(f"{CARDS}?cursor=~_w").get_json()["details"]["cursor"]


def test_who_has_a_role_sees_the_cards_of_an_assistant_among_their_own(
    app: Flask, owner: Caller, outsider: Caller
) -> None:
    assistant = owner.new_assistant()
    theirs = made(bot(app, assistant))
    own = made(outsider, prompt="Caipirinha")
    assert outsider.get(f"{CARDS}/{theirs['_id']}").status_code == 404
    member = {"user_id": outsider.user_id, "role": "viewer"}
    assert owner.put(f"/assistants/members/{assistant['_id']}", member).status_code == 200
    for query in ("", "?sort=name", "?sort=model&order=desc&limit=1"):
        listed = outsider.get(f"{CARDS}{query}")
        ids = [one["_id"] for one in listed.get_json()]
        if "X-Next-Cursor" in listed.headers:
            more = outsider.get(f"{CARDS}{query}&cursor={listed.headers['X-Next-Cursor']}")
            ids += [one["_id"] for one in more.get_json()]
        assert sorted(ids) == sorted([theirs["_id"], own["_id"]])
    assert outsider.get(theirs["image_url"]).status_code == 200
    assert outsider.delete(f"{CARDS}/{theirs['_id']}").status_code == 403
    assert nobody(app).get(theirs["image_url"]).status_code == 401
    assert owner.delete(f"/assistants/delete/{assistant['_id']}").status_code == 200
    assert owner.get(f"{CARDS}/{theirs['_id']}").status_code == 404


def test_a_template_that_was_got_may_be_sent_back(owner: Caller) -> None:
    assert owner.post("/studio/templates", RECIPE).status_code == 201
    got = owner.get("/studio/templates/recipe").get_json()
    changed = owner.put("/studio/templates/recipe", {**got, "title": "Receita"})
    assert (changed.status_code, changed.get_json()["title"]) == (200, "Receita")
    refused = owner.put("/studio/templates/recipe", {**got, "name": "other"})
    assert (refused.status_code, list(refused.get_json()["details"])) == (422, ["name"])


def test_a_model_that_nobody_serves_is_refused_by_name(
    installation: Installation, make_app: Callable[..., Flask], owner: Caller
) -> None:
    studio = installation.house.studio
    in_time, make = copy.copy(studio.make_in_time), copy.copy(studio.make_card)
    belonging = copy.copy(vars(make)["_belonging"])
    vars(belonging).update(_catalogue=Catalogue(fixed=(), default_model="offline"))
    vars(make).update(_belonging=belonging)
    vars(in_time).update(_make_card=make)
    house = replace(installation.house, studio=replace(studio, make_in_time=in_time))
    owner = replace(owner, client=make_app(house).test_client())
    for path in (CARDS, f"{CARDS}?async=true"):
        refused = owner.post(path, {**WANTED, "model": "nope"})
        assert (refused.status_code, list(refused.get_json()["details"])) == (422, ["model"])
    assert owner.post(CARDS, {**WANTED, "models": ["offline", "nope"]}).status_code == 201


Studio = tuple[Flask, ImageServer, list[str]]


@pytest.fixture
def drawing(installation: Installation, make_app: Callable[..., Flask]) -> Iterator[Studio]:
    """An application whose pictures come from an image server once ``draw`` is called for those that wait."""
    waiting: list[str] = []
    with ImageServer() as server:
        studio = installation.house.studio
        make, draw = copy.copy(studio.make_card), copy.copy(studio.draw_card)
        maker = OpenAIImages(model="sd", api_key="k", base_url=server.base_url, timeout_s=5)
        vars(make).update(_draws="openai:sd", _draw_soon=waiting.append)
        vars(draw).update(_draws="openai:sd", _draw_soon=waiting.append, _maker=maker)
        in_time = copy.copy(studio.make_in_time)
        vars(in_time).update(_make_card=make)
        house = replace(installation.house, studio=replace(studio, make_in_time=in_time, draw_card=draw))
        yield make_app(house), server, waiting
        maker.close()


def test_a_picture_is_drawn_behind_the_card(drawing: Studio, owner: Caller, server: OpenAIServer) -> None:
    app, images, waiting = drawing
    owner = replace(owner, client=app.test_client())
    server.script(Reply(json.dumps(FIELDS)), Reply("A tall green drink."))
    card = made(owner, model="test-model", prompt="Algo verde para a praia.")
    assert (card["image_status"], card["image_model"]) == ("drawing", "placeholder")
    assert owner.get(card["image_url"]).mimetype == "image/svg+xml"
    assert owner.post(card["image_url"]).status_code == 409
    draw = app.extensions["orquestra"].studio.draw_card
    assert card["_id"] in draw.waiting()
    draw.draw(waiting.pop())
    now = owner.get(f"{CARDS}/{card['_id']}").get_json()
    assert (now["image_status"], now["image_model"], now["image_error"]) == ("ready", "openai:sd", None)
    assert owner.get(card["image_url"]).mimetype == "image/jpeg"
    prompt = json.loads(images.asked[0][2])["prompt"]
    assert prompt.endswith("A tall green drink.")
    assert "in English" in server.bodies()[-1]["messages"][0]["content"]


def test_a_picture_that_fails_leaves_the_card_and_is_drawn_again(drawing: Studio, owner: Caller) -> None:
    app, images, waiting = drawing
    owner = replace(owner, client=app.test_client())
    draw = app.extensions["orquestra"].studio.draw_card
    images.status = 400
    card = made(owner)
    draw.draw(waiting.pop())
    failed = owner.get(f"{CARDS}/{card['_id']}").get_json()
    assert (failed["image_status"], failed["image_model"]) == ("failed", "placeholder")
    assert "openai:sd" in failed["image_error"]
    assert owner.get(card["image_url"]).mimetype == "image/svg+xml"
    images.status = 200
    again = owner.post(card["image_url"])
    assert (again.status_code, again.get_json()["image_status"]) == (202, "drawing")
    draw.draw(waiting.pop())
    assert owner.get(card["image_url"]).mimetype == "image/jpeg"
    assert owner.delete(f"{CARDS}/{card['_id']}").status_code == 200
    draw.draw(card["_id"])  # once more, too late


def test_a_card_is_a_pdf_of_one_page(owner: Caller, server: OpenAIServer) -> None:
    long = {**FIELDS, "name": "Ω <b>Maré</b> & “Alta”", "steps": ["Bata com gelo. " * 60] * 12}
    server.script(Reply(json.dumps(long)))
    card = made(owner, model="test-model")
    for one in (card, made(owner, image=False)):
        answer = owner.get(f"{CARDS}/{one['_id']}/pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        with pypdfium2.PdfDocument(answer.data) as pdf:
            assert len(pdf) == 1
            page = pdf[0]
            text = page.get_textpage()
            words = text.get_text_range()
            text.close()
            page.close()
        assert one["model"] in words
        assert one["name"] in words


def test_a_link_shows_one_card_until_it_is_closed(app: Flask, owner: Caller, outsider: Caller) -> None:
    card, other = made(owner), made(owner, prompt="Negroni")
    path = f"{CARDS}/{card['_id']}/share"
    assert outsider.post(path).status_code == 404
    link = owner.post(path).get_json()["share_url"]
    assert owner.post(path).get_json()["share_url"] == link
    assert owner.get(f"{CARDS}/{card['_id']}").get_json()["share_url"] == link
    page = nobody(app).get(link)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert card["name"] in page.text
    assert card["fields"]["music"].replace("'", "&#39;") in page.text
    assert card["_id"] not in page.text
    assert other["_id"] not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert nobody(app).get(f"{link}/image").mimetype == "image/svg+xml"
    assert nobody(app).get(f"/shared/cards/{card['_id']}").status_code == 404
    assert nobody(app).get("/shared/cards/%20").status_code == 404
    assert owner.delete(path).status_code == 200
    assert nobody(app).get(link).status_code == 404
    assert nobody(app).get(f"{link}/image").status_code == 404
    assert owner.post(path).get_json()["share_url"] != link


def test_a_shared_card_shows_words_as_words(app: Flask, owner: Caller, server: OpenAIServer) -> None:
    server.script(Reply(json.dumps({**FIELDS, "name": "<script>x</script>", "description": "<img src=x>"})))
    card = made(owner, model="test-model")
    link = owner.post(f"{CARDS}/{card['_id']}/share").get_json()["share_url"]
    page = nobody(app).get(link).text
    assert "<script>" not in page
    assert "&lt;img src=x&gt;" in page


@pytest.mark.parametrize(
    "path", ["/gallery", "/gallery/new", "/gallery/0123", "/cocktails/", "/generate/", "/cocktails"]
)
def test_the_pages_are_there_and_load_nothing_from_elsewhere(app: Flask, path: str) -> None:
    page = nobody(app).get(path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
