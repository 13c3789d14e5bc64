from __future__ import annotations

import pytest

from models.text.meaning import read_meaning

SAME = [
    ("Quanto custa a limpeza?", "oi, qual o preço da limpeza por favor?"),
    ("Quanto custa a limpeza?", "Bom dia! quanto vocês cobram pela limpeza?"),
    ("Vocês abrem no sábado?", "abre sábado?"),
    ("Onde fica a loja?", "bom dia, a loja fica onde?"),
    ("Quais são os horários?", "Qual é o horário?"),
    ("How much is a cleaning?", "hi, what's the price of a cleaning please"),
    ("Do you open on Saturdays?", "hello, do you open Saturday?"),
    ("Where is the shop?", "Hey, where is your shop?"),
    ("Combien coûte un détartrage ?", "Bonjour, quel est le prix du détartrage svp ?"),
    ("Vous ouvrez le samedi ?", "Est-ce que vous ouvrez le samedi, s'il vous plaît ?"),
    ("¿Cuánto cuesta la limpieza?", "Hola, ¿cuál es el precio de la limpieza, por favor?"),
    ("¿Abren los sábados?", "Buenos días, ¿abre el sábado?"),
]
OTHERS = [
    ("Abre sábado?", "Abre domingo?"),
    ("Quanto custa a limpeza?", "Quanto não custa a limpeza?"),
    ("Quanto custa a limpeza?", "Quanto custa a limpeza de pele?"),
    ("Quanto custa a porta?", "Quanto custa o porto?"),
    ("Qual o preço de 2 kg?", "Qual o preço de 3 kg?"),
    ("Quanto custa o curso?", "Quando começa o curso?"),
    ("Tem ônibus de Santos para Recife?", "Tem ônibus de Recife para Santos?"),
    ("Tem ônibus de Santos a Recife?", "Tem ônibus a Santos de Recife?"),
    ("Tem bolo com açúcar?", "Tem bolo sem açúcar?"),
    ("Atendem antes das 8?", "Atendem depois das 8?"),
    ("Tem vitamina A?", "Tem vitamina E?"),
    ("Aceitam o plano A?", "Aceitam plano?"),
    ("Tem médico?", "Tem médica?"),
    ("Qual o preço mínimo?", "Qual o preço máximo?"),
    ("Fazem 50% de desconto?", "Fazem 50 de desconto?"),
    ("How do I turn on the heating?", "How do I turn off the heating?"),
    ("Do you open on Saturday?", "Do you open on Sunday?"),
    ("Do you open on Saturday?", "Don't you open on Saturday?"),
    ("Does Ana treat Rex?", "Does Rex treat Ana?"),
    ("What is the new price?", "What is the news price?"),
    ("Do you teach C++?", "Do you teach C#?"),
    ("Is it $ 5?", "Is it € 5?"),
    ("When is the check in?", "When is the check out?"),
    ("Do you ship to the US?", "Do you ship to the UK?"),
    ("C'est ouvert le samedi ?", "Ce n'est pas ouvert le samedi ?"),
    ("Combien coûte un détartrage ?", "Combien coûte un blanchiment ?"),
    ("Livrez-vous avant midi ?", "Livrez-vous après midi ?"),
    ("¿Abren los lunes?", "¿No abren los lunes?"),
    ("¿Cuánto cuesta la limpieza?", "¿Cuánto dura la limpieza?"),
    ("¿Tienen sopa con gluten?", "¿Tienen sopa sin gluten?"),
    ("Quanto custa pilates?", "¿Cuánto cuesta pilates?"),
]
NOBODY_ELSES = [
    "Abre hoje?",
    "Onde está meu pedido?",
    "Quanto custa esta semana?",
    "CPF 123.456.789-09 tem cadastro?",
    "Write to ana@example.com?",
    "Are you open now?",
    "Where is my order?",
    "C'est ouvert ce soir ?",
    "¿Abren mañana?",
    "A " * 151,
    "👍",
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=[one for _, one in SAME])
def test_what_says_the_same_means_the_same(one: str, other: str) -> None:
    first, second = read_meaning(one), read_meaning(other)

    assert first is not None
    assert second is not None
    assert first.told in (second.told, *second.elsewise)


@pytest.mark.parametrize(("one", "other"), OTHERS, ids=[other for _, other in OTHERS])
def test_what_differs_by_a_word_that_counts_does_not_even_by_vectors(one: str, other: str) -> None:
    first, second = read_meaning(one), read_meaning(other)

    assert first is not None
    assert second is not None
    assert first.told not in (second.told, *second.elsewise)
    assert second.told not in (first.told, *first.elsewise)
    assert first.about != second.about


@pytest.mark.parametrize("message", NOBODY_ELSES)
def test_what_depends_on_who_asks_or_when_means_nothing_for_others(message: str) -> None:
    assert read_meaning(message) is None


def test_a_language_that_is_set_is_taken_for_granted() -> None:
    known, told = read_meaning("abre sábado?", "pt"), read_meaning("Vocês abrem no sábado?")

    assert known is not None
    assert told is not None
    assert known.told == told.told
    assert known.elsewise == ()


def test_small_words_and_irregular_forms_may_differ_only_where_vectors_tell() -> None:
    one, other = read_meaning("Is there payment by card here?"), read_meaning("Is it paid by card?")

    assert one is not None
    assert other is not None
    assert one.told != other.told
    assert one.about == other.about
