"""The text of a guide: Markdown in which ``{{ name }}`` stands for a variable. No code runs in it.

Jinja2 reads it, in its sandbox; what it understands beyond names and a few filters is refused when a guide is
saved, so that what a text costs and how long it becomes are bounded by its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kit.errors import Invalid
from models.guides import LONGEST_BODY, Value

LONGEST_TEXT = 50_000
MOST_PLACES = 500
MOST_FILTERS = 4  # on one variable
FILTERS = ("capitalize", "default", "int", "lower", "round", "title", "trim", "truncate", "upper")
_NO_CODE = (
    "Takes {{ name }}, and filters after it: {{ name | upper }}. Nothing else stands between the braces; "
    "what is to be shown as it is goes between {% raw %} and {% endraw %}."
)
_NEVER = "\0"  # no text holds it: '{#' begins an anchor in Markdown, no comment


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        comment_start_string=f"{_NEVER}#",
        comment_end_string=f"#{_NEVER}",
        undefined=StrictUndefined,
        autoescape=False,  # Markdown for a model and for chats, never HTML
        keep_trailing_newline=True,
        cache_size=0,
        loader=None,
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    return environment


_ENVIRONMENT = _environment()


class GuideText:
    """A text that was read; ``names`` are the variables that stand in it, in their order."""

    def __init__(self, body: str) -> None:
        """``Invalid`` (field ``body``) for what is no such text."""
        if len(body) > LONGEST_BODY:
            raise Invalid.field("body", f"Longer than {LONGEST_BODY} characters.")
        try:
            self._tree = _ENVIRONMENT.parse(body)
        except (TemplateError, RecursionError, ValueError) as problem:
            line = getattr(problem, "lineno", None)
            where = f"Line {line}: " if line else ""
            raise Invalid.field("body", f"{where}{_NO_CODE}") from None
        self.names = tuple(dict.fromkeys(_names(self._tree)))

    def render(self, values: Mapping[str, Value]) -> str:
        """The text with ``values`` in their places; every name has one. ``Invalid`` when it becomes too long."""
        try:
            code = _ENVIRONMENT.compile(self._tree)
            template = Template.from_code(_ENVIRONMENT, code, {})
            return _joined(template.generate({**values}))
        except (TemplateError, TypeError, ValueError, ArithmeticError):
            raise Invalid.field("variables", "A filter of the text does not fit a value.") from None


def _joined(pieces: Iterator[str]) -> str:
    text: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST_TEXT:
            raise Invalid.field("variables", f"The text becomes longer than {LONGEST_TEXT} characters.")
        text.append(piece)
    return "".join(text)


def _names(tree: nodes.Template) -> Iterator[str]:
    """The names in a text of nothing but them; ``Invalid`` names the line of anything else."""
    places = 0
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            raise _refused(output)
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                continue
            places += 1
            if places > MOST_PLACES:
                raise Invalid.field("body", f"Holds more than {MOST_PLACES} places for variables.")
            yield _name(node)


def _name(node: nodes.Node) -> str:
    filters = 0
    while isinstance(node, nodes.Filter) and node.node is not None:
        filters += 1
        arguments = [*node.args, *(one.value for one in node.kwargs)]
        if (
            filters > MOST_FILTERS
            or node.name not in FILTERS
            or node.dyn_args is not None
            or node.dyn_kwargs is not None
            or not all(map(_is_plain, arguments))
        ):
            raise _refused(node)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise _refused(node)
    return node.name


def _is_plain(node: nodes.Node) -> bool:
    """Whether an argument is a short text, a truth value or a number as small as a count of characters."""
    if not isinstance(node, nodes.Const):
        return False
    value = node.value
    return (isinstance(value, str) and len(value) <= 200) or (
        isinstance(value, int) and abs(value) <= LONGEST_TEXT
    )


def _refused(node: nodes.Node) -> Invalid:
    return Invalid.field("body", f"Line {node.lineno}: {_NO_CODE}")
