from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.read_query import CARRIED_WEIGHT, MOST_WORDS, read_query


def _words(
    message: str, language: str = "", index: tuple[str, ...] = ("pt",), history: tuple[str, ...] = ()
) -> str:
    query = read_query(message, language, index, history)
    return " ".join(word.word if word.weight == 1 else f"({word.word})" for word in query.words)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("oi bom dia, queria saber se voces abrem domingo?", "abrem domingo"),
        ("Quanto custa a limpeza de pele?", "(custa) limpeza pele"),
        ("vc sabe qto custa o canal?", "(custa) canal"),
        ("quanto sai a panorâmica?", "(sai) panoramica"),
        ("de onde sai o ônibus", "sai onibus"),
        ("quanto vcs cobram pela limpeza", "(cobram) limpeza"),
        ("qual o preço?", "preco"),
        ("can I bring my dog?", "(bring) dog"),
        ("quero usar o wifi", "(quero) (usar) wifi"),
        ("what do I need?", "need"),
        ("quem somos", "quem somos"),
        ("aceita cachorro?", "(aceita) cachorro"),
        ("aceita bolo?", "aceita bolo"),  # of no everyday matter: nothing tells which word counts
        ("onde fica a clínica?", "(endereco) clinica"),
        ("onde fica?", "endereco"),
        ("where are you?", "endereco"),
        ("que horas fecha?", "(horario) fecha"),
        ("livrez-vous à domicile ?", "livrez domicile"),
        ("wi-fi", "wi fi wifi"),
        ("horário horário HORARIO", "horario"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_the_words_that_count(message: str, expected: str) -> None:
    assert _words(message) == expected


def test_the_set_language_goes_before_what_the_message_looks_like() -> None:
    assert _words("car", "en") == "car"
    assert _words("do you sell car parts", "en") == "sell car parts"
    assert _words("le car arrive", "fr", ("fr",)) == "arrive"
    assert _words("car", "", ("fr", "en")) == "car"  # nothing else would be left


BEFORE = "Qual o horário de atendimento da clínica?"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("e no sábado?", "sabado (horario) (atendimento) (clinica)"),
        ("e aos domingos", "domingos (horario) (atendimento) (clinica)"),
        ("e quais outros?", "(horario) (atendimento) (clinica)"),
        ("O que é UNIMED?", "unimed"),
        ("quanto custa?", "custa (horario) (atendimento) (clinica)"),
        ("isso vale para crianças?", "vale criancas (horario) (atendimento) (clinica)"),
        ("Vocês aceitam cartão de crédito?", "(aceitam) cartao credito"),
        ("tem estacionamento coberto?", "estacionamento coberto"),
        ("e vocês aceitam cartão de crédito parcelado?", "(aceitam) cartao credito parcelado"),
    ],
)
def test_a_follow_up_carries_the_words_of_the_question_before(message: str, expected: str) -> None:
    assert _words(message, history=("Tem wifi?", BEFORE)) == expected


def test_the_last_question_that_says_something_is_carried_into_the_text_too() -> None:
    query = read_query("e no sábado?", "", ("pt",), ["Tem wifi?", BEFORE, "  "])
    assert query.text == "Qual o horário de atendimento da clínica\ne no sábado"
    assert {word.weight for word in query.words} == {1.0, CARRIED_WEIGHT}
    assert read_query("e no sábado?", "", ("pt",), ["", " "]).text == "e no sábado"


@pytest.mark.parametrize("between", ["obrigado!", "👍", "ok", "sim"])
def test_small_talk_in_between_is_not_what_is_carried(between: str) -> None:
    assert _words("e no sábado?", history=(BEFORE, between)) == _words("e no sábado?", history=(BEFORE,))


@pytest.mark.parametrize("message", ["What about Saturday?", "and on Saturday?", "is it free?"])
def test_follow_ups_in_english(message: str) -> None:
    assert "(opening)" in _words(
        message, index=("en",), history=("What are the opening hours of the clinic?",)
    )


def test_a_long_letter_is_asked_by_its_beginning() -> None:
    query = read_query(" ".join(f"palavra{n}" for n in range(5_000)), "", ("pt",))
    assert len(query.words) == MOST_WORDS
    assert query.words[0].word == "palavra0"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_message_can_be_read(message: str, history: list[str]) -> None:
    query = read_query(message, "", ("pt", "en"), history)
    assert len({word.word for word in query.words}) == len(query.words) <= MOST_WORDS


@pytest.mark.parametrize(
    ("message", "before", "expected"),
    [
        ("e domingo?", "Vocês abrem no sábado?", "domingo (abrem) (sabado)"),
        ("and on Sunday?", "Do you open on Saturday?", "sunday (open) (saturday)"),
        ("et le dimanche ?", "Ouvrez-vous le samedi ?", "dimanche (ouvrez) (samedi)"),
        ("¿es gratis?", "¿Hay aparcamiento?", "gratis (aparcamiento)"),
        ("e na segunda-feira?", "Vocês abrem no sábado?", "segunda (abrem) (sabado)"),
    ],
)
@pytest.mark.parametrize("index", [("pt",), ("en",), ("fr",), ("es",), ()])
@pytest.mark.parametrize("language", ["", "pt"])
def test_a_follow_up_is_read_in_the_language_of_its_chat_whatever_that_of_the_documents_is(
    message: str, before: str, expected: str, index: tuple[str, ...], language: str
) -> None:
    assert _words(message, language, index, (before,)) == expected


def test_of_a_follow_up_in_another_language_the_words_before_decide() -> None:
    def may_miss(message: str, *index: str, history: Sequence[str] = ("Do you accept cards?",)) -> set[str]:
        return {one.word for one in read_query(message, "", index, history).words if one.may_miss}

    assert may_miss("and cash?", "pt") == {"cash"}
    assert may_miss("and cash?", "pt", "en") == may_miss("and cash?") == set()
    assert may_miss("Do you accept cash?", "pt", history=()) == set()


def test_a_day_is_looked_for_under_its_names_in_the_documents_languages() -> None:
    (_, saturday) = read_query("Do you open on Saturday?", "", ("pt",)).words

    assert saturday.word == "saturday"
    assert set(saturday.also) == {"sabado", "sabados"}
