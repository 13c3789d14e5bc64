"""Every setting, read once from the environment into one typed value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from kit.errors import SettingsError
from kit.logging import LEVELS

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> Path:
    return PROJECT_ROOT / Path(value.strip()).expanduser()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}")
        return number

    return read


def _price(value: str) -> float:
    try:
        price = float(value)
    except ValueError:
        price = -1.0
    if not 0 <= price <= 1e9:
        raise ValueError("must be a number from 0 on")
    return price


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        chosen = next((one for one in allowed if one.lower() == value.strip().lower()), None)
        if chosen is None:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return chosen

    return read


def _model(*kinds: str, bare: str = "", free: bool = False) -> Callable[[str], str]:
    """``<kind>:<name>``, or ``bare`` alone; with ``free`` any other name as well."""

    def read(value: str) -> str:
        kind, colon, name = (part.strip() for part in value.partition(":"))
        if colon and kind.lower() in kinds:
            if not name:
                raise ValueError(f"lacks what follows {kind.lower()}:")
            return f"{kind.lower()}:{name}"
        if value.strip().lower() == bare:
            return bare
        if not free:
            allowed = [bare, *(f"{one}:<{'folder' if one == 'local' else 'name'}>" for one in kinds)]
            raise ValueError(f"must be one of {', '.join(filter(None, allowed))}")
        return value.strip()

    return read


def _switch(value: str) -> bool:
    known = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if value.strip().lower() not in known:
        raise ValueError("must be true or false")
    return known[value.strip().lower()]


def _redis(value: str) -> str:
    url = value.strip()
    if not url.startswith(("redis://", "rediss://")):
        raise ValueError("must begin with redis:// or rediss://")
    return url


def _web(value: str) -> str:
    url = value.strip()
    try:
        found = urlsplit(url)
        fits = found.scheme in ("http", "https") and bool(found.hostname) and (found.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("must begin with http:// or https:// and name a host")
    return url


def _setting(env: str, default: Any, read: Callable[[str], Any], *, also: str = "") -> Any:
    return field(default=default, metadata={"env": env, "read": read, "also": also})


@dataclass(frozen=True)
class Settings:
    """The settings of one installation; every one has a default that works on one machine.

    Paths are absolute (relative ones count from the project's root). An empty string means unset.
    """

    host: str = _setting("HOST", "127.0.0.1", _text)
    port: int = _setting("PORT", 8080, _whole(0, 65535))
    public_url: str = _setting("PUBLIC_URL", "", _web)
    trusted_proxies: int = _setting("TRUSTED_PROXIES", 0, _whole(0, 10))
    threads: int = _setting("THREADS", 288, _whole(8, 2000))
    data_dir: Path = _setting("DATA_DIR", PROJECT_ROOT / "data", _path)
    documents_dir: Path = _setting("DOCUMENTS_DIR", PROJECT_ROOT / "documents", _path)
    mongo_uri: str = _setting("MONGO_URI", "", _text)
    mongo_db: str = _setting("MONGO_DB", "orquestra", _text)
    chroma_url: str = _setting("CHROMA_URL", "", _web)
    redis_url: str = _setting("REDIS_URL", "", _redis)
    celery_broker_url: str = _setting("CELERY_BROKER_URL", "", _redis)
    worker_lease_s: int = _setting("WORKER_LEASE_S", 30, _whole(3, 3600))
    jwt_secret_key: str = _setting("JWT_SECRET_KEY", "", _text)
    encryption_key: str = _setting("ENCRYPTION_KEY", "", _text)
    admin_key: str = _setting("ADMIN_KEY", "", _text)
    jwt_ttl_hours: int = _setting("JWT_TTL_HOURS", 12, _whole(1, 720))
    jwt_jwks_url: str = _setting("JWT_JWKS_URL", "", _web)
    jwt_issuer: str = _setting("JWT_ISSUER", "", _text)
    jwt_audience: str = _setting("JWT_AUDIENCE", "", _text)
    jwt_role_claim: str = _setting("JWT_ROLE_CLAIM", "", _text)
    jwt_admin_values: tuple[str, ...] = _setting("JWT_ADMIN_VALUES", ("admin",), _names)
    registration: str = _setting("REGISTRATION", "closed", _choice("closed", "open"))
    openai_api_key: str = _setting("OPENAI_API_KEY", "", _text)
    openai_base_url: str = _setting("OPENAI_BASE_URL", "", _web)
    llm_model: str = _setting("LLM_MODEL", "", _text, also="MODEL_NAME")
    llm_fallback_models: tuple[str, ...] = _setting("LLM_FALLBACK_MODELS", (), _names)
    llm_timeout_s: int = _setting("LLM_TIMEOUT_S", 120, _whole(1, 3600))
    llm_price_in: float | None = _setting("LLM_PRICE_IN", None, _price)
    llm_price_out: float | None = _setting("LLM_PRICE_OUT", None, _price)
    embedding_model: str = _setting(
        "EMBEDDING_MODEL", "hashed", _model("openai", "ollama", "local", bare="hashed")
    )
    models_file: Path | None = _setting("MODELS_FILE", None, _path)
    ollama_base_url: str = _setting("OLLAMA_BASE_URL", "http://127.0.0.1:11434", _web)
    rerank_url: str = _setting("RERANK_URL", "", _web)
    rerank_model: str = _setting("RERANK_MODEL", "", _model("local", free=True))
    rerank_api_key: str = _setting("RERANK_API_KEY", "", _text)
    image_gen_enabled: bool = _setting("IMAGE_GEN_ENABLED", default=True, read=_switch)
    image_model: str = _setting(
        "IMAGE_MODEL", "placeholder", _model("openai", "stability", bare="placeholder")
    )
    card_wait_s: int = _setting("CARD_WAIT_S", 20, _whole(0, 3600))
    image_base_url: str = _setting("IMAGE_BASE_URL", "", _web)
    image_api_key: str = _setting("IMAGE_API_KEY", "", _text)
    rate_limit: str = _setting("RATE_LIMIT", "600 per minute", _text)
    max_upload_mb: int = _setting("MAX_UPLOAD_MB", 25, _whole(1, 900))
    outbound_allow: tuple[str, ...] = _setting("OUTBOUND_ALLOW", (), _names)
    cors_origins: tuple[str, ...] = _setting("CORS_ORIGINS", (), _names)
    metrics_token: str = _setting("METRICS_TOKEN", "", _text)
    otel_exporter_otlp_endpoint: str = _setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", _web)
    log_retention_days: int = _setting("LOG_RETENTION_DAYS", 30, _whole(1, 3660))
    log_level: str = _setting("LOG_LEVEL", "INFO", _choice(*LEVELS))

    @classmethod
    def from_env(cls, environ: Mapping[str, str], env_file: Path | None = None) -> Settings:
        """Read ``environ`` over ``env_file`` (a ``.env``); ``SettingsError`` names what does not fit."""
        kept = dotenv_values(env_file) if env_file is not None and env_file.is_file() else {}
        # A variable that is set to nothing also says something: not what the file says.
        values = {name: text for name, text in {**kept, **environ}.items() if text and text.strip()}
        chosen: dict[str, Any] = {}
        for one in fields(cls):
            name = next((n for n in (one.metadata["env"], one.metadata["also"]) if n and n in values), None)
            if name is None:
                continue
            try:
                chosen[one.name] = one.metadata["read"](values[name])
            except ValueError as problem:
                raise SettingsError(f"{name}: {problem} (it is {values[name]!r})") from None
        return cls(**chosen)

    @property
    def turn_slots(self) -> int:
        """How many turns may be under way at once; the rest of the threads keep the service quick."""
        return max(2, self.threads - max(2, min(32, self.threads // 4)))


def variable_names() -> tuple[str, ...]:
    """The environment variables that ``Settings`` reads, in the order of its fields."""
    return tuple(one.metadata["env"] for one in fields(Settings))
