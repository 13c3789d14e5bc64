"""How the use cases of upkeep are put together."""

from __future__ import annotations

from functools import partial

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from services.assistants.check_models import unpriced
from services.upkeep.check_files import CheckFiles
from services.upkeep.check_health import CheckHealth
from services.upkeep.check_knowledge import CheckKnowledge
from services.upkeep.check_prices import CheckPrices
from services.upkeep.keep_consistent import KeepConsistent
from services.upkeep.use_cases import UpkeepUseCases


def build(parts: Parts, shared: Shared) -> UpkeepUseCases:
    """What keeps the three stores in agreement, and says how they are."""
    records = parts.repositories
    return UpkeepUseCases(
        keep_consistent=KeepConsistent(
            assistants=records.assistants,
            documents=records.documents,
            chats=records.chats,
            files=shared.knowledge.files,
            vectors=parts.vectors,
            delete_assistant=shared.delete_assistant,
            check_knowledge=CheckKnowledge(
                documents=records.documents,
                chunks=records.chunks,
                faq=records.faq,
                write_entry=shared.knowledge.write_entry,
                embedders=shared.knowledge.embedders,
                vectors=parts.vectors,
                purge=shared.knowledge.purge,
                reindex=shared.knowledge.reindex,
            ),
            check_prices=CheckPrices(
                assistants=records.assistants, unpriced=partial(unpriced, shared.metered.models.catalogue)
            ),
            check_files=CheckFiles(
                documents=records.documents, files=shared.knowledge.files, places=shared.knowledge.places
            ),
        ),
        check_health=CheckHealth(
            {
                "records": parts.check_records,
                "vectors": parts.vectors.ping,
                **({"jobs": parts.check_jobs} if parts.check_jobs else {}),
            }
        ),
    )
