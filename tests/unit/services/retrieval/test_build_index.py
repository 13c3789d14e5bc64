from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from models.documents import DocumentType
from services.retrieval.build_index import MOST_SEGMENTS, BuildIndex
from services.retrieval.lexical_index import LexicalIndex, QueryWord
from tests.servers.remembered_knowledge import RememberedKnowledge, document


def _texts(index: LexicalIndex, *words: str) -> set[str]:
    scores = index.search([QueryWord(word) for word in words]).scores
    return {index.chunk_id(row) for row in range(index.rows) if scores[row] > 0.3}


def test_only_new_documents_are_read_for_the_next_version() -> None:
    knowledge = RememberedKnowledge()
    knowledge.put(document("d1", ["gato"]), document("d2", ["cachorro", "papagaio"]))
    builder = BuildIndex(knowledge)
    first = builder.build("a1", DocumentType.RAG, None)
    knowledge.put(document("d3", ["tartaruga"]))
    knowledge.put(document("d1", ["girafa"], version=2))
    second = builder.build("a1", DocumentType.RAG, first)
    assert [sorted(one) for one in knowledge.reads] == [["d1", "d2"], ["d1", "d3"]]
    assert (first.version, second.version) == (1, 3)
    assert _texts(second, "girafa", "tartaruga") == {"d1:2:0", "d3:1:0"}
    assert _texts(second, "gato") == set()
    assert _texts(first, "gato") == {"d1:1:0"}


def test_nothing_is_read_for_documents_that_only_went() -> None:
    knowledge = RememberedKnowledge()
    knowledge.put(document("d1", ["gato"]), document("d2", ["cachorro"]))
    builder = BuildIndex(knowledge)
    first = builder.build("a1", DocumentType.RAG, None)
    knowledge.drop("d1")
    second = builder.build("a1", DocumentType.RAG, first)
    assert len(knowledge.reads) == 1
    assert second.chunks == 1
    knowledge.drop("d2")
    third = builder.build("a1", DocumentType.RAG, second)
    assert (third.chunks, third.segments) == (0, ())


def test_a_document_replaced_while_it_is_read_is_read_again() -> None:
    knowledge = RememberedKnowledge()
    knowledge.put(document("d1", ["gato", "gata"]), document("d2", ["cachorro"]))

    def replace_now() -> None:
        knowledge.before_chunks = lambda: None
        knowledge.put(document("d1", ["girafa"], version=2))

    knowledge.before_chunks = replace_now
    index = BuildIndex(knowledge).build("a1", DocumentType.RAG, None)
    assert index.version == knowledge.version
    assert _texts(index, "girafa", "cachorro") == {"d1:2:0", "d2:1:0"}


def test_records_that_never_agree_still_give_what_there_is() -> None:
    knowledge = RememberedKnowledge()
    held, chunks = document("d1", ["gato", "gata"])
    knowledge.put((replace(held, chunks=5), chunks), document("d2", ["cachorro"]))
    index = BuildIndex(knowledge).build("a1", DocumentType.RAG, None)
    assert len(knowledge.reads) == 3
    assert index.chunks == 3


def test_chunks_of_another_assistant_or_version_never_come_in() -> None:
    knowledge = RememberedKnowledge()
    held, chunks = document("d1", ["gato", "cachorro"])
    knowledge.put((replace(held, chunks=1), [chunks[0], replace(chunks[1], assistant_id="a2")]))
    knowledge.chunks["d1:7:0"] = replace(chunks[1], id="d1:7:0", version=7)
    index = BuildIndex(knowledge).build("a1", DocumentType.RAG, None)
    assert index.chunks == 1
    assert index.row_of("d1:1:1") is None


def test_knowledge_and_prompt_are_apart() -> None:
    knowledge = RememberedKnowledge()
    knowledge.put(
        document("d1", ["gato"]), document("p1", ["Seja gentil"], document_type=DocumentType.PROMPT)
    )
    builder = BuildIndex(knowledge)
    assert list(builder.build("a1", DocumentType.RAG, None).documents) == ["d1"]
    assert list(builder.build("a1", DocumentType.PROMPT, None).documents) == ["p1"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=1, max_size=25))
def test_any_history_of_changes_ends_in_the_index_of_what_is_there(changes: list[tuple[int, int]]) -> None:
    knowledge = RememberedKnowledge()
    builder = BuildIndex(knowledge)
    index: LexicalIndex | None = None
    for version, (number, size) in enumerate(changes, 1):
        if size:
            texts = [f"comum unico{number}x{version}x{n}" for n in range(size * 3)]
            knowledge.put(document(f"d{number}", texts, version=version))
        else:
            knowledge.drop(f"d{number}")
        index = builder.build("a1", DocumentType.RAG, index)
        assert len(index.segments) <= MOST_SEGMENTS
        assert sum(segment.rows for segment in index.segments) <= 2 * index.chunks
    assert index is not None
    assert _texts(index, "comum") | _texts(index, *(f"unico{n}" for n in range(10))) <= set(knowledge.chunks)
    assert {
        index.chunk_id(row) for row in range(index.rows) if index.row_of(index.chunk_id(row)) == row
    } == set(knowledge.chunks)
