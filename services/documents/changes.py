"""What an assistant's ``changing`` names.

A document comes into answers, and leaves them, by one write on its record; a second one moves the assistant's
``knowledge_version``. A search between the two must not trust that version: so the change is named on the
assistant before the first write, and struck out by the second.
"""

from __future__ import annotations


def ready(document_id: str) -> str:
    """A document is being put into answers."""
    return f"ready:{document_id}"


def gone(document_id: str) -> str:
    """A document is being taken out of answers."""
    return f"gone:{document_id}"


def is_gone(change: str) -> bool:
    """Whether a change takes a document out of answers."""
    return change.startswith(gone(""))
