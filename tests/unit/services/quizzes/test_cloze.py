"""Quizzes without a model, and long texts brought down to size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.quizzes import CHOICES, Difficulty, plain, problems_of
from models.text.sentences import sentences
from models.tokens import estimate_tokens
from services.quizzes.cloze import BLANK, cloze_questions
from services.quizzes.sample_text import Passage, passages_of, sampled

TEXT = """Lisboa é a capital de Portugal e tem cerca de 545 mil habitantes. A cidade fica na margem norte do rio Tejo.
O terramoto de 1755 destruiu grande parte da cidade. O Marquês de Pombal dirigiu a reconstrução da Baixa.
A Torre de Belém foi construída entre 1514 e 1519 por Francisco de Arruda. O elétrico 28 atravessa Alfama."""


@pytest.mark.parametrize("difficulty", list(Difficulty))
@pytest.mark.parametrize("count", [1, 5, 15])
def test_each_question_leaves_out_what_its_answer_puts_back(count: int, difficulty: Difficulty) -> None:
    found = cloze_questions([(TEXT, "d1")], count, "pt", difficulty)
    assert len(found) == count
    assert problems_of(found) == []
    for one in found:
        shown = one.question.split("“")[1].rstrip("”")
        assert shown.replace(BLANK, one.choices[one.answer]) == one.passage
        assert one.passage in " ".join(TEXT.split())
        assert one.document_id == "d1"
    assert found == cloze_questions([(TEXT, "d1")], count, "pt", difficulty)


def test_distractors_are_of_the_kind_of_the_answer() -> None:
    for one in cloze_questions([(TEXT, "")], 6, "pt", Difficulty.MEDIUM):
        kinds = {(choice[:1].isdigit(), choice[:1].isupper()) for choice in one.choices}
        assert len(kinds) == 1, one.choices


def test_few_questions_come_from_all_of_a_text() -> None:
    text = " ".join(f"O museu número {n} guarda {n * 7 + 100} quadros antigos." for n in range(40))
    found = cloze_questions([(text, "")], 4, "pt")
    assert [int(one.passage.split()[3]) // 10 for one in found] == [0, 1, 2, 3]


def test_a_short_text_gives_few() -> None:
    text = "The old harbour closes its heavy wooden gates every evening."
    assert cloze_questions([("Olá!", "")], 3, "pt") == []
    assert 0 < len(cloze_questions([(text, "")], 9, "en")) < 9


@settings(max_examples=40)
@given(
    st.text(max_size=300) | st.lists(st.sampled_from(TEXT.split()), max_size=60).map(" ".join),
    st.integers(1, 20),
)
def test_whatever_the_text_what_comes_is_a_quiz(text: str, count: int) -> None:
    found = cloze_questions([(text, "")], count, "pt")
    assert len(found) <= count
    assert problems_of(found) == []
    assert all(len(one.choices) == CHOICES and 0 <= one.answer < CHOICES for one in found)
    assert len({plain(one.question) for one in found}) == len(found)


def gaps(text: str, count: int, language: str) -> list[tuple[str, str]]:
    found = cloze_questions([(text, "")], count, language, Difficulty.EASY)
    return [(one.passage, one.choices[one.answer]) for one in found]


def test_a_name_that_begins_a_sentence_is_left_out_as_a_whole() -> None:
    text = (
        "Joaquim José da Silva Xavier foi enforcado no Rio de Janeiro. Joaquim Silvério dos Reis delatou todos. "
        "O Marquês de Pombal não estava em Vila Rica. Publicou Cartas de amor em Lisboa e em Braga."
    )
    answers = [answer for _, answer in gaps(text, 4, "pt")]
    assert answers[:2] == ["Joaquim José da Silva Xavier", "Joaquim Silvério dos Reis"]
    assert not any(
        "Publicou" in choice for one in cloze_questions([(text, "")], 9, "pt") for choice in one.choices
    )


def test_capitals_are_no_names() -> None:
    text = "A REVOLUÇÃO COMEÇOU NO SUL DO PAÍS EM 1835. O LÍDER DO MOVIMENTO ERA BENTO. A PAZ VEIO COM O TRATADO."
    found = cloze_questions([(text, "")], 5, "pt")
    assert len(found) == 5
    for one in found:
        assert all(choice.isupper() or choice.isdigit() for choice in one.choices), one.choices
        assert " " not in "".join(one.choices)


def test_figures_of_a_list_are_asked_for() -> None:
    text = "- Limpeza: R$ 180,00\n- Canal: R$ 900,00\n- Extração: R$ 250,00"
    assert [answer for _, answer in gaps(text, 3, "pt")] == ["R$ 180,00", "R$ 900,00", "R$ 250,00"]


@pytest.mark.parametrize(
    ("number", "never"),
    [
        ("no ano 2000", ("3000", "1000")),
        ("no dia 31 de maio", ("32", "33", "34")),
        ("até às 23:50", ("23:60", "24:00")),
        ("a uns 0 °C", ("-1 °C", "00 °C")),
    ],
)
def test_a_wrong_number_is_one_that_could_be(number: str, never: tuple[str, ...]) -> None:
    [one] = cloze_questions([(f"Isso aconteceu aqui {number}, ao que parece.", "")], 1, "pt")
    assert not {*never} & {*one.choices}


def test_in_a_language_that_we_do_not_write_the_sentence_alone_is_asked() -> None:
    text = "Москва — столица. Город основан в 1147 году князем Юрием. Метро было открыто в 1935 году."
    found = cloze_questions([(text, "")], 2, "ru")
    assert [one.question for one in found] == [
        f"“Город основан в {BLANK} году князем Юрием.”",
        f"“Метро было открыто в {BLANK} году.”",
    ]
    wall = cloze_questions([("明长城全长8851.8公里。1987年长城被列为世界文化遗产。", "")], 2, "")
    assert [one.choices[one.answer] for one in wall] == ["8851.8", "1987"]
    assert cloze_questions([(TEXT, "")], 1, "pt-BR")[0].question.startswith("Que ")
    assert cloze_questions([(TEXT, "")], 1, "Português")[0].question.startswith("Que ")


def test_nouns_are_left_out_and_stand_for_nouns() -> None:
    text = (
        "A fotossíntese produz o alimento. Ela acontece nos cloroplastos verdes. A planta absorve do solo a água. "
        "A respiração acontece nas mitocôndrias. Com a energia ela cresce."
    )
    first = cloze_questions([(text, "")], 1, "pt", Difficulty.HARD)[0]
    assert first.choices[first.answer] == "fotossíntese"
    assert not {"acontece", "absorve", "produz", "verdes"} & {*first.choices}


def test_sentences_end_where_they_end() -> None:
    text = "- O Dr. Silva cobra R$ 1.500,00 por mês. Atende de segunda!\n## Título\nÉ isso?"
    expected = ["O Dr. Silva cobra R$ 1.500,00 por mês.", "Atende de segunda!", "Título", "É isso?"]
    assert list(sentences(text)) == expected


def test_long_texts_are_sampled_evenly() -> None:
    passages = [Passage(f"{n} " + "palavra " * 50) for n in range(100)]
    read = sampled(passages, 2500)
    numbers = [int(one.text.split()[0]) for one in read]
    assert sum(estimate_tokens(one.text) + 4 for one in read) <= 2500
    assert 10 <= len(read) < 30
    gaps = [b - a for a, b in pairwise(numbers)]
    assert max(gaps) - min(gaps) <= 1
    assert abs(numbers[0] - (99 - numbers[-1])) <= 1
    assert sampled(passages[:2], 2500) == passages[:2]
    assert len(sampled(passages, 1)) == 1


@settings(max_examples=40)
@given(st.text("ab. \n", max_size=3000))
def test_passages_hold_the_whole_text(text: str) -> None:
    found = passages_of(text)
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())
    assert all(0 < len(one.text) <= 900 for one in found)
