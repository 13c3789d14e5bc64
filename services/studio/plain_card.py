"""Cards without a model: one of a template's samples, or fields filled by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from models.cards import Template
from models.text.words import words

_NAMES = ("name", "title", "nome", "nom", "nombre", "título", "titre")


def plain_fields(template: Template, prompt: str) -> dict[str, Any]:
    """Fields that fit the template; the same prompt gives the same ones."""
    if not template.samples:
        filled: dict[str, Any] = _value(template.schema, template.title, prompt)
        return filled
    asked = set(words(prompt))
    at = int(hashlib.sha256(prompt.encode()).hexdigest(), 16)
    count = len(template.samples)

    def fits(n: int) -> tuple[int, int]:
        said = set(words(" ".join(map(str, template.samples[n].values()))))
        return len(asked & said), -((n - at) % count)

    return dict(template.samples[max(range(count), key=fits)])


def _value(schema: Mapping[str, Any], label: str, prompt: str) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {
            name: _value(one, one.get("title") or name.replace("_", " ").capitalize(), prompt)
            for name, one in schema.get("properties", {}).items()
        }
    if kind == "array":
        count = min(max(schema.get("minItems", 0), 2), schema.get("maxItems", 2))
        return [_value(schema.get("items", {}), f"{label} {n}", prompt) for n in range(1, count + 1)]
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", schema.get("minimum", 0) + 1)
        return int(-(-low // 1)) if kind == "integer" else min(low, high)
    if kind == "boolean":
        return False
    if schema.get("enum"):
        return schema["enum"][0]
    wish = " ".join(prompt.split())
    text = (wish if label.lower() in _NAMES else f"{label}: {wish}")[
        : max(schema.get("maxLength", 160), 1)
    ].strip() or "-"
    return text.ljust(schema.get("minLength", 0), ".")
