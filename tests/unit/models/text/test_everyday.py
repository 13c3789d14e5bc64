from __future__ import annotations

import pytest

from models.text.everyday import ADDRESS, HOURS, only_where, said_instead, told_otherwise
from models.text.words import words


@pytest.mark.parametrize(
    ("word", "language", "instead"),
    [
        ("cachorro", "pt", "caes"),
        ("dogs", "en", "pet"),
        ("chiens", "fr", "animaux"),
        ("perros", "es", "mascota"),
        ("zap", "pt", "celular"),
        ("dog", "pt", "caes"),  # asked in another language than that of the documents
        (ADDRESS, "en", "street"),
        (HOURS, "fr", "horaires"),
    ],
)
def test_what_documents_may_say_instead(word: str, language: str, instead: str) -> None:
    assert instead in said_instead(word, (language,))


def test_a_word_of_no_such_matter_and_a_word_itself_are_not_said_instead() -> None:
    assert said_instead("mitocondria", ("pt",)) == ()
    assert "gato" not in said_instead("gato", ("pt",))
    assert set(said_instead("gato", ())) > set(said_instead("gato", ("pt",)))  # no language known: all


@pytest.mark.parametrize(
    ("question", "otherwise"),
    [
        ("onde fica a clínica?", {"fica": ADDRESS}),
        ("fica aberto?", {}),
        ("que horas fecha?", {"horas": HOURS}),
        ("dura 2 horas?", {}),
        ("where can I find you", {"find": ADDRESS}),
        ("à quelle heure", {"heure": HOURS}),
        ("¿dónde queda?", {"queda": ADDRESS}),
    ],
)
def test_words_that_stand_for_a_matter(question: str, otherwise: dict[str, str]) -> None:
    assert told_otherwise(question, words(question)) == otherwise


def test_a_question_of_where_alone_asks_for_an_address() -> None:
    assert only_where("where are you?") == (ADDRESS,)
    assert only_where("who are you?") == ()
