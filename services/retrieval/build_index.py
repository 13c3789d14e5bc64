"""Make an assistant's lexical index, or the next version of one, from the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kit.logging import get_logger
from models.documents import Chunk, Document, DocumentType
from services.retrieval.keep_segments import KeepSegments
from services.retrieval.knowledge import Knowledge, LiveDocuments
from services.retrieval.lexical_index import LexicalIndex
from services.retrieval.segment import Segment, build_segment, merge_segments

ATTEMPTS = 3  # when documents change while they are read
MOST_SEGMENTS = 6
WORTH_KEEPING = 0.1  # of the rows on disk: fewer new ones are read from the records after the next start
_log = get_logger("retrieval")


class BuildIndex:
    """Reads only what an older index lacks: one new document costs its own chunks, not the assistant's."""

    def __init__(self, knowledge: Knowledge, keep: KeepSegments | None = None) -> None:
        self._knowledge = knowledge
        self._keep = keep

    def build(
        self, assistant_id: str, document_type: DocumentType, older: LexicalIndex | None
    ) -> LexicalIndex:
        """The index of what is live now; documents that ``older`` holds already are taken over from it.

        Where there is none, from what is on disk.
        """
        kept = self._kept(assistant_id, document_type) if older is None else older.segments
        for attempt in range(ATTEMPTS):
            live = self._knowledge.live_documents(assistant_id, document_type)
            missing = _missing(live, kept)
            added = build_segment(missing, self._chunks(assistant_id, missing)) if missing else None
            incomplete = _incomplete(missing, added)
            if not incomplete:
                break
            _log.warning(
                "chunks_missing", assistant_id=assistant_id, documents=incomplete, attempt=attempt + 1
            )
        segments = tidied((*kept, added) if added is not None else kept, live)
        if self._keep is not None and live.documents:
            fresh = 0 if added is None else added.rows
            self._keep_on_disk(self._keep, (assistant_id, document_type), live, segments, fresh)
        return LexicalIndex(live.version, {one.id: one for one in live.documents}, segments)

    def _kept(self, assistant_id: str, document_type: DocumentType) -> tuple[Segment, ...]:
        return () if self._keep is None else self._keep.load(assistant_id, document_type)

    def _keep_on_disk(
        self,
        keep: KeepSegments,
        key: tuple[str, DocumentType],
        live: LiveDocuments,
        segments: Sequence[Segment],
        fresh: int,
    ) -> None:
        """Keep segments on disk when what lies there lacks much, and nothing of a document that is gone.

        Segments drop the words of such a document only when they are next merged: until then, or until the next
        start, nothing is kept.
        """
        wanted = {(one.id, one.live_version) for one in live.documents}
        if any((one.id, one.version) not in wanted for segment in segments for one in segment.documents):
            keep.drop(key[0])
        elif fresh > WORTH_KEEPING * sum(one.rows for one in segments) or not keep.has(*key):
            keep.save(*key, segments)
            if self._knowledge.live_documents(*key) != live:  # one may have gone meanwhile
                keep.drop(key[0])

    def _chunks(self, assistant_id: str, documents: Sequence[Document]) -> Iterator[Chunk]:
        for chunk in self._knowledge.chunks_of(assistant_id, documents):
            if chunk.assistant_id == assistant_id:  # the records see to it; an index must not depend on that
                yield chunk


def tidied(segments: Sequence[Segment], live: LiveDocuments) -> tuple[Segment, ...]:
    """The segments that hold something live, merged so that there are few and each much larger than the next.

    Merging costs as much as what is merged: with sizes that fall by half each chunk is merged only as often as
    the logarithm of their number.
    """
    wanted = {(one.id, one.live_version) for one in live.documents}
    by_size = sorted(
        ((_live_rows(one, wanted), one) for one in segments), key=lambda pair: pair[0], reverse=True
    )
    stack: list[tuple[int, Segment]] = []
    for rows, segment in by_size:
        if rows:
            stack.append((rows, segment))
        while len(stack) > 1 and (stack[-2][0] < 2 * stack[-1][0] or len(stack) > MOST_SEGMENTS):
            (upper, first), (lower, second) = stack[-2:]
            stack[-2:] = [(upper + lower, merge_segments([first, second], wanted))]
    return tuple(
        segment if 2 * rows >= segment.rows else merge_segments([segment], wanted) for rows, segment in stack
    )


def _live_rows(segment: Segment, wanted: set[tuple[str, int]]) -> int:
    return sum(one.rows for one in segment.documents if (one.id, one.version) in wanted)


def _missing(live: LiveDocuments, segments: Sequence[Segment]) -> list[Document]:
    """The live documents that no segment holds whole."""
    held = {(one.id, one.version): one.rows for segment in segments for one in segment.documents}
    return [one for one in live.documents if held.get((one.id, one.live_version)) is None]


def _incomplete(documents: Sequence[Document], segment: Segment | None) -> list[str]:
    """The ids of the documents of which fewer chunks were read than they have."""
    read = {} if segment is None else {one.id: one.rows for one in segment.documents}
    return [one.id for one in documents if read.get(one.id, 0) < one.chunks]
