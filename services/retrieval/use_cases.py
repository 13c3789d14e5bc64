"""What the doors can ask of retrieval."""

from __future__ import annotations

from dataclasses import dataclass

from services.retrieval.search_passages import SearchPassages


@dataclass(frozen=True)
class RetrievalUseCases:
    """Passages for questions."""

    search_passages: SearchPassages
