"""Write guides: every change is a version with its author, and any of them can be had back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kit.clock import Clock
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from models.actors import Actor
from models.assistants import Assistant
from models.guides import MOST_VARIABLES, Guide, GuideVariable, is_variable_name
from repositories.guides import GuideRepository, GuideVersionRepository
from services.guides.read_values import read_value
from services.guides.template import GuideText

TRIES = 5
# Versions are numbered in eight digits.
MOST_VERSIONS = 10**8 - 1


class WriteGuide:
    """Adds, changes, restores and deletes guides; whoever asks has been shown the assistant already."""

    def __init__(self, *, guides: GuideRepository, versions: GuideVersionRepository, clock: Clock) -> None:
        self._guides = guides
        self._versions = versions
        self._clock = clock

    def add(
        self, actor: Actor, assistant: Assistant, name: str, body: str, variables: Sequence[GuideVariable]
    ) -> Guide:
        """A new guide; ``Invalid`` where the text holds what is no variable of it, or a variable does not fit."""
        check(body, variables)
        now = self._clock()
        guide = Guide(
            id=new_id(),
            assistant_id=assistant.id,
            owner_id=assistant.owner_id,
            name=name,
            body=body,
            variables=tuple(variables),
            version=1,
            created_at=now,
            updated_at=now,
            changed_by=actor.user_id,
            changed_by_name=actor.name,
        )
        self._guides.add(guide)
        return guide

    def change(
        self,
        actor: Actor,
        guide: Guide,
        *,
        name: str | None = None,
        body: str | None = None,
        variables: Sequence[GuideVariable] | None = None,
    ) -> Guide:
        """The guide with what is given in the place of what it had, as its next version.

        ``Invalid`` where it does not fit together, ``Conflict`` while others change it all the time.
        """
        for _ in range(TRIES):
            changed = replace(
                guide,
                name=guide.name if name is None else name,
                body=guide.body if body is None else body,
                variables=guide.variables if variables is None else tuple(variables),
                version=guide.version + 1,
                updated_at=self._clock(),
                changed_by=actor.user_id,
                changed_by_name=actor.name,
            )
            check(changed.body, changed.variables)
            # First, so that no version is lost between the two: until the second it is merely there twice.
            self._versions.keep(guide)
            if self._guides.update(changed, was_version=guide.version):
                return changed
            guide = self._now(guide)
        raise Conflict("The guide is being changed by others; try again.")

    def restore(self, actor: Actor, guide: Guide, version: int) -> Guide:
        """The guide as it was in a version, as its next one; ``NotFound`` for a version that it never had."""
        if not 1 <= version <= min(guide.version, MOST_VERSIONS):
            raise NotFound
        before = guide if version == guide.version else self._versions.get(guide, version)
        if before is None:
            raise NotFound
        return self.change(actor, guide, name=before.name, body=before.body, variables=before.variables)

    def delete(self, guide: Guide) -> None:
        """Remove the guide, then its versions."""
        self._guides.delete(guide)
        self._versions.delete_of(guide)

    def _now(self, guide: Guide) -> Guide:
        now = self._guides.get(guide.assistant_id, guide.id)
        if now is None:
            raise NotFound
        return now


def check(body: str, variables: Sequence[GuideVariable]) -> None:
    """``Invalid`` names what of a guide does not fit: names in the text, variables, their defaults and choices."""
    problems: dict[str, list[str]] = {}
    if len(variables) > MOST_VARIABLES:
        raise Invalid.field("variables", f"More than {MOST_VARIABLES}.")
    seen: set[str] = set()
    for n, variable in enumerate(variables):
        if not is_variable_name(variable.name):
            problems[f"variables.{n}.name"] = [
                f"{variable.name!r} is no name: letters, digits and underscores, with a letter first."
            ]
        elif variable.name in seen:
            problems[f"variables.{n}.name"] = [f"{variable.name} is there twice."]
        seen.add(variable.name)
        problems.update(_misfits(n, variable))
    try:
        undeclared = [name for name in GuideText(body).names if name not in seen]
    except Invalid as problem:
        problems.update(problem.details)
    else:
        if undeclared:
            problems["body"] = [f"{name} is not declared in variables." for name in undeclared]
    if problems:
        raise Invalid.fields(problems)


def _misfits(n: int, variable: GuideVariable) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    free = replace(variable, choices=())
    try:
        choices = [read_value(free, one) for one in variable.choices]
        if len(set(choices)) < len(choices):
            problems[f"variables.{n}.choices"] = ["Holds the same twice."]
    except ValueError as problem:
        problems[f"variables.{n}.choices"] = [str(problem)]
        return problems
    if variable.default is not None:
        try:
            read_value(variable, variable.default)
        except ValueError as problem:
            problems[f"variables.{n}.default"] = [str(problem)]
    return problems
