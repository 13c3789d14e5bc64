from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.likeness import ALIKE, LikeGroups, is_same, likeness, read_asked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("aceita pix?", "oi, vocês aceitam Pix?"),
        ("abre domingo?", "bom dia, queria saber se voces abrem aos domingos"),
        ("fazem clareamento dental?", "vcs fazem clareamneto?"),
        ("posso parcelar no boleto?", "da pra parcelar em boleto"),
        ("tem wifi?", "tem wi-fi para clientes?"),
        ("do you ship to Canada?", "is shipping to canada possible"),
        ("avez-vous un parking ?", "y a-t-il un parking, svp"),
    ],
)
def test_other_words_and_typing_errors_are_alike(one: str, other: str) -> None:
    assert likeness(read_asked(one), read_asked(other)) >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("abre domingo?", "não abre domingo?"),
        ("abre domingo?", "abre sábado?"),
        ("plano 2 cobre implante?", "plano 3 cobre implante?"),
        ("onde abre?", "quando abre?"),
        ("posso levar meu cachorro?", "posso levar meu filho?"),
        ("are you open on sunday?", "aren't you open on sunday?"),
        ("quel est le prix du forfait ?", "quel est le prix du menu ?"),
        ("", "abre domingo?"),
    ],
)
def test_denials_numbers_and_other_things_are_not(one: str, other: str) -> None:
    assert likeness(read_asked(one), read_asked(other)) < ALIKE
    assert not is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Abre no domingo?", "oi, abre no domingo"),
        ("Você aceita cartão?", "vcs aceita cartao, por favor"),
        ("Tem estacionamento?", "tem estacionamneto ai?"),
    ],
)
def test_the_same_question_in_chat_spelling_is_the_same(one: str, other: str) -> None:
    assert is_same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("de Santos a Campinas quanto custa?", "de Campinas a Santos quanto custa?"),
        ("com receita?", "sem receita?"),
        ("quando abre?", "onde abre?"),
        ("abre antes das 8h?", "abre depois das 8h?"),
        ("custa 20 reais?", "custa 21 reais?"),
    ],
)
def test_another_order_or_one_other_word_is_not_the_same(one: str, other: str) -> None:
    assert not is_same(one, other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    first, second = read_asked(one), read_asked(other)

    assert 0 <= likeness(first, second) == likeness(second, first) <= 1


def test_the_likest_group_is_found_and_the_first_of_several() -> None:
    groups = LikeGroups()
    for name in ("tem estacionamento pago?", "tem estacionamento?", "aceita pix?", "pix aceitam?"):
        groups.add(name, read_asked(name))

    assert groups.find(read_asked("oi, vocês têm estacionamento?")) == "tem estacionamento?"
    assert groups.find(read_asked("aceitam pix?")) == "aceita pix?"
    assert groups.find_all(read_asked("aceitam pix?")) == ["aceita pix?", "pix aceitam?"]
    assert groups.find(read_asked("posso levar meu cachorro?")) is None
