from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from integrations.embeddings.base import Vectors
from integrations.embeddings.hashed import HashedEmbedder
from kit.errors import Unavailable
from models.assistants import Language
from models.documents import DocumentType, SearchResult
from services.retrieval.knowledge import collection_name, collection_owner
from services.retrieval.search_passages import LONGEST_PASSAGE, SearchPassages
from tests.made import OneEmbedder
from tests.servers.remembered_knowledge import RememberedKnowledge, document
from tests.vectors import VectorsInMemory

CLINIC = [
    "A clínica abre de segunda a sexta, das 8h às 18h, e aos sábados das 8h às 12h. Não abrimos aos domingos.",
    "Aceitamos cartão de crédito, débito, dinheiro e Pix. Parcelamos em até seis vezes sem juros.",
    "A limpeza de pele custa R$ 180,00 e dura uma hora.",
    "Para remarcar uma consulta, avise com 24 horas de antecedência pelo telefone (13) 3222-1000.",
]


class Watched(VectorsInMemory):
    """Notes which collections are asked; ``away`` cannot be reached."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked: list[str] = []

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        self.asked.append(collection)
        if self.away:
            raise Unavailable
        return super().query(collection, vector, limit)


class OneDirection:
    """An embedder that finds every text alike, and trusts itself."""

    name, dimensions, weight = "one", 2, 0.9

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1.0, 0.0]] * len(texts), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        row: Vectors = self.embed([text])[0]
        return row


class House:
    """A search with everything around it."""

    def __init__(self, embedder: HashedEmbedder | OneDirection | None = None) -> None:
        self.knowledge = RememberedKnowledge()
        self.vectors = Watched()
        self.embedder = embedder or HashedEmbedder(64)
        self.passages = SearchPassages(
            knowledge=self.knowledge, embedders=OneEmbedder(self.embedder), vectors=self.vectors
        )

    def index(self, document_id: str, document_type: DocumentType = DocumentType.RAG) -> None:
        chunks = [one for one in self.knowledge.chunks.values() if one.document_id == document_id]
        name = collection_name("a1", document_type, self.embedder.name)
        self.vectors.add(name, [one.id for one in chunks], self.embedder.embed([one.text for one in chunks]))

    def ask(self, question: str, top_k: int = 3, history: Sequence[str] = ()) -> SearchResult:
        return self.passages.search(self.knowledge.assistant(), question, top_k, history)


@pytest.fixture
def house() -> House:
    made = House()
    made.knowledge.put(document("d1", CLINIC, title="Informações da clínica", filename="clinica.md"))
    made.index("d1")
    return made


@pytest.mark.parametrize(
    ("question", "n"),
    [
        ("oi bom dia, queria saber se voces abrem domingo?", 0),
        ("aceitan cartao de credto?", 1),
        ("qual o preço da limpeza de pele", 2),
        ("como faço pra remarcar minha consulta", 3),
        ("3222-1000", 3),
    ],
)
def test_a_chat_message_finds_its_passage_with_evidence(house: House, question: str, n: int) -> None:
    found = house.ask(question)
    assert found.passages[0].chunk_id == f"d1:1:{n}"
    assert found.passages[0].text == CLINIC[n]
    assert found.passages[0].filename == "clinica.md"
    assert found.passages[0].title == "Informações da clínica"
    assert found.enough


@pytest.mark.parametrize(
    "question",
    [
        "quanto custa um clareamento?",
        "qnto sai o clareamento",
        "qual o valor do clareamento?",
        "combien coûte un clareamento ?",
        "cuánto cuesta el clareamento?",
        "how much does a clareamento cost?",
    ],
)
def test_a_price_list_answers_however_a_price_is_asked_for(house: House, question: str) -> None:
    prices = "Procedimento: Canal; Preço: R$ 780,00\nProcedimento: Clareamento; Preço: R$ 950,00"
    house.knowledge.put(document("d2", [prices, "A avaliação não custa nada."], filename="precos.csv"))
    found = house.ask(question)
    assert found.passages[0].chunk_id == "d2:1:0"
    assert found.enough


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("Abrimos de segunda a sábado. Não abrimos aos domingos e feriados.", "vcs abrem domingo?"),
        ("Aberto aos domingos até as 13h.", "voces abrem domingo?"),
        ("Nous sommes ouverts le dimanche matin.", "vous ouvrez le dimanche ?"),
        ("Cerramos los domingos por la tarde.", "¿cierran el domingo?"),
        ("Ada Lovelace wrote the first program.", "who writes programs"),
    ],
)
def test_irregular_forms_of_a_word_are_one(said: str, question: str) -> None:
    house = House()
    house.knowledge.put(document("d2", ["O telhado é vermelho.", said, "Le café est bon."], filename="x.md"))
    found = house.ask(question)
    assert found.passages[0].chunk_id == "d2:1:1"
    assert found.enough


def test_what_somebody_wants_to_do_counts_less_than_what_with() -> None:
    house = House()
    house.knowledge.put(document("d1", ["Dogs are welcome.", "Breakfast is at 7.", "The bar is open."]))
    assert house.ask("can I bring dogs?").enough
    assert not house.ask("can I bring my skis?").enough


def test_a_price_that_the_list_does_not_have_is_not_enough(house: House) -> None:
    assert not house.ask("quanto custa um transplante capilar?").enough


@pytest.mark.parametrize(
    "question", ["Quem ganhou a copa do mundo de 1970?", "oi", "👍", "", "qual a cotação do dólar"]
)
def test_what_the_documents_do_not_say_is_not_enough(house: House, question: str) -> None:
    assert not house.ask(question).enough


def test_scores_fall_from_one_at_most_to_zero_at_least(house: House) -> None:
    scores = [one.score for one in house.ask("limpeza de pele com cartão na clínica", 4).passages]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= one <= 1 for one in scores)
    assert len(scores) >= 3


def test_at_most_top_k_and_none_for_none(house: House) -> None:
    assert len(house.ask("clínica", 2).passages) == 2
    assert house.ask("clínica", 0).passages == ()
    assert House().ask("clínica") == SearchResult()


def test_stale_orphaned_and_foreign_vectors_are_ignored(house: House) -> None:
    name = collection_name("a1", DocumentType.RAG, house.embedder.name)
    strange = ["d1:0:0", "d1:1:99", "d9:1:0", "d7:1:0", "sentinel:0", "", "d1:1:x"]
    question = house.embedder.embed(["limpeza de pele"])
    house.vectors.add(name, strange, np.repeat(question, len(strange), axis=0))
    other, chunks = document("d7", ["A limpeza de pele da outra clínica."], assistant_id="a2")
    house.knowledge.put((other, chunks))
    found = house.ask("limpeza de pele", 10)
    assert {one.chunk_id for one in found.passages} <= {f"d1:1:{n}" for n in range(4)}
    assert found.passages[0].chunk_id == "d1:1:2"


def test_records_that_hand_out_a_foreign_chunk_are_not_believed(house: House) -> None:
    house.knowledge.chunks["d1:1:2"] = replace(house.knowledge.chunks["d1:1:2"], assistant_id="a2")
    handed_out = house.knowledge.chunks
    house.knowledge.chunks_by_ids = lambda assistant_id, ids: [  # type: ignore[method-assign]  # the fake's own
        handed_out[one] for one in ids if assistant_id
    ]
    assert "d1:1:2" not in {one.chunk_id for one in house.ask("limpeza de pele", 10).passages}


def test_a_document_replaced_between_search_and_reading_is_searched_anew(house: House) -> None:
    def replace_now() -> None:
        house.knowledge.before_texts = lambda: None
        house.knowledge.put(document("d1", ["Agora a limpeza de pele custa R$ 200,00."], version=2))

    house.ask("limpeza de pele")
    house.knowledge.before_texts = replace_now
    found = house.passages.search(replace(house.knowledge.assistant()), "limpeza de pele", 3)
    assert [one.chunk_id for one in found.passages] == ["d1:2:0"]
    assert found.enough


def test_a_document_that_keeps_changing_gives_what_is_there(house: House) -> None:
    def drop_now() -> None:
        house.knowledge.chunks.pop("d1:1:2", None)

    house.knowledge.before_texts = drop_now
    found = house.ask("limpeza de pele cartão consulta", 4)
    assert "d1:1:2" not in {one.chunk_id for one in found.passages}
    assert len(found.passages) >= 2


def test_a_search_at_a_version_never_uses_an_older_index(house: House) -> None:
    before = house.knowledge.assistant()
    old = house.passages.search(before, "estacionamento", 3)
    house.knowledge.put(document("d2", ["O estacionamento é gratuito."]))
    assert house.passages.search(before, "estacionamento", 3) == old
    assert house.ask("estacionamento").passages[0].chunk_id == "d2:1:0"
    house.knowledge.drop("d2")
    assert house.ask("estacionamento") == old


def test_without_the_vector_store_the_words_still_find(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.vectors.away = True
    found = house.ask("limpeza de pele secreta")
    assert found.passages[0].chunk_id == "d1:1:2"
    said = capsys.readouterr()
    assert "secreta" not in said.out + said.err


def test_a_passage_that_only_the_vectors_find_comes_too() -> None:
    house = House(OneDirection())
    house.knowledge.put(document("d1", CLINIC))
    house.index("d1")
    found = house.ask("xyzzy", 4)
    assert len(found.passages) == 4
    assert not found.enough


def test_near_duplicates_are_left_out_and_made_up_for(house: House) -> None:
    texts = [f"{CLINIC[2]}{'!' * n}" for n in range(9)]
    house.knowledge.put(document("d2", texts), document("d3", ["Limpeza de vidros não fazemos."]))
    found = house.ask("limpeza de pele", 2)
    assert len(found.passages) == 2
    assert found.passages[0].text.startswith("A limpeza de pele")
    assert found.passages[1].chunk_id == "d3:1:0"


def test_a_long_chunk_is_cut(house: House) -> None:
    house.knowledge.put(document("d2", ["estacionamento " * 1_000]))
    assert len(house.ask("estacionamento").passages[0].text) == LONGEST_PASSAGE


def test_the_prompt_is_searched_apart(house: House) -> None:
    texts = ["Sobre estacionamento diga que é gratuito.", "Sobre preços seja breve."]
    house.knowledge.put(document("p1", texts, document_type=DocumentType.PROMPT))
    assert {one.document_id for one in house.ask("estacionamento").passages} <= {"d1"}
    found = house.passages.search(
        house.knowledge.assistant(), "tem estacionamento?", 1, document_type=DocumentType.PROMPT
    )
    assert [one.chunk_id for one in found.passages] == ["p1:1:0"]
    assert house.vectors.asked[-1] == collection_name("a1", DocumentType.PROMPT, house.embedder.name)


def test_the_set_language_is_used(house: House) -> None:
    in_english = replace(house.knowledge.assistant().settings, language=Language.EN)
    assistant = replace(house.knowledge.assistant(), settings=in_english)
    assert house.passages.search(assistant, "limpeza", 1).passages[0].chunk_id == "d1:1:2"


def test_a_follow_up_finds_with_the_question_before(house: House) -> None:
    house.knowledge.put(
        document("d2", ["Aos sábados há coleta de lixo reciclável.", "O sábado é dia de feira."])
    )
    assert house.ask("e no sábado?", 1, ["A que horas a clínica abre?"]).passages[0].chunk_id == "d1:1:0"


def test_many_threads_search_while_documents_change(house: House) -> None:
    def search() -> None:
        for _ in range(30):
            found = house.ask("limpeza de pele")
            assert len({one.chunk_id.split(":")[1] for one in found.passages}) <= 1
            assert found.passages

    def change() -> None:
        for version in range(2, 20):
            house.knowledge.put(document("d1", [f"{one} {version}" for one in CLINIC], version=version))

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(one) for one in (search, search, search, change)]
    for one in running:
        one.result()


def test_collection_names_tell_assistants_types_and_embedders_apart() -> None:
    names = {
        collection_name(one, kind, embedder)
        for one in ("a" * 24, "b" * 24)
        for kind in DocumentType
        for embedder in ("hashed-1024-1", "openai:text-embedding-3-small")
    }
    assert len(names) == 8
    assert {collection_owner(name) for name in names} == {"a" * 24, "b" * 24}


@pytest.mark.parametrize(
    "message", ["oi", "Bom dia, tudo bem?", "obrigado!", "ok", "merci", "gracias", "thanks", "👍"]
)
def test_a_message_that_asks_nothing_is_not_searched_for(house: House, message: str) -> None:
    found = house.ask(message, history=["Quanto custa a limpeza de pele?"])

    assert found == SearchResult(asked=False, language="pt")
    assert house.vectors.asked == []


def test_a_yes_to_what_was_asked_back_is_searched_for_with_what_was_asked_before(house: House) -> None:
    before = ["Quanto custa a limpeza de pele?", "obrigado"]
    found = house.passages.search(
        house.knowledge.assistant(), "sim", 3, before, last_answer="De nada! Quer agendar a limpeza?"
    )

    assert found.asked
    assert found.passages[0].text == CLINIC[2]


@pytest.mark.parametrize("language", [Language.AUTO, Language.PT])
@pytest.mark.parametrize(
    ("first", "follow_up", "n"),
    [
        ("Do you open on Saturday?", "and on Sunday?", 0),
        ("Ouvrez-vous le samedi ?", "et le dimanche ?", 0),
        ("¿Abren los sábados?", "¿y los domingos?", 0),
        ("Do you accept cards?", "and cash?", 1),
        ("Acceptez-vous la carte ?", "et les espèces ?", 1),
        ("How can I reschedule?", "what is the phone number?", 3),
    ],
)
def test_questions_in_another_language_than_the_documents_are_found(
    house: House, first: str, follow_up: str, n: int, language: Language
) -> None:
    assistant = house.knowledge.assistant()
    settings = replace(assistant.settings, language=language)

    found = house.passages.search(replace(assistant, settings=settings), follow_up, 3, [first])

    assert found.passages[0].text == CLINIC[n]
    assert found.enough


@pytest.mark.parametrize("message", ["oi, quanto custa a limpeza de pele?", "obrigado! e a limpeza de pele?"])
def test_a_greeting_or_thanks_that_asks_too_is_searched_for(house: House, message: str) -> None:
    found = house.ask(message)

    assert found.asked
    assert found.passages[0].text == CLINIC[2]
