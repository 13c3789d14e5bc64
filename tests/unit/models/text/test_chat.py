from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.chat import asks_something, clean_query, is_small_talk, may_agree


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("oi bom dia, queria saber se voces abrem domingo?", "voces abrem domingo"),
        ("Oiii, tudo bem? Vocês aceitam cartão? obrigada!", "Vocês aceitam cartão"),
        ("Olá pessoal! Poderiam me informar o valor da consulta?", "o valor da consulta"),
        ("É possível remarcar? desde já agradeço", "É possível remarcar"),
        ("Hello! I was wondering if you are open on Sunday, thanks", "you are open on Sunday"),
        ("Hi there, could you please tell me whether parking is free?", "parking is free"),
        ("Bonjour, je voudrais savoir si vous êtes ouvert le dimanche s'il vous plaît. Merci d'avance",
         "vous êtes ouvert le dimanche"),
        ("Hola buenas tardes! me podrían decir el precio del corte por favor?", "el precio del corte"),
        ("obrigada pela ajuda! e domingo?", "domingo"),
        ("thanks for your help, is parking free?", "is parking free"),
        ("can you for free deliver?", "can you for free deliver"),
        ("Quanto custa a limpeza?", "Quanto custa a limpeza"),
        ("How many species were there?", "How many species were there"),
        ("R$ 20,00 ou R$ 30,00?", "R$ 20,00 ou R$ 30,00"),
        ("\n\nqual\no endereço??\n", "qual\no endereço"),
    ],
)  # fmt: skip
def test_the_question_is_left(message: str, question: str) -> None:
    assert clean_query(message) == question


@pytest.mark.parametrize(
    "message", ["bom dia", "oi", "queria saber", "thanks!", "merci beaucoup", "", "👍", "e aí?"]
)
def test_a_message_of_nothing_else_is_left_as_it_is(message: str) -> None:
    assert clean_query(message) == message


@given(st.text())
def test_cleaning_only_takes_away(message: str) -> None:
    cleaned = clean_query(message)
    characters = iter(message)
    assert all(character in characters for character in cleaned)


@given(
    st.lists(
        st.sampled_from(
            [
                "oi",
                "bom",
                "dia",
                "queria",
                "saber",
                "se",
                "voces",
                "abrem",
                "domingo",
                "?",
                ",",
                "obrigado",
                "e",
                "o",
            ]
        )
    )
)
def test_what_is_asked_about_is_never_taken_away(words: list[str]) -> None:
    once = clean_query(" ".join(words))
    for asked in ("abrem", "domingo"):
        assert once.count(asked) == words.count(asked)


@pytest.mark.parametrize(
    "message",
    ["oi", "Bom dia!", "obrigado", "muito obrigada, até logo!", "ok", "tudo bem?", "kkkk", "👍", "", "sim, pode ser",
     "thank you so much!", "bonjour, ça va ?", "¡Hola! ¿qué tal?", "d'accord, merci", "valeu", "não"],
)  # fmt: skip
def test_greetings_thanks_and_yes_or_no_ask_nothing(message: str) -> None:
    assert not asks_something(message)


@pytest.mark.parametrize(
    "message", ["oi, abre domingo?", "onde fica?", "preço da limpeza", "e no sábado?", "why?", "R$ 20?"]
)
def test_a_question_asks_something(message: str) -> None:
    assert asks_something(message)


@pytest.mark.parametrize(
    "message",
    ["oi", "Oi, tudo bem?", "tudo bem com vocês?", "obrigado", "ok", "ok?", "thanks!", "Merci beaucoup", "gracias",
     "👍", "🙏🙏", "...", "sim", "não, obrigado", "até amanhã", "até logo!", "see you later", "d'accord, merci",
     "¿qué tal?", "ça va ?", "beleza", "kkkk", "sim, por favor", "muito obrigada pela atenção!",
     "thank you very much for your help", "thanks for the information", "merci pour votre aide",
     "gracias por la ayuda", "obrigado, bom fim de semana! abraços", "you're welcome", "com certeza", "de rien"],
)  # fmt: skip
def test_small_talk_asks_for_nothing(message: str) -> None:
    assert is_small_talk(message)
    assert not asks_something(message)


@pytest.mark.parametrize(
    "message",
    ["oi, quanto custa a limpeza?", "obrigado, e domingo?", "e domingo?", "preço", "preço?", "amanhã", "oi, amanhã",
     "mais", "quanto", "quanto?", "certo?", "caro?", "?", "👍?", "2", "onde", "why", "", " ", "quero", "menu",
     "no domingo", "obrigado pelo orçamento quanto custa a limpeza", "obrigado! pelo whatsapp?",
     "merci de me donner les horaires"],
)  # fmt: skip
def test_what_may_ask_is_no_small_talk(message: str) -> None:
    assert not is_small_talk(message)


@pytest.mark.parametrize(
    ("message", "agrees"),
    [("sim", True), ("sim, obrigado", True), ("Ok!", True), ("👍", True), ("please", True), ("com certeza", True),
     ("obrigado", False), ("não", False), ("no, gracias", False), ("bom dia", False), ("tchau", False)],
)  # fmt: skip
def test_a_yes_is_told_from_thanks_no_and_goodbye(message: str, *, agrees: bool) -> None:
    assert may_agree(message) is agrees
