"""The secrets of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.crypto import check_secret, load_or_make_secret
from kit.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """The secrets of an installation: as set, or made at the first start and kept in the data directory."""

    jwt: str
    encryption: str
    setup_token: str

    @classmethod
    def of(cls, settings: Settings) -> Secrets:
        """Read or make them; ``SettingsError`` for one that protects nothing."""
        kept = settings.data_dir / "secrets"
        return cls(
            jwt=_secret("JWT_SECRET_KEY", settings.jwt_secret_key, kept / "jwt_secret_key"),
            encryption=_secret("ENCRYPTION_KEY", settings.encryption_key, kept / "encryption_key"),
            setup_token=load_or_make_secret(kept / "setup_token"),
        )


def _secret(name: str, value: str, path: Path) -> str:
    return check_secret(name, value) if value else load_or_make_secret(path)
