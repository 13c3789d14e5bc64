"""A guide's text with its variables filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.guides import Guide
from services.guides.read_values import fill
from services.guides.template import GuideText


def render_guide(guide: Guide, sent: Mapping[str, Any]) -> str:
    """The text; ``Invalid`` names what is missing among the values, or does not fit."""
    return GuideText(guide.body).render(fill(guide.variables, sent))


def about_of(values: Mapping[str, Any]) -> str:
    """What a filled guide is about: its texts, one after the other."""
    return " ".join(one for one in values.values() if isinstance(one, str))
