"""Quizzes, their answer sheets, cards, pictures and templates on each engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.cards import Card, CardsDone, CardWanted, NoCard, PictureState, Template
from models.chats import Tokens
from models.generation import GenerationJob, JobStatus
from models.jobs import JobState, OpenJob
from models.quizzes import AnswerSheet, Difficulty, Question, Quiz
from repositories.card_templates import CardTemplateRepository
from repositories.cards import CardFilter, CardImageRepository, CardRepository
from repositories.errors import Duplicate
from repositories.generation_jobs import GenerationJobRepository
from repositories.quizzes import AnswerSheetRepository, QuizRepository
from repositories.scope import WHOLE, Scope
from repositories.values import Record
from tests.made import ASSISTANT, OWNER

ANYTHING = CardFilter()


def a_quiz(**more: Any) -> Quiz:
    question = Question("2026-11-20: aberto?", ("a", "b", "c", "d"), 2, "Porque sim.", "às 8h", new_id())
    values: dict[str, Any] = {"id": new_id(), "assistant_id": ASSISTANT, "tokens": Tokens(5, 3)}
    made = Quiz(OWNER, "Título", "m", "pt", Difficulty.HARD, (question, question), utc_now())
    return replace(made, **{**values, **more})


def a_sheet(quiz: Quiz, **more: Any) -> AnswerSheet:
    made = AnswerSheet(new_id(), quiz.id, quiz.owner_id, (2, None), 1, utc_now(), quiz.assistant_id)
    return replace(made, **more)


def a_card(name: str, **more: Any) -> Card:
    values: dict[str, Any] = {"name": name, "prompt": "Algo verde.", "tokens": Tokens(1, 2, estimated=True)}
    fields = {"name": name, "ingredients": [{"name": "Limão", "quantity": "⅓"}], "on": "2026-11-20"}
    made = Card(new_id(), OWNER, "cocktail", "m", fields, utc_now(), ASSISTANT)
    return replace(made, **{**values, **more})


def names(cards: Sequence[Card]) -> list[str]:
    return [one.name for one in cards]


def test_a_quiz_and_its_sheets_are_kept_listed_and_go_together(database: Database[Record]) -> None:
    quizzes, sheets = QuizRepository(database), AnswerSheetRepository(database)
    first, second, other = a_quiz(), a_quiz(assistant_id=""), a_quiz(owner_id=new_id())
    for quiz in (first, second, other):
        quizzes.add(quiz)
    mine = Scope(owner_id=OWNER)
    assert quizzes.get(mine, first.id) == first
    assert quizzes.get(mine, other.id) is None
    assert quizzes.page(mine, 9).items == (second, first)
    assert quizzes.count(WHOLE) == 3
    one, two = a_sheet(first, name="Ana"), a_sheet(first, by=OWNER)
    for sheet in (one, two, a_sheet(other)):
        sheets.add(sheet)
    page = sheets.page(first, 1)
    assert page.items == (two,)
    assert sheets.page(first, 9, page.next_cursor).items == (one,)
    assert sheets.count(first) == 2
    assert (one.total, one.percent) == (2, 50.0)
    new_owner = new_id()
    quizzes.change_owner(ASSISTANT, new_owner)
    sheets.change_owner(ASSISTANT, new_owner)
    assert [one.owner_id for one in sheets.page(first, 9).items] == [new_owner] * 2
    assert quizzes.delete(replace(first, owner_id=new_owner))
    assert not quizzes.delete(replace(first, owner_id=new_owner))
    assert sheets.delete_all_of_quiz(first.id) == 2
    assert quizzes.delete_all_of_user(OWNER) == 1
    assert quizzes.delete_all_of(ASSISTANT) == sheets.delete_all_of(ASSISTANT) == 1
    assert sheets.delete_all_of_user(OWNER) == 0


def test_cards_are_listed_in_each_order_and_found_by_their_words(database: Database[Record]) -> None:
    cards = CardRepository(database)
    water, zebra, ball = (
        a_card("Água"),
        a_card("zebra", model="a", template="recipe"),
        a_card("Bola", model="z"),
    )
    for card in (water, zebra, ball, a_card("Outra", owner_id=new_id(), assistant_id=new_id())):
        cards.add(card)
    mine = Scope(owner_id=OWNER)

    def listed(
        wanted: CardFilter = ANYTHING, sort: str = "createdAt", *, descending: bool = False
    ) -> list[str]:
        return names(cards.page(mine, wanted, 9, sort=sort, descending=descending).items)

    assert cards.get(mine, water.id) == water
    assert listed(descending=True) == ["Bola", "zebra", "Água"]
    assert listed(sort="name") == listed(sort="name", descending=True)[::-1] == ["Água", "Bola", "zebra"]
    assert listed(sort="model") == ["zebra", "Água", "Bola"]
    assert listed(CardFilter(template="recipe")) == listed(CardFilter(model="a")) == ["zebra"]
    assert listed(CardFilter(text="AGUA")) == ["Água"]
    assert listed(CardFilter(text="limao (")) == []
    page = cards.page(mine, ANYTHING, 2, sort="name", descending=False)
    rest = cards.page(mine, ANYTHING, 2, page.next_cursor, sort="name", descending=False)
    assert (names(page.items), names(rest.items), rest.next_cursor) == (["Água", "Bola"], ["zebra"], "")
    assert cards.count(mine, CardFilter(text="limao")) == 3
    new_owner = new_id()
    cards.change_owner(ASSISTANT, new_owner)
    moved = cards.page(Scope(owner_id=new_owner), ANYTHING, 9, sort="name", descending=False)
    assert names(moved.items) == ["Água", "Bola", "zebra"]
    assert cards.delete_all_of_user(OWNER) == 0
    assert cards.delete_all_of(ASSISTANT) == 3


def test_a_cards_picture_and_link_come_and_go(database: Database[Record]) -> None:
    cards, images = CardRepository(database), CardImageRepository(database)
    card = a_card("Água", picture=PictureState.DRAWING, image_model="placeholder")
    cards.add(card)
    assert cards.being_drawn() == [card]
    assert cards.open_work(9) == [OpenJob(JobState.WAITING, card.created_at)]
    ready = replace(card, picture=PictureState.READY, image_model="openai:x")
    assert not cards.set_picture(ready, was=PictureState.FAILED)
    assert cards.set_picture(ready, was=PictureState.DRAWING)
    assert cards.being_drawn() == []
    assert cards.open_work(9) == []
    assert cards.set_picture(card)
    [again] = cards.open_work(9)
    assert again.since >= card.created_at
    cards.set_picture(ready)
    images.put(card, b"one")
    images.put(card, b"\x00two")
    assert images.get(card) == b"\x00two"
    assert cards.shared("") is None
    assert cards.set_share(replace(ready, share="word"))
    assert cards.shared("word") == replace(ready, share="word")
    assert cards.set_share(ready)
    assert cards.shared("word") is None
    assert cards.delete(card)
    assert not cards.set_share(ready)
    assert images.delete_all_of(ASSISTANT) == 1
    assert images.get(card) is None


def test_a_template_is_one_of_its_owner_and_name(database: Database[Record]) -> None:
    templates = CardTemplateRepository(database)
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    recipe = Template("recipe", "Receita", schema, "Cook.", owner_id=OWNER, created_at=utc_now())
    recipe = replace(recipe, updated_at=recipe.created_at)
    templates.add(recipe)
    with pytest.raises(Duplicate):
        templates.add(recipe)
    templates.add(replace(recipe, owner_id=new_id()))
    assert templates.get(OWNER, "recipe") == recipe
    assert templates.update(replace(recipe, title="Recipe"))
    assert [one.title for one in templates.page(OWNER, 9).items] == ["Recipe"]
    assert templates.delete(OWNER, "recipe")
    assert not templates.update(recipe)
    assert templates.count(OWNER) == templates.delete_all_of_user(OWNER) == 0


def test_a_job_for_cards_is_one_with_what_it_made(database: Database[Record]) -> None:
    jobs = GenerationJobRepository(database)
    wanted = CardWanted("cocktail", "Algo.", ("a", "b"), image=False, assistant_id=ASSISTANT)
    job = GenerationJob(new_id(), OWNER, ASSISTANT, wanted, utc_now(), new_id(), "d")
    jobs.add(job)
    assert jobs.get_any(job.id) == job
    result = CardsDone((job.id,), (NoCard("b", "model_refused", "No."),), several=True)
    over = replace(job, status=JobStatus.DONE, progress=100, result=result, finished_at=utc_now())
    assert jobs.finish(over)
    assert not jobs.finish(over)
    found = jobs.get(OWNER, "", job.id)
    assert found is not None
    assert (found.result, found.asked) == (result, CardWanted("", ""))
