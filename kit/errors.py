"""The kinds of error the application knows, without any word of HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class AppError(Exception):
    """An error that a caller is told about, by its machine code and a sentence.

    ``code`` is stable and machine readable, ``message`` is a sentence for a person, ``details``
    maps a field name to a list of messages (or carries other facts), ``retry_after`` is in seconds.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "Something went wrong."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.error_code = code or self.code
        self.sentence = message or self.message
        self.details: dict[str, Any] = dict(details or {})
        self.retry_after = retry_after
        super().__init__(self.sentence)


class BadRequest(AppError):
    """The request cannot be read at all."""

    code = "bad_request"
    message = "The request cannot be read."


class Unauthenticated(AppError):
    """No credential, or one that is not good (any more)."""

    code = "unauthenticated"
    message = "A valid credential is required."


class Forbidden(AppError):
    """A good credential that does not reach this far."""

    code = "forbidden"
    message = "This credential does not allow that."


class NotFound(AppError):
    """The object does not exist, or is not the caller's: the two look the same."""

    code = "not_found"
    message = "There is nothing here."


class Conflict(AppError):
    """The request collides with what is there."""

    code = "conflict"
    message = "That collides with what is there already."


class TooLarge(AppError):
    """More bytes than are taken."""

    code = "too_large"
    message = "That is larger than this server takes."


class UnsupportedFormat(AppError):
    """A kind of content that is not taken."""

    code = "unsupported_format"
    message = "This kind of content is not supported."


class Invalid(AppError):
    """Fields that do not fit; ``details`` maps each field to what is wrong with it."""

    code = "invalid"
    message = "Some fields do not fit."

    @classmethod
    def field(cls, name: str, problem: str, *more: str) -> Invalid:
        """One field and what is wrong with it."""
        return cls(f"{name}: {problem}", details={name: [problem, *more]})

    @classmethod
    def fields(cls, problems: Mapping[str, Sequence[str]]) -> Invalid:
        """Several fields and what is wrong with each."""
        return cls(details={name: list(texts) for name, texts in problems.items()})


class TooManyRequests(AppError):
    """A limit is reached; ``retry_after`` says when to come back."""

    code = "rate_limited"
    message = "Too many requests."


class UpstreamFailed(AppError):
    """A server that we depend on for the answer gave none, or a broken one."""

    code = "upstream_failed"
    message = "The model server did not give a usable answer."


class UpstreamTimeout(AppError):
    """A server that we depend on for the answer took too long."""

    code = "upstream_timeout"
    message = "The model server took too long."


class Unavailable(AppError):
    """A part of this system cannot work right now; the same request may work later."""

    code = "unavailable"
    message = "The service cannot answer right now."


class StorageFull(AppError):
    """The disk has no room left; nothing of the request was kept."""

    code = "storage_full"
    message = "There is no room left on the server's disk; nothing was stored."


class SettingsError(Exception):
    """A setting that stops the start, by its name."""
