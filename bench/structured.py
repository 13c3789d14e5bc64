"""How often a valid answer comes out when a model server breaks its JSON in twelve usual ways.

    python -m bench.structured [--quizzes 10]

A scripted server speaks OpenAI's protocol over HTTP, and knows JSON Schema, calls of tools, or neither: what it does
not know it refuses, and is asked in the next way. It breaks its answer once, twice, or every time; what is counted is
how many quizzes came out valid, and after how many calls.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from typing import Any

from integrations.llm.choose import connect
from kit.errors import AppError
from models.catalogue import ModelEntry, Provider
from models.completions import CompletionRequest, PromptMessage
from models.text.language import detect_language
from services.llm.breakers import Breakers
from services.llm.catalogue import Catalogue
from services.llm.complete import CompletePrompt
from services.llm.servers import Servers
from services.structured.ask_structured import AskStructured, Shape
from tests.servers.openai_server import OpenAIServer, Reply

Value = dict[str, Any]
NEVER = 1 << 30  # failures before a breaker opens
QUESTION = {
    "question": "What is the capital of the country that the text is about?",
    "choices": ["Lisbon, which it says", "Porto, in the north", "Faro, by the sea", "Braga, the old one"],
    "answer": 0,
    "explanation": "The text says that the parliament is there and it's been the capital for a long time.",
}
SCHEMA: Value = {
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "minItems": 3,
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "question": {"type": "string", "minLength": 1},
                    "choices": {"type": "array", "items": {"type": "string"}, "minItems": 4, "maxItems": 4},
                    "answer": {"type": "integer", "minimum": 0, "maximum": 3},
                    "explanation": {"type": "string", "minLength": 1},
                    "page": {"type": "integer"},
                },
                "required": ["question", "choices", "answer", "explanation"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["questions"],
    "additionalProperties": False,
}


def a_quiz() -> Value:
    """A valid answer of three questions."""
    return {"questions": [{**QUESTION, "question": f"{n}. {QUESTION['question']}"} for n in (1, 2, 3)]}


def fences(quiz: Value, _: random.Random) -> str:
    """A code fence around it."""
    return f"```json\n{json.dumps(quiz, indent=2)}\n```"


def prose(quiz: Value, _: random.Random) -> str:
    """Sentences before and after it."""
    return f"Sure! Here is {{your}} quiz:\n\n{json.dumps(quiz)}\n\nLet me know if you'd like [more]."


def trailing_commas(quiz: Value, _: random.Random) -> str:
    """A comma before each closing bracket."""
    return json.dumps(quiz).replace("]", ",]").replace("}", ",}")


def single_quotes(quiz: Value, _: random.Random) -> str:
    """As Python prints it."""
    return str(quiz)


def cut_off(quiz: Value, chance: random.Random) -> str:
    """Its end missing."""
    text = json.dumps(quiz)
    return text[: chance.randrange(len(text) // 4, len(text))]


def wrong_types(quiz: Value, _: random.Random) -> str:
    """A text where a list is due, an object where a text is."""
    quiz["questions"][0] |= {"choices": "Lisbon or Porto", "explanation": {"text": "x"}}
    return json.dumps(quiz)


def missing_fields(quiz: Value, chance: random.Random) -> str:
    """A required field left out."""
    del quiz["questions"][0][chance.choice(["question", "choices", "answer", "explanation"])]
    return json.dumps(quiz)


def extra_fields(quiz: Value, _: random.Random) -> str:
    """Fields that nobody asked for."""
    quiz["note"] = "enjoy"
    quiz["questions"][1]["difficulty"] = "hard"
    return json.dumps(quiz)


def nulls(quiz: Value, chance: random.Random) -> str:
    """Null in an optional field, or in a required one."""
    field = chance.choice(["page", "page", "answer"])
    quiz["questions"][2][field] = None
    return json.dumps(quiz)


def numbers_as_text(quiz: Value, _: random.Random) -> str:
    """The index in quotes."""
    for one in quiz["questions"]:
        one["answer"] = str(one["answer"])
    return json.dumps(quiz)


def wrong_language(quiz: Value, _: random.Random) -> str:
    """Portuguese where English was asked for."""
    for n, one in enumerate(quiz["questions"]):
        one["question"] = f"{n}. Qual é a capital do país de que o texto fala?"
        one["explanation"] = "O texto diz que o parlamento fica lá e que é a capital há muito tempo."
    return json.dumps(quiz)


def empty(_quiz: Value, _: random.Random) -> str:
    """Nothing at all."""
    return ""


WAYS: tuple[Callable[[Value, random.Random], str], ...] = (
    fences, prose, trailing_commas, single_quotes, cut_off, wrong_types, missing_fields, extra_fields, nulls,
    numbers_as_text, wrong_language, empty,
)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quizzes", type=int, default=10, help="of each way")
    count = parser.parse_args().quizzes
    with OpenAIServer() as server:
        for mode, refuses in REFUSED.items():
            table(server, mode, refuses, count)


def table(server: OpenAIServer, mode: str, refuses: tuple[str, ...], count: int) -> None:
    """What comes of a server that refuses these fields of a request."""
    print(f"asked by {mode}")
    print(
        "way               | broken once: valid (calls) | broken twice: valid (calls) | always: valid (calls)"
    )
    totals = [0, 0, 0]
    for way in WAYS:
        cells = []
        for at, times in enumerate((1, 2, 99)):
            valid, calls = tried(server, refuses, way, times, count)
            totals[at] += valid
            cells.append(f"{valid:4d} of {count} ({calls / count:.1f})")
        print(f"{way.__name__:<18}| {cells[0]:<27}| {cells[1]:<28}| {cells[2]}")
    whole = count * len(WAYS)
    print(
        "all               | " + " | ".join(f"{100 * one / whole:.0f} % of {whole}" for one in totals) + "\n"
    )


def tried(
    server: OpenAIServer,
    refuses: tuple[str, ...],
    way: Callable[[Value, random.Random], str],
    times: int,
    count: int,
) -> tuple[int, int]:
    """How many of ``count`` came out valid, and how many calls all of them took."""
    refused = len(refuses)  # calls that go by until the model's way is known
    asking, chance, before, valid = asker(server.base_url), random.Random(7), server.served, 0
    for _ in range(count):
        server.forget()  # what the quiz before left
        broken = [said(way(a_quiz(), chance), refuses) for _ in range(min(times, 9))]
        server.script(*(Reply(refuses=refuses) for _ in range(refused)), *broken)
        server.default = said(json.dumps(a_quiz()), refuses)
        refused = 0
        try:
            asking.ask(REQUEST, Shape("quiz", SCHEMA, check=in_english))
        except AppError:
            continue
        valid += 1
    return valid, server.served - before


def said(text: str, refuses: tuple[str, ...]) -> Reply:
    """The text as such a server sends it: as the arguments of a call where it knows no schemas, but tools."""
    if refuses != REFUSED["tool call"]:
        return Reply(text, refuses=refuses)
    call = {"id": "call_1", "type": "function", "function": {"name": "quiz", "arguments": text}}
    return Reply("", tool_calls=[call], finish_reason="tool_calls", refuses=refuses)


REFUSED: dict[str, tuple[str, ...]] = {
    "JSON Schema": (),
    "tool call": ("response_format",),
    "instruction": ("response_format", "tools"),
}
REQUEST = CompletionRequest(
    (PromptMessage("user", "Make a quiz of three questions, in English."),), "scripted"
)


def in_english(quiz: Value) -> list[str]:
    """What a caller checks beside the schema."""
    said = " ".join(f"{one['question']} {one['explanation']}" for one in quiz["questions"])
    return [] if detect_language(said) in ("en", "") else ["Write it in English."]


def asker(base_url: str) -> AskStructured:
    """The use case over a real connection; pauses between attempts are left out."""
    entry = ModelEntry("scripted", Provider.OPENAI, base_url=base_url)
    catalogue = Catalogue(fixed=(entry,), default_model="scripted")
    servers = Servers(lambda one: connect(one, 2))
    complete = CompletePrompt(
        catalogue=catalogue,
        servers=servers,
        timeout_s=20,
        breakers=Breakers(failures=NEVER),
        sleep=lambda _: None,
    )
    return AskStructured(complete=complete, catalogue=catalogue)


if __name__ == "__main__":
    main()
