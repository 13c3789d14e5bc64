"""What a bench stands on: the whole application as a process, and an assistant that knows something."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from kit.settings import PROJECT_ROOT

DEMO = PROJECT_ROOT / "deploy" / "demo"
EMAIL, PASSWORD = "bench@example.com", "a long password for the bench"
READY_WITHIN_S = 120.0
# No bench is told to come back later.
NO_LIMIT = {"RATE_LIMIT": "10000000 per minute"}

Texts = dict[str, str]
_PARTS = {"child.py": "database", "integrations.vectorstores.chroma_process": "vectors"}


@dataclass(frozen=True)
class Person:
    """Somebody signed in at a running application."""

    url: str
    token: str
    http: urllib3.PoolManager

    @classmethod
    def first(cls, url: str) -> Person:
        """The first account of an empty installation."""
        http = urllib3.PoolManager()
        nobody = cls(url, "", http)
        nobody.call("POST", "/auth/register", {"name": "Bench", "email": EMAIL, "password": PASSWORD})
        signed_in = nobody.call("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD})
        return cls(url, signed_in["token"], http)

    def call(self, method: str, path: str, body: Any = None, **fields: Any) -> Any:
        """The JSON that a request gives; ``fields`` are sent as a form instead of a body."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        more = {"fields": fields} if fields else {"json": body} if body is not None else {}
        answer = self.http.request(method, self.url + path, headers=headers, **more)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.data!r}"
        return json.loads(answer.data)

    def new_assistant(self, **settings: Any) -> dict[str, Any]:
        """An assistant with its ``api_key``."""
        return dict(self.call("POST", "/assistants/add", {"name": "Clínica", **settings}))

    def upload(self, assistant_id: str, name: str, text: str, kind: str = "rag") -> str:
        """Upload a document; its id."""
        file = (name, text.encode())
        made = self.call("POST", "/documents/add", file=file, type=kind, assistant_id=assistant_id)
        return str(made["_id"])

    def wait_until_ready(self, assistant_id: str) -> list[dict[str, Any]]:
        """The assistant's documents, once all are indexed."""
        listed = f"/documents/list?assistant_id={assistant_id}&limit=1000"
        while True:
            found = self.call("GET", listed)
            waiting = [one["_id"] for one in found if one["status"] != "ready"]
            if not waiting:
                return list(found)
            self._await_ready(max(waiting))  # which came last

    def _await_ready(self, document_id: str) -> None:
        """Ask for one document alone: to list them all again and again is work for the server that is measured."""
        give_up = time.monotonic() + READY_WITHIN_S
        while (found := self.call("GET", f"/documents/get/{document_id}"))["status"] != "ready":
            assert found["status"] != "failed", found["error"]
            assert time.monotonic() < give_up, "the documents are not indexed"
            time.sleep(0.05)


def knowing_assistant(person: Person, documents: int, **settings: Any) -> tuple[dict[str, Any], int]:
    """An assistant with the demo's prompt and documents and so many made ones, and how many chunks it has."""
    assistant = person.new_assistant(language="pt", company="Clínica Sorriso do Vale", **settings)
    for path in sorted((DEMO / "documents").iterdir()):
        kind = "prompt" if path.name == "prompt.md" else "rag"
        person.upload(assistant["id"], path.name, path.read_text(encoding="utf-8"), kind)
    for name, text in made_texts(documents).items():
        person.upload(assistant["id"], name, text)
    ready = person.wait_until_ready(assistant["id"])
    return assistant, sum(one["chunks"] for one in ready)


def demo_questions() -> list[str]:
    """What patients ask the demo clinic."""
    rows = json.loads((DEMO / "questions.json").read_text(encoding="utf-8"))
    return [row["question"] for row in rows]


def made_texts(documents: int, characters: int = 10_000, seed: int = 1) -> Texts:
    """Markdown documents of about so many characters, of words as unevenly frequent as in a language.

    The words are the demo documents' and five thousand made ones, so that a question finds rivals.
    """
    chance = random.Random(seed)
    words = _demo_words() + list(_made_words(chance, 5_000))
    weights = [1 / rank for rank in range(3, len(words) + 3)]
    texts = {}
    for number in range(documents):
        title, body, size = f"Documento {number}", [], 0
        while size < characters:
            chosen = chance.choices(words, weights, k=90)
            body.append(f"## {chosen[0].title()} {chosen[1]}\n\n{_sentences(chosen)}\n")
            size += len(body[-1])
        texts[f"documento-{number}.md"] = f"# {title}\n\n" + "\n".join(body)
    return texts


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> dict[str, int]:
    """Process ids of a process' children, by what they run."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            command = (process / "cmdline").read_text(encoding="utf-8").split("\0")
        except OSError:  # it has just ended
            continue
        if parent == pid:
            script = next((part for part in command[1:] if not part.startswith("-")), command[0])
            found[script] = int(process.name)
    return found


def memory_of_application(pid: int) -> dict[str, float]:
    """Resident memory in MB: of the server, its database, its vectors, and of everything else that it started."""
    parts = {"server": memory_mb(pid), "database": 0.0, "vectors": 0.0, "others": 0.0}
    for script, child in children(pid).items():
        parts[_PARTS.get(script.rpartition("/")[2], "others")] += memory_mb(child)
    return parts


def _demo_words() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "documents").iterdir())]
    return list(dict.fromkeys(word for text in texts for word in text.lower().split() if word.isalpha()))


def _made_words(chance: random.Random, number: int) -> Iterable[str]:
    syllables = [c + v for c in ("b", "c", "d", "f", "l", "m", "n", "p", "r", "s", "t", "v") for v in "aeiou"]
    for _ in range(number):
        yield "".join(chance.choices(syllables, k=chance.randint(2, 5)))


def _sentences(words: list[str]) -> str:
    groups = [words[start : start + 15] for start in range(0, len(words), 15)]
    return " ".join(" ".join(group).capitalize() + "." for group in groups)
