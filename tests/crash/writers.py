"""Clients that write until the server is gone, remember what they were told, and look whether it is so.

Each has things of its own, so that it knows what it must find: after a kill either what was last
acknowledged or what was being asked for, never anything else.
"""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from tests.crash.ledger import Client, Down, Ledger

PAUSE = threading.Event()
TURNS = "/chats/enviarMensagemLLM"
numbers = itertools.count(1)


@dataclass(frozen=True)
class Clients:
    """Who a writer speaks as."""

    person: Client
    bot: Client

    def close(self) -> None:
        """Let their connections go."""
        self.person.close()
        self.bot.close()


class Writer(ABC):
    """Writes with ``write_on`` until ``Down``; ``look`` tells the ledger what was not kept."""

    kind: str

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        self.ledger = ledger
        self.assistant = assistant
        self.name = f"{self.kind} {next(numbers)}"

    def run(self, clients: Clients) -> None:
        """Write until the server is gone."""
        try:
            while True:
                self.write_on(clients)
        except Down:
            self.ledger.doubted(self.kind)

    @abstractmethod
    def write_on(self, clients: Clients) -> None:
        """Do one thing and remember what was said to it."""

    @abstractmethod
    def look(self, clients: Clients) -> None:
        """Compare what is there with what was said."""

    def expect(self, answer: tuple[int, Any], *statuses: int) -> Any:
        """The body of an answer that has one of the statuses."""
        status, body = answer
        self.ledger.check(f"{self.name}: {status} {body}", kept=status in statuses)
        return body


class Contact(Writer):
    """A contact who writes again and again, each message once more when its answer did not come."""

    kind = "turns"

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        super().__init__(ledger, assistant)
        self.answers: dict[str, str] = {}
        self.asked = ""
        self.chat_id = ""

    def write_on(self, clients: Clients) -> None:
        self.asked = f"m{next(numbers)}"
        self._ask(clients.bot)

    def look(self, clients: Clients) -> None:
        status, messages = clients.person.call("GET", f"/chats/messages/{self.name}?limit=1000")
        if status == 404:
            self.ledger.check(f"{self.name}: its chat is gone", kept=not self.answers)
            messages = []
        self._look_at(messages)
        if self.asked:
            self._ask(clients.bot)
            _, messages = clients.person.call("GET", f"/chats/messages/{self.name}?limit=1000")
            self._look_at(messages)
        self.write_on(clients)  # no chat is locked

    def _ask(self, bot: Client) -> None:
        body = {
            "id": self.name,
            "message_service": "Whatsapp",
            "message": f"Quanto custa a limpeza? {self.asked}",
            "message_id": self.asked,
        }
        answer = self.expect(bot.call("POST", TURNS, body), 200)
        self.answers[self.asked] = answer.get("response")
        self.chat_id = answer.get("chat_id", "")
        self.asked = ""
        self.ledger.promised(self.kind)

    def _look_at(self, messages: list[dict[str, Any]]) -> None:
        asked = [one["message_id"] for one in messages if one["role"] == "user"]
        self.ledger.check(f"{self.name}: a message twice", kept=len(asked) == len(set(asked)))
        lost = self.answers.keys() - set(asked)
        self.ledger.check(f"{self.name}: messages lost: {lost}", kept=not lost)
        left = [one["message_id"] for one in messages if one["role"] == "user" and one["status"] == "waiting"]
        self.ledger.check(f"{self.name}: left waiting: {left}", kept=not left)
        for question, answer in itertools.pairwise(messages):
            told = self.answers.get(question.get("message_id", "")) if question["role"] == "user" else None
            self.ledger.check(
                f"{self.name}: another answer to {question['message_id']}",
                kept=told is None or (answer["content"] == told and question["status"] == "answered"),
            )


class Uploader(Writer):
    """Uploads a document under one name again and again, and deletes it now and then."""

    kind = "uploads"

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        super().__init__(ledger, assistant)
        self.filename = f"{self.name}.md"
        self.content = ""
        self.asked: str | None = None
        self.document_id = ""

    def write_on(self, clients: Clients) -> None:
        number = next(numbers)
        if number % 2:
            self._wait_until_ready(clients.person)
        if self.document_id and number % 4 == 1:
            self._delete(clients.person)
        else:
            self._upload(clients.person, f"# Preços\n\nA limpeza {number} custa {number} reais.\n")

    def look(self, clients: Clients) -> None:
        there = [one for one in documents(clients.person, self.assistant) if one["filename"] == self.filename]
        self.ledger.check(f"{self.name}: {len(there)} of one name", kept=len(there) <= 1)
        content = b""
        for document in there:
            state = f"{self.name}: {document['status']} {document['error']}"
            self.ledger.check(state, kept=document["status"] == "ready")
            content = self.expect(clients.person.call("GET", f"/documents/download/{document['_id']}"), 200)
        possible = {
            self.content.encode(),
            self.content.encode() if self.asked is None else self.asked.encode(),
        }
        self.ledger.check(f"{self.name}: has {content!r} of {possible}", kept=content in possible)
        self.content, self.asked = content.decode(), None
        self.document_id = there[0]["_id"] if there else ""
        self._look_in_answers(clients.person)

    def _look_in_answers(self, person: Client) -> None:
        if not self.content:
            return
        number = self.content.split()[4]
        query = {"query": f"Quanto custa a limpeza {number}?", "top_k": 20}
        found = self.expect(person.call("POST", f"/assistants/search/{self.assistant['_id']}", query), 200)
        texts = [one["text"] for one in found.get("passages", ()) if one["document_id"] == self.document_id]
        self.ledger.check(f"{self.name}: not in answers", kept=any(number in text for text in texts))

    def _upload(self, person: Client, content: str) -> None:
        self.asked = content
        form = {
            "file": (self.filename, content.encode()),
            "type": "rag",
            "assistant_id": self.assistant["_id"],
        }
        document = self.expect(person.call("POST", "/documents/add", **form), 201)
        self.content, self.asked, self.document_id = content, None, document["_id"]
        self.ledger.promised(self.kind)

    def _wait_until_ready(self, person: Client) -> None:
        """Until then a deletion would bring back what the document has not replaced yet."""
        while self.document_id:
            status, document = person.call("GET", f"/documents/get/{self.document_id}")
            if status != 200 or document["status"] not in ("pending", "processing"):
                self.expect((status, document), 200)
                return
            PAUSE.wait(0.02)

    def _delete(self, person: Client) -> None:
        self.asked = ""
        self.expect(person.call("DELETE", f"/documents/delete/{self.document_id}"), 200)
        self.content, self.asked, self.document_id = "", None, ""
        self.ledger.promised("deletions")


class Prompter(Writer):
    """Uploads prompts under one name, a version on the other, and deletes the newest now and then."""

    kind = "prompts"

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        super().__init__(ledger, assistant)
        self.versions: list[str] = []
        self.asked: list[str] | None = None

    def write_on(self, clients: Clients) -> None:
        if len(self.versions) > 2:
            newest = self._documents(clients.person)[-1]
            self.asked = self.versions[:-1]
            self.expect(clients.person.call("DELETE", f"/documents/delete/{newest['_id']}"), 200)
            self.ledger.promised("deletions")
        else:
            content = f"Fale como o capitão {next(numbers)}."
            self.asked = [*self.versions, content]
            form = {
                "file": ("prompt.md", content.encode()),
                "type": "prompt",
                "assistant_id": self.assistant["_id"],
            }
            self.expect(clients.person.call("POST", "/documents/add", **form), 201)
            self.ledger.promised(self.kind)
        self.versions, self.asked = self.asked, None

    def look(self, clients: Clients) -> None:
        there = self._documents(clients.person)
        contents = [
            self.expect(clients.person.call("GET", f"/documents/download/{one['_id']}"), 200).decode()
            for one in there
        ]
        possible = [self.versions, self.versions if self.asked is None else self.asked]
        self.ledger.check(f"{self.name}: has {contents} of {possible}", kept=contents in possible)
        states = {one["status"] for one in there}
        self.ledger.check(f"{self.name}: {states}", kept=states <= {"ready"})
        self.versions, self.asked = contents, None

    def _documents(self, person: Client) -> list[dict[str, Any]]:
        return [one for one in reversed(documents(person, self.assistant)) if one["type"] == "prompt"]


class Replier(Writer):
    """A person who replies in a chat, and the bot that delivers it."""

    kind = "replies"

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        super().__init__(ledger, assistant)
        self.chat_id = ""
        self.sent: dict[str, str] = {}
        self.delivered: set[str] = set()
        self.delivering: set[str] = set()

    def write_on(self, clients: Clients) -> None:
        if not self.chat_id:
            body = {"id": self.name, "message_service": "Whatsapp", "message": "Oi", "message_id": "1"}
            self.chat_id = self.expect(clients.bot.call("POST", TURNS, body), 200).get("chat_id", "")
            self.ledger.promised("turns")
        text = f"Resposta {next(numbers)}"
        reply = self.expect(
            clients.person.call("POST", f"/chats/reply/{self.chat_id}", {"message": text}), 201
        )
        self.sent[reply["_id"]] = text
        self.ledger.promised(self.kind)
        if next(numbers) % 3 == 0:
            self._deliver(clients.bot)

    def look(self, clients: Clients) -> None:
        if not self.chat_id:
            return
        messages = self.expect(clients.person.call("GET", f"/chats/messages/{self.chat_id}?limit=1000"), 200)
        there = {one["_id"]: one for one in messages if one["author"]}
        waiting = {one["_id"] for one in self._waiting(clients.bot)}
        for reply_id, text in self.sent.items():
            kept = reply_id in there and there[reply_id]["content"] == text
            self.ledger.check(f"{self.name}: reply {reply_id} is not in its chat", kept=kept)
            is_waiting = reply_id in waiting
            if reply_id not in self.delivering:
                kept = is_waiting is (reply_id not in self.delivered)
                self.ledger.check(f"{self.name}: reply {reply_id} waits: {is_waiting}", kept=kept)
            elif not is_waiting:
                self.delivered.add(reply_id)
        self.delivering = set()

    def _deliver(self, bot: Client) -> None:
        self.delivering = {one["_id"] for one in self._waiting(bot)} & self.sent.keys()
        self.expect(bot.call("POST", "/chats/outbox/ack", {"ids": sorted(self.delivering)}), 200)
        self.delivered |= self.delivering
        self.delivering = set()
        self.ledger.promised("deliveries")

    def _waiting(self, bot: Client) -> list[dict[str, Any]]:
        return list(self.expect(bot.call("GET", "/chats/outbox?limit=1000"), 200))


class Remover(Writer):
    """Makes chats, and assistants with everything, and deletes them."""

    kind = "removals"

    def __init__(self, ledger: Ledger, assistant: dict[str, Any]) -> None:
        super().__init__(ledger, assistant)
        self.gone: list[str] = []
        self.in_doubt = ""

    def write_on(self, clients: Clients) -> None:
        contact = f"{self.name} {next(numbers)}"
        body = {"id": contact, "message_service": "Whatsapp", "message": "Oi", "message_id": "1"}
        chat = self.expect(clients.bot.call("POST", TURNS, body), 200)
        self._remove(clients.person, f"/chats/get/{chat['chat_id']}", f"/chats/delete/{chat['chat_id']}")
        made = self.expect(clients.person.call("POST", "/assistants/add", {"name": contact}), 201)
        form = {"file": ("a.md", b"Oi, tudo bem?"), "type": "rag", "assistant_id": made["_id"]}
        self.expect(clients.person.call("POST", "/documents/add", **form), 201)
        self._remove(clients.person, f"/assistants/get/{made['_id']}", f"/assistants/delete/{made['_id']}")

    def look(self, clients: Clients) -> None:
        if self.in_doubt:
            where, removal = self.in_doubt.split()
            status, _ = clients.person.call("GET", where)
            if status == 200:
                self.expect(clients.person.call("DELETE", removal), 200)
            self.gone.append(where)
            self.in_doubt = ""
        for where in self.gone:
            status, _ = clients.person.call("GET", where)
            self.ledger.check(f"{self.name}: {where} is back", kept=status == 404)
        self.gone = []

    def _remove(self, person: Client, where: str, removal: str) -> None:
        self.in_doubt = f"{where} {removal}"
        self.expect(person.call("DELETE", removal), 200)
        self.gone.append(where)
        self.in_doubt = ""
        self.ledger.promised("deletions")


def documents(person: Client, assistant: dict[str, Any]) -> list[dict[str, Any]]:
    """An assistant's documents, newest first."""
    status, listed = person.call("GET", f"/documents/list?assistant_id={assistant['_id']}&limit=1000")
    assert status == 200, listed
    return list(listed)
