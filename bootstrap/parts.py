"""What the capabilities are built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bootstrap.records import Repositories
from bootstrap.secrets import Secrets
from integrations.embeddings.base import Embedder
from integrations.parsing.base import Parser
from integrations.rerank.base import Reranker
from integrations.vectorstores.base import VectorStore
from kit.settings import Settings
from kit.workplaces import Workplaces
from models.assistants import Assistant
from models.documents import Document
from models.golden import GoldenRun


@dataclass(frozen=True)
class Parts:
    """What ``build_house`` puts together; tests hand in fakes."""

    settings: Settings
    secrets: Secrets
    repositories: Repositories
    vectors: VectorStore
    embedder: Embedder
    parser: Parser
    index_soon: Callable[[Document], None]
    run_golden_soon: Callable[[GoldenRun], None]
    summarise_soon: Callable[[Assistant, str], None]
    check_records: Callable[[], None]
    workplaces: Workplaces
    deliver_soon: Callable[[str], None] = lambda _: None  # the next look finds it
    generate_soon: Callable[[str], int] = lambda _: 0  # the same
    draw_soon: Callable[[str], None] = lambda _: None  # the next start finds it
    push_soon: Callable[[], None] = lambda: None  # the next look finds it
    reranker: Reranker | None = None
    check_jobs: Callable[[], None] | None = None
