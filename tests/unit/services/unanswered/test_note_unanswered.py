from __future__ import annotations

import pytest

from kit.clock import utc_now
from kit.errors import Unavailable
from models.documents import SearchResult
from models.unanswered import UnansweredQuestion
from repositories.unanswered import UnansweredQuestionRepository
from services.unanswered.note_unanswered import NoteUnanswered, is_unanswered
from tests.made import a_chat, a_message

NOTHING = SearchResult(enough=False, evidence=0.1234567, searched=3)


class Down(UnansweredQuestionRepository):
    """Cannot be reached."""

    def __init__(self) -> None:
        self.tries = 0

    def add(self, question: UnansweredQuestion) -> None:
        self.tries += bool(question.id)
        raise Unavailable

    def remove(self, question: UnansweredQuestion) -> None:
        self.tries += bool(question.id)
        raise Unavailable


class Kept(UnansweredQuestionRepository):
    """Keeps in memory."""

    def __init__(self) -> None:
        self.questions: list[UnansweredQuestion] = []

    def add(self, question: UnansweredQuestion) -> None:
        self.questions.append(question)


def test_a_turn_goes_on_when_it_cannot_be_noted() -> None:
    down = Down()
    note, message = NoteUnanswered(questions=down, clock=utc_now), a_message(a_chat())

    assert note.note(message, NOTHING, "Não sei.", "") is None
    note.take_back(UnansweredQuestion("a", "b", "c", "Pix?", 0.1, utc_now()))
    assert down.tries == 2


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("Tem estacionamento?", SearchResult(enough=True, evidence=0.9, searched=3)),
        ("Tem estacionamento?", SearchResult()),
        ("obrigado!", NOTHING),
    ],
    ids=["answered", "no documents", "small talk"],
)
def test_nothing_is_written_for_what_needs_no_answer(content: str, found: SearchResult) -> None:
    kept = Kept()

    NoteUnanswered(questions=kept, clock=utc_now).note(
        a_message(a_chat(), content=content), found, "Não sei.", ""
    )

    assert kept.questions == []


def test_the_question_is_kept_with_its_evidence_and_no_longer_than_needed() -> None:
    kept = Kept()
    message = a_message(a_chat(), content="Tem estacionamento? " * 100)

    NoteUnanswered(questions=kept, clock=utc_now).note(message, NOTHING, "Não sei.", "")

    (question,) = kept.questions
    assert (question.id, question.chat_id, question.evidence) == (message.id, message.chat_id, 0.1235)
    assert len(question.question) < 1_001


@pytest.mark.parametrize(
    ("enough", "answer", "no_answer", "unanswered"),
    [
        (False, "Não sei.", "", True),
        (False, "Sim, há uma rampa [2].", "", False),
        (True, "Sim, há uma rampa.", "", False),
        (True, "Olá! Isso eu  não sei.", "isso eu não sei.", True),
        (False, "Isso eu não sei [1].", "Isso eu não sei", True),
        (True, "Sim.", " ", False),
    ],
    ids=["nothing", "cited all the same", "evidence", "said so", "said so with a number", "no words for it"],
)
def test_what_the_answer_says_counts(*, enough: bool, answer: str, no_answer: str, unanswered: bool) -> None:
    assert is_unanswered(SearchResult(enough=enough, searched=3), answer, no_answer) is unanswered
