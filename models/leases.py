"""Who holds what, among processes that share one set of records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lease:
    """``holder`` alone may do what ``name`` names, until then; ``tries`` counts what came to nothing before."""

    name: str
    holder: str
    until: datetime
    tries: int = 0


@dataclass(frozen=True)
class SharedInstallation:
    """What every process of one installation must find the same.

    ``id`` is also in its documents' folder; ``key_check`` can only be computed with its ENCRYPTION_KEY.
    """

    id: str
    key_check: str
