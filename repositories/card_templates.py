"""Owners' own templates in the records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from models.cards import Template
from models.pages import Page
from repositories.base import Repository
from repositories.scope import Scope
from repositories.values import Record, moment


class CardTemplateRepository(Repository):
    """One record a template, under ``<owner>:<name>``."""

    collection: ClassVar[str] = "card_templates"
    page_keys: ClassVar[Mapping[str, str]] = {"owner_id": "owner_page"}

    def add(self, template: Template) -> None:
        """Keep a new template; ``Duplicate`` when the owner has one of its name."""
        self._insert(Scope(owner_id=template.owner_id), _record(template))

    def get(self, owner_id: str, name: str) -> Template | None:
        """The owner's template of this name."""
        record = self._get(Scope(owner_id=owner_id), f"{owner_id}:{name}")
        return _template(record) if record else None

    def page(self, owner_id: str, limit: int, cursor: str = "") -> Page[Template]:
        """An owner's templates, by name."""
        found = self._page(Scope(owner_id=owner_id), limit=limit, cursor=cursor, newest_first=False)
        return found.map(_template)

    def count(self, owner_id: str) -> int:
        """How many templates an owner has."""
        return self._count(Scope(owner_id=owner_id))

    def update(self, template: Template) -> bool:
        """Write a template anew; ``False`` when it is gone."""
        values = {name: value for name, value in _record(template).items() if name not in ("_id", "owner_id")}
        return self._update(Scope(owner_id=template.owner_id), _record(template)["_id"], {"$set": values})

    def delete(self, owner_id: str, name: str) -> bool:
        """Remove a template; whether it was there."""
        return self._delete(Scope(owner_id=owner_id), f"{owner_id}:{name}")

    def delete_all_of_user(self, user_id: str) -> int:
        """Remove every template of a person."""
        return self._delete_all(Scope(owner_id=user_id))


def _record(template: Template) -> Record:
    return {
        "_id": f"{template.owner_id}:{template.name}",
        "owner_id": template.owner_id,
        "name": template.name,
        "title": template.title,
        "schema": json.dumps(template.schema),  # its names may hold what a record's may not
        "instruction": template.instruction,
        "image_prompt": template.image_prompt,
        "stay_in_role": template.stay_in_role,
        "createdAt": template.created_at,
        "updatedAt": template.updated_at,
    }


def _template(record: Record) -> Template:
    texts = ("owner_id", "name", "title", "instruction", "image_prompt", "stay_in_role")
    return Template(
        **{name: record[name] for name in texts},
        schema=json.loads(record["schema"]),
        created_at=moment(record["createdAt"]),
        updated_at=moment(record["updatedAt"]),
    )
