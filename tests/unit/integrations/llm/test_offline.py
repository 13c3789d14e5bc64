from __future__ import annotations

import pytest

from integrations.llm.offline import OfflineModel, answer_from
from models.completions import Completion, CompletionRequest, PromptMessage
from models.documents import Passage

PRICES = Passage(
    "c1",
    "d1",
    "precos.md",
    "Preços",
    ("Limpeza",),
    None,
    "Procedimento: Limpeza; Valor: R$ 180,00\nProcedimento: Canal; Valor: R$ 900,00\nCancelar é sem custo.",
    0.9,
)
CONTACT = Passage(
    "c2",
    "d2",
    "contato.md",
    "Contato",
    (),
    None,
    "A Dra. Souza atende às terças. Canal: Plantão; Número: (00) 95555-0199. Abrimos às 8h.",
    0.5,
)


def asked(question: str, *passages: Passage, **more: object) -> CompletionRequest:
    messages = (PromptMessage("user", question),)
    values = {"question": question, "passages": passages, "enough": True, "language": "pt", **more}
    return CompletionRequest(messages, "offline", **values)  # type: ignore[arg-type]  # values of several types


def test_the_sentence_that_answers_is_quoted_with_its_number() -> None:
    answer = answer_from(asked("oi, quanto custa a limpeza?", CONTACT, PRICES))

    assert answer.splitlines()[0] == "Procedimento: Limpeza; Valor: R$ 180,00 [2]"
    assert "sem custo" not in answer
    assert "Nenhum modelo de linguagem" in answer.splitlines()[-1]


def test_abbreviations_and_brackets_do_not_cut_a_sentence() -> None:
    assert "A Dra. Souza atende às terças. [1]" in answer_from(asked("quando a Dra. Souza atende?", CONTACT))
    assert "(00) 95555-0199" in answer_from(asked("qual o telefone do plantão?", CONTACT))


def test_it_keeps_to_the_language_that_was_written_before() -> None:
    said = (("user", "Quanto custa uma limpeza?"), ("assistant", "180."), ("user", "Bia"))
    messages = tuple(PromptMessage(*one) for one in said)
    alone = CompletionRequest(messages, "offline", question="Bia", passages=(), language="auto")
    assert "documentos" in answer_from(alone)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("A que horas abre a piscina?", "Não encontrei"),
        ("What time does the pool open?", "I did not find"),
        ("À quelle heure ouvre la piscine ?", "Je n'ai pas trouvé"),
        ("¿A qué hora abre la piscina?", "No encontré"),
    ],
)
def test_without_evidence_it_says_so_in_the_language_of_the_question(question: str, words: str) -> None:
    assert words in answer_from(asked(question, PRICES, enough=False, language="auto"))


def test_the_assistants_own_words_for_no_answer_come_first() -> None:
    request = asked("piscina?", PRICES, enough=False, no_answer="Chame a recepção.")
    assert answer_from(request) == "Chame a recepção."
    assert answer_from(asked("piscina?", no_answer="Chame a recepção.")) == "Chame a recepção."


def test_without_documents_it_is_polite() -> None:
    assert "documentos" in answer_from(asked("abre domingo?"))


def test_a_stream_is_the_answer_in_pieces_and_at_last_the_whole() -> None:
    request = asked("quanto custa a limpeza?", PRICES)
    *texts, last = OfflineModel().stream(request, 5.0)

    assert isinstance(last, Completion)
    assert "".join(str(text) for text in texts) == last.text == OfflineModel().complete(request, 5.0).text
    assert last.tokens.estimated
    assert last.tokens.output > 0


WRAPPED = Passage(
    "c3",
    "d3",
    "politica.md",
    "",
    (),
    None,
    "Cancelamentos devem ser feitos com 24 horas de antecedência; depois disso é\n"
    "cobrada uma taxa de R$ 50,00.\n\n| Limpeza dental | R$ 180 |\n| Clareamento | R$ 900 |",
    0.9,
)


def test_a_sentence_over_two_lines_is_quoted_whole_and_rows_stay_apart() -> None:
    answer = answer_from(asked("qual a taxa de cancelamento?", WRAPPED))
    assert "depois disso é cobrada uma taxa de R$ 50,00. [1]\n" in answer
    assert answer_from(asked("quanto custa o clareamento?", WRAPPED)).startswith("Clareamento | R$ 900 [1]\n")


@pytest.mark.parametrize("question", ["quanto custa a linpeza?", "preço do clariamento", "LIMPESA dental"])
def test_a_mistyped_word_is_found(question: str) -> None:
    assert "R$" in answer_from(asked(question, WRAPPED)).splitlines()[0]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("tem estacionamneto?", "Há estacionamento na rua Pamplona."),
        ("vcs abrem domingo", "Aberto aos domingos."),
    ],
)
def test_long_words_mistyped_and_irregular_forms_are_quoted(question: str, quoted: str) -> None:
    text = "Há estacionamento na rua Pamplona. Aberto aos domingos."
    assert answer_from(asked(question, Passage("c", "d", "x.md", "", (), None, text, 0.9))).startswith(quoted)


def test_a_word_that_is_merely_alike_is_not_quoted() -> None:
    assert answer_from(asked("tem piscina?", WRAPPED)).startswith("Não encontrei")


def test_a_sentence_without_an_end_is_cut_between_words() -> None:
    endless = Passage("c4", "d4", "x.txt", "", (), None, "limpeza " + "palavra " * 200, 0.9)
    quote = answer_from(asked("limpeza?", endless)).splitlines()[0]
    assert quote.endswith("palavra… [1]")
    assert len(quote) < 420


def test_at_most_three_sentences_are_quoted() -> None:
    many = Passage("c5", "d5", "x.txt", "", (), None, "\n".join(f"Limpeza tipo {n}." for n in range(9)), 0.9)
    assert answer_from(asked("limpeza?", many)).count("[1]") == 3


def test_everyday_questions_are_answered_by_what_documents_say_instead() -> None:
    text = "Rua das Flores, 12, Centro. Cães são bem-vindos na varanda. Servimos bolos."
    place = Passage("c3", "d3", "casa.md", "Casa", (), None, text, 0.9)

    assert answer_from(asked("aceita cachorro?", place)).startswith("Cães são bem-vindos na varanda. [1]")
    assert answer_from(asked("onde fica?", place)).startswith("Rua das Flores, 12, Centro. [1]")


@pytest.mark.parametrize("question", ["and on Sunday?", "et le dimanche ?", "¿y el domingo?"])
def test_a_day_is_quoted_whatever_language_it_is_asked_in(question: str) -> None:
    hours = Passage("c", "d", "x.md", "", (), None, "Sábado das 9h às 13h.\nDomingo fechado.", 0.9)
    assert answer_from(asked(question, hours, language="")).startswith("Domingo fechado. [1]")


def test_many_words_of_one_everyday_matter_count_as_one() -> None:
    hours = Passage(
        "c3",
        "d3",
        "horarios.md",
        "Horários",
        (),
        None,
        "Dia: Segunda a sexta; Abre: 8h; Fecha: 19h; Último horário para consulta: 18h\n"
        "Dia: Sábado; Abre: 8h; Fecha: 13h; Último horário para consulta: 12h\n"
        "O horário de atendimento por telefone é o mesmo: das 8h, quando abre, às 19h, quando fecha.",
        0.9,
    )

    answer = answer_from(asked("oi, vcs abrem sabado? ate que horas", hours))

    assert answer.startswith("Dia: Sábado; Abre: 8h; Fecha: 13h")


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("oi", "Olá!"),
        ("Bom dia, tudo bem?", "Olá!"),
        ("obrigado!", "Certo!"),
        ("ok", "Certo!"),
        ("Muito obrigada, até logo", "Certo!"),
    ],
)
def test_who_asks_nothing_is_not_told_that_nothing_was_found(message: str, answer: str) -> None:
    assert answer_from(asked(message, PRICES, enough=False, no_answer="Não sei.")).startswith(answer)
