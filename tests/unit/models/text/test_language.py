from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.language import detect_language, main_language

SENTENCES = {
    "pt": """oi bom dia, queria saber se voces abrem domingo?
Quanto custa a limpeza de pele?
vcs aceitam cartao de credito
Qual o horário de funcionamento?
Onde fica a clínica?
preciso remarcar minha consulta
Boa tarde! Gostaria de agendar um exame de sangue
qual o valor da mensalidade
Posso trocar um produto sem nota fiscal?
não recebi meu pedido
quero falar com um atendente
Vocês atendem convênio Unimed?
Como faço para cancelar a assinatura
o prazo de devolução é de sete dias
obrigado
Tem wifi?
nao consigo entrar na minha conta
A oficina fecha para o almoço entre meio-dia e uma e meia.
Crianças menores de cinco anos não pagam ingresso.
o tecnico vem amanha de manha?""",
    "en": """hi, what time do you open on Sunday?
How much is a haircut?
Do you accept credit cards?
where are you located
can I cancel my appointment
Is there parking nearby?
I have not received my order
what about Saturday?
I would like to speak to a person
opening hours
shipping cost
Do I need to bring my ID?
refund policy
my package is late
Which plans include support?
thanks
How long does delivery take?
Can I change the size of the shirt?
is breakfast included
The workshop closes for lunch between noon and half past one.""",
    "fr": """bonjour, êtes-vous ouvert le dimanche ?
Combien coûte une coupe de cheveux ?
Acceptez-vous la carte bancaire ?
où se trouve le magasin
puis-je annuler mon rendez-vous
je n'ai pas reçu ma commande
et le samedi ?
Je voudrais parler à un conseiller
horaires d'ouverture
frais de livraison
Dois-je apporter une pièce d'identité ?
politique de remboursement
mon colis est en retard
Quelles formules comprennent l'assistance ?
merci
Quel est le délai de livraison ?
Puis-je changer la taille de la chemise ?
le petit déjeuner est-il compris
quels documents faut-il
L'atelier ferme pour le déjeuner entre midi et une heure et demie.""",
    "es": """hola, ¿abren los domingos?
¿Cuánto cuesta un corte de pelo?
aceptan tarjeta de credito
donde estan ubicados
¿puedo cancelar mi cita?
¿Hay estacionamiento cerca?
no he recibido mi pedido
¿y el sábado?
Quisiera hablar con una persona
gastos de envío
¿Tengo que llevar mi documento?
política de devoluciones
mi paquete llega tarde
¿Qué planes incluyen soporte?
gracias
¿Cuánto tarda la entrega?
¿Puedo cambiar la talla de la camisa?
el desayuno esta incluido
que documentos necesito
El taller cierra para almorzar entre las doce y la una y media.""",
}


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_short_sentences_are_told_apart(language: str) -> None:
    sentences = SENTENCES[language].splitlines()
    assert len(sentences) == 20
    wrong = [(sentence, found) for sentence in sentences if (found := detect_language(sentence)) != language]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "R$ 20,00",
        "ok",
        "iPhone 12 Pro Max",
        "Wo ist der Bahnhof bitte?",
        "Привет, как дела?",
        "日本語のテキスト",
    ],
)
def test_what_is_in_none_of_them_is_left_open(text: str) -> None:
    assert detect_language(text) == ""


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert detect_language(text) in {"pt", "en", "fr", "es", ""}


def test_the_main_language_is_the_most_frequent() -> None:
    assert main_language(["pt", "", "", "", "en", "pt"]) == "pt"
    assert main_language(["", ""]) == ""
