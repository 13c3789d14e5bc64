"""Kinds of card: those built in, and each owner's own."""

from __future__ import annotations

from dataclasses import replace

from kit.clock import Clock
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from models.cards import Template, schema_problems
from models.pages import Page
from repositories.card_templates import CardTemplateRepository
from services.structured.fit_schema import problems_of
from services.studio.cocktail import BUILT_IN
from services.studio.plain_card import plain_fields

MOST_TEMPLATES = 200  # of one owner
OWN = "own"  # the cursor behind those built in


class Templates:
    """Reads templates by name, an owner's own and those built in; owners add, change and delete theirs."""

    def __init__(self, *, templates: CardTemplateRepository, clock: Clock) -> None:
        self._templates = templates
        self._clock = clock

    def get(self, owner_id: str, name: str) -> Template:
        """The template that this owner knows by this name, or ``NotFound``."""
        found = BUILT_IN.get(name) or ("\0" not in name and self._templates.get(owner_id, name))
        if not found:
            raise NotFound
        return found

    def page(self, owner_id: str, limit: int, cursor: str) -> Page[Template]:
        """An owner's templates by name, behind those built in."""
        if cursor:
            return self._templates.page(owner_id, limit, "" if cursor == OWN else cursor)
        built_in = tuple(BUILT_IN.values())
        if limit <= len(built_in):
            return Page(built_in, OWN if self._templates.count(owner_id) else "")
        page = self._templates.page(owner_id, limit - len(built_in), "")
        return Page((*built_in, *page.items), page.next_cursor)

    def count(self, owner_id: str) -> int:
        """How many templates an owner can use."""
        return len(BUILT_IN) + self._templates.count(owner_id)

    def add(self, template: Template) -> Template:
        """Keep a new one; ``Conflict`` when its name is taken, ``Invalid`` for a schema that cannot be one."""
        _check(template)
        if template.name in BUILT_IN or self._templates.get(template.owner_id, template.name):
            raise Conflict(f"There is a template {template.name} already.", code="template_exists")
        if self._templates.count(template.owner_id) >= MOST_TEMPLATES:
            raise Conflict(f"An owner has at most {MOST_TEMPLATES} templates.", code="too_many_templates")
        now = self._clock()
        template = replace(template, created_at=now, updated_at=now)
        self._templates.add(template)
        return template

    def change(self, template: Template) -> Template:
        """Write one anew; the cards that were made by it stay as they are.

        ``Forbidden`` for one that is built in, ``NotFound``.
        """
        if template.name in BUILT_IN:
            raise Forbidden("This template is built in.")
        before = self.get(template.owner_id, template.name)
        _check(template)
        changed = replace(template, created_at=before.created_at, updated_at=self._clock())
        if not self._templates.update(changed):
            raise NotFound
        return changed

    def delete(self, owner_id: str, name: str) -> None:
        """Remove one; the cards that were made by it stay. ``Forbidden`` for one that is built in, ``NotFound``."""
        if name in BUILT_IN:
            raise Forbidden("This template is built in.")
        if "\0" in name or not self._templates.delete(owner_id, name):
            raise NotFound


def _check(template: Template) -> None:
    problems = schema_problems(template.schema)
    if not problems and problems_of(plain_fields(template, "A plain request."), template.schema):
        problems = ["Nothing simple fits it: look at its bounds."]
    if problems:
        raise Invalid.field("schema", *problems[:8])
