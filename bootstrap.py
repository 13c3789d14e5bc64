"""The one place that builds clients, repositories and services."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from integrations.database.embedded import EmbeddedDatabase, attach
from integrations.database.lockfile import LockFile
from integrations.embeddings.base import Embedder
from integrations.embeddings.choose import choose_embedder, remake_embedder
from integrations.embeddings.hashed import HashedEmbedder
from integrations.files import FileStore
from integrations.llm.offline import OfflineModel
from integrations.llm.openai_compatible import OpenAICompatible
from integrations.outbound import Outbound
from integrations.outbound_addresses import Allowed
from integrations.parsing.base import Parser
from integrations.parsing.child import ChildParser
from integrations.rerank.base import Reranker
from integrations.rerank.choose import choose_reranker
from integrations.vectorstores.base import VectorStore
from integrations.vectorstores.remembered import RememberedVectors
from jobs.background import Background
from jobs.golden_runs import GoldenRuns
from jobs.operator_door import OperatorDoor
from jobs.reembedding import Reembedding
from kit.clock import utc_now
from kit.crypto import Vault, check_secret, load_or_make_secret
from kit.errors import SettingsError, Unavailable
from kit.passwords import Passwords
from kit.settings import Settings
from kit.workplaces import Workplaces
from models.documents import Document
from models.golden import GoldenRun
from repositories import connection
from repositories.assistants import AssistantRepository
from repositories.chats import ChatRepository
from repositories.chunks import ChunkRepository
from repositories.documents import DocumentRepository
from repositories.embedders import EmbedderRepository
from repositories.golden_questions import GoldenQuestionRepository
from repositories.golden_runs import GoldenRunRepository
from repositories.indexes import ensure_indexes
from repositories.messages import MessageRepository
from repositories.outbox import OutboxRepository
from repositories.sessions import SessionRepository
from repositories.tokens import TokenRepository
from repositories.users import UserRepository
from services.accounts.authenticate import Authenticate
from services.accounts.issue_tokens import IssueTokens
from services.accounts.manage_users import ManageUsers
from services.accounts.register_user import RegisterUser
from services.accounts.sign_in import SignIn
from services.assistants.add_assistant import AddAssistant
from services.assistants.delete_assistant import DeleteAssistant
from services.assistants.find_assistants import FindAssistants
from services.assistants.rotate_key import RotateKey
from services.assistants.update_assistant import UpdateAssistant
from services.chats.answer_message import AnswerMessage
from services.chats.compose_answer import ComposeAnswer
from services.chats.deliver_replies import DeliverReplies
from services.chats.find_chats import FindChats
from services.chats.recall_turns import RecallTurns
from services.chats.receive_message import ReceiveMessage
from services.chats.recover_turns import RecoverTurns
from services.chats.settle_turn import SettleTurn
from services.chats.take_over import TakeOver
from services.chats.turn_queue import TurnQueue
from services.documents.add_document import AddDocument
from services.documents.add_several import AddSeveral
from services.documents.add_url import AddUrl
from services.documents.delete_document import DeleteDocument
from services.documents.find_documents import FindDocuments
from services.documents.index_document import IndexDocument
from services.documents.obtain_file import ObtainFile
from services.documents.place_file import PlaceFile
from services.documents.purge_document import PurgeDocument
from services.documents.read_chunks import ReadChunks
from services.documents.read_prompt import ReadPrompt
from services.documents.recorded_knowledge import RecordedKnowledge
from services.documents.reembed import ReembedAssistants
from services.documents.refresh_document import RefreshDocument
from services.documents.reindex_document import ReindexDocument
from services.documents.report_progress import ReportProgress
from services.documents.retry_document import RetryDocument
from services.golden.add_golden import AddGolden
from services.golden.delete_golden import DeleteGolden
from services.golden.find_golden import FindGolden
from services.golden.run_golden import RunGolden
from services.golden.start_golden_run import StartGoldenRun
from services.house import House
from services.llm.complete import CompletePrompt, choose_default
from services.retrieval.embedders import Embedders
from services.retrieval.rerank import Rerank
from services.retrieval.search_passages import SearchPassages
from services.upkeep.check_files import CheckFiles
from services.upkeep.check_health import CheckHealth
from services.upkeep.check_knowledge import CheckKnowledge
from services.upkeep.keep_consistent import KeepConsistent

DATABASE_WAIT_S = 30.0
# Turns at work at once. A database of its own makes them wait, and others may work meanwhile; the embedded one
# works on our processors.
PLACES, PLACES_BESIDE_DATABASE = 16, 3
PARSE_SECONDS, PARSE_MEMORY_MB = 120.0, 1536


@dataclass(frozen=True)
class Secrets:
    """The secrets of an installation: as set, or made at the first start and kept in the data directory."""

    jwt: str
    encryption: str
    setup_token: str

    @classmethod
    def of(cls, settings: Settings) -> Secrets:
        """Read or make them; ``SettingsError`` for one that protects nothing."""
        kept = settings.data_dir / "secrets"
        return cls(
            jwt=_secret("JWT_SECRET_KEY", settings.jwt_secret_key, kept / "jwt_secret_key"),
            encryption=_secret("ENCRYPTION_KEY", settings.encryption_key, kept / "encryption_key"),
            setup_token=load_or_make_secret(kept / "setup_token"),
        )


@dataclass(frozen=True)
class Repositories:
    """Every collection."""

    users: UserRepository
    sessions: SessionRepository
    tokens: TokenRepository
    assistants: AssistantRepository
    chats: ChatRepository
    messages: MessageRepository
    outbox: OutboxRepository
    documents: DocumentRepository
    chunks: ChunkRepository
    golden_questions: GoldenQuestionRepository
    golden_runs: GoldenRunRepository
    embedders: EmbedderRepository

    @classmethod
    def on(cls, database: Database[Any]) -> Repositories:
        """All of them on one database."""
        return cls(
            users=UserRepository(database),
            sessions=SessionRepository(database),
            tokens=TokenRepository(database),
            assistants=AssistantRepository(database),
            chats=ChatRepository(database),
            messages=MessageRepository(database),
            outbox=OutboxRepository(database),
            documents=DocumentRepository(database),
            chunks=ChunkRepository(database),
            golden_questions=GoldenQuestionRepository(database),
            golden_runs=GoldenRunRepository(database),
            embedders=EmbedderRepository(database),
        )


@dataclass(frozen=True)
class Parts:
    """What ``build_house`` puts together; tests hand in fakes."""

    settings: Settings
    secrets: Secrets
    repositories: Repositories
    vectors: VectorStore
    embedder: Embedder
    parser: Parser
    complete: CompletePrompt
    index_soon: Callable[[Document], None]
    run_golden_soon: Callable[[GoldenRun], None]
    check_records: Callable[[], None]
    reranker: Reranker | None = None


class Installation:
    """A running installation: the house, what works in the background, and what ends with it."""

    def __init__(
        self, house: House, background: Background, golden_runs: GoldenRuns, setup_token: str
    ) -> None:
        self.house = house
        self.background = background
        self.golden_runs = golden_runs
        self.setup_token = setup_token
        self._ends = contextlib.ExitStack()
        self._stopped = False

    def on_stop(self, end: Callable[[], object]) -> None:
        """Have something ended with the installation, last in first out."""
        self._ends.callback(end)

    def start_work(self) -> None:
        """Finish what a process that is gone left open, then begin the background work."""
        self.house.recover_turns.recover()  # before the first request: until then none of them is in doubt
        self.golden_runs.start(self.house.run_golden)
        self.background.start(index=self.house.index_document.index, sweep=self._sweep)
        reembedding = Reembedding(self.house.reembed.run)
        reembedding.start()
        self.on_stop(reembedding.stop)

    def stop(self) -> None:
        """End everything; again is the same."""
        if not self._stopped:
            self._stopped = True
            self.golden_runs.stop()
            self.background.stop()
            self._ends.close()

    def _sweep(self) -> None:
        self.house.recover_turns.recover()
        self.house.delete_assistant.finish_all()
        for document in self.house.index_document.with_work():
            self.background.index_soon(document)
        for run in self.house.run_golden.open_runs():
            self.golden_runs.run_soon(run)


def open_installation(settings: Settings) -> Installation:
    """Build everything for the process that owns the data directory; ``start_work`` begins its work.

    ``SettingsError`` when another process owns it, or a setting does not work.
    """
    ends = contextlib.ExitStack()
    with ends:
        ends.callback(_own(settings.data_dir).release)
        installation = _assemble(settings, ends)
        installation.on_stop(ends.pop_all().close)
    return installation


def owner_lives(settings: Settings) -> bool:
    """Whether a process owns the data directory right now."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = LockFile(settings.data_dir / "server.lock")
    if lock.acquire(0.0):
        lock.release()
        return False
    return True


def open_beside(
    settings: Settings, index_soon: Callable[[Document], None], run_golden_soon: Callable[[GoldenRun], None]
) -> tuple[House, Callable[[], None]]:
    """A house for the command line while a server owns the data directory: records and files, no vectors."""
    uri = settings.mongo_uri or attach(settings.data_dir / "db")
    if uri is None:
        raise SettingsError("The running server's database cannot be reached.")
    client = connection.connect(uri)
    database = connection.database(client, settings.mongo_db, embedded=not settings.mongo_uri)
    parts = Parts(
        settings=settings,
        secrets=Secrets.of(settings),
        repositories=Repositories.on(database),
        vectors=_OwnedElsewhere(),
        embedder=HashedEmbedder(),
        parser=_parser(),
        complete=_complete(settings),
        index_soon=index_soon,
        run_golden_soon=run_golden_soon,
        check_records=lambda: connection.ping(client),
    )
    return build_house(parts), client.close


def build_house(parts: Parts) -> House:
    """Every use case, each with the narrow collaborators that it names."""
    settings, records, clock = parts.settings, parts.repositories, utc_now
    vault = Vault(parts.secrets.encryption)
    passwords = Passwords()
    files = FileStore(settings.documents_dir)
    vectors = parts.vectors
    embedders = Embedders(
        parts.embedder, records=records.embedders, remake=lambda name: remake_embedder(name, settings)
    )
    find_assistants = FindAssistants(assistants=records.assistants)
    knowledge = RecordedKnowledge(
        assistants=records.assistants, documents=records.documents, chunks=records.chunks
    )
    search = SearchPassages(
        knowledge=knowledge, embedders=embedders, vectors=vectors, rerank=Rerank(parts.reranker)
    )
    places = PlaceFile(documents=records.documents, files=files)
    purge = PurgeDocument(
        documents=records.documents,
        chunks=records.chunks,
        places=places,
        embedders=embedders,
        vectors=vectors,
    )
    settle = SettleTurn(chats=records.chats, messages=records.messages, clock=clock)
    turns = TurnQueue(settings.turn_slots)
    reindex = ReindexDocument(documents=records.documents, index_soon=parts.index_soon)
    delete_assistant = DeleteAssistant(
        assistants=records.assistants,
        chats=records.chats,
        messages=records.messages,
        outbox=records.outbox,
        documents=records.documents,
        chunks=records.chunks,
        golden_questions=records.golden_questions,
        golden_runs=records.golden_runs,
        files=files,
        embedders=embedders,
        vectors=vectors,
    )
    compose = ComposeAnswer(
        recall=RecallTurns(messages=records.messages),
        search=search,
        prompt=ReadPrompt(knowledge=knowledge, files=files, search=search),
        complete=parts.complete,
    )
    outbound = Outbound(allowed=Allowed.of(settings.outbound_allow))
    add_document = AddDocument(
        assistants=records.assistants,
        delete_assistant=delete_assistant,
        documents=records.documents,
        files=files,
        places=places,
        clock=clock,
        max_bytes=settings.max_upload_mb << 20,
        index_soon=parts.index_soon,
    )
    return House(
        settings=settings,
        jwt_secret=parts.secrets.jwt,
        workplaces=Workplaces(PLACES if settings.mongo_uri else PLACES_BESIDE_DATABASE),
        authenticate=Authenticate(
            users=records.users,
            sessions=records.sessions,
            tokens=records.tokens,
            assistants=records.assistants,
            vault=vault,
            clock=clock,
        ),
        register_user=RegisterUser(
            users=records.users,
            passwords=passwords,
            clock=clock,
            open_to_all=settings.registration == "open",
            setup_token=parts.secrets.setup_token,
        ),
        sign_in=SignIn(users=records.users, sessions=records.sessions, passwords=passwords, clock=clock),
        issue_tokens=IssueTokens(tokens=records.tokens, vault=vault, clock=clock),
        manage_users=ManageUsers(
            users=records.users,
            sessions=records.sessions,
            tokens=records.tokens,
            assistants=records.assistants,
        ),
        add_assistant=AddAssistant(
            assistants=records.assistants, users=records.users, vault=vault, clock=clock
        ),
        find_assistants=find_assistants,
        update_assistant=UpdateAssistant(
            assistants=records.assistants,
            users=records.users,
            chats=records.chats,
            documents=records.documents,
            clock=clock,
        ),
        delete_assistant=delete_assistant,
        rotate_key=RotateKey(assistants=records.assistants, vault=vault, clock=clock),
        search_passages=search,
        answer_message=AnswerMessage(
            queue=turns,
            chats=records.chats,
            receive=ReceiveMessage(chats=records.chats, messages=records.messages, clock=clock),
            compose=compose,
            settle=settle,
        ),
        find_chats=FindChats(chats=records.chats, messages=records.messages, assistants=find_assistants),
        take_over=TakeOver(
            chats=records.chats, messages=records.messages, outbox=records.outbox, clock=clock
        ),
        deliver_replies=DeliverReplies(outbox=records.outbox, messages=records.messages),
        recover_turns=RecoverTurns(
            chats=records.chats, messages=records.messages, settle=settle, queue=turns
        ),
        add_document=add_document,
        add_several=AddSeveral(add_document=add_document, max_bytes=settings.max_upload_mb << 20),
        find_documents=FindDocuments(documents=records.documents, assistants=find_assistants, files=files),
        delete_document=DeleteDocument(
            assistants=records.assistants, documents=records.documents, purge=purge
        ),
        reindex_document=reindex,
        add_url=AddUrl(
            assistants=records.assistants,
            delete_assistant=delete_assistant,
            documents=records.documents,
            places=places,
            outbound=outbound,
            clock=clock,
            index_soon=parts.index_soon,
        ),
        refresh_document=RefreshDocument(documents=records.documents, index_soon=parts.index_soon),
        retry_document=RetryDocument(documents=records.documents, index_soon=parts.index_soon),
        read_chunks=ReadChunks(chunks=records.chunks),
        index_document=IndexDocument(
            assistants=records.assistants,
            documents=records.documents,
            chunks=records.chunks,
            obtain_file=ObtainFile(
                documents=records.documents,
                files=files,
                places=places,
                outbound=outbound,
                max_bytes=settings.max_upload_mb << 20,
            ),
            parser=parts.parser,
            embedders=embedders,
            vectors=vectors,
            places=places,
            purge=purge,
            delete_assistant=delete_assistant,
            progress=ReportProgress(documents=records.documents, clock=clock),
            lease=f"{os.getpid()}-{secrets.token_hex(4)}",
        ),
        reembed=ReembedAssistants(
            assistants=records.assistants, chunks=records.chunks, embedders=embedders, vectors=vectors
        ),
        find_golden=FindGolden(questions=records.golden_questions, runs=records.golden_runs),
        add_golden=AddGolden(assistants=records.assistants, questions=records.golden_questions, clock=clock),
        delete_golden=DeleteGolden(questions=records.golden_questions),
        start_golden_run=StartGoldenRun(
            assistants=records.assistants,
            questions=records.golden_questions,
            runs=records.golden_runs,
            clock=clock,
            run_soon=parts.run_golden_soon,
        ),
        run_golden=RunGolden(
            assistants=records.assistants,
            questions=records.golden_questions,
            runs=records.golden_runs,
            search=search,
            clock=clock,
        ),
        keep_consistent=KeepConsistent(
            assistants=records.assistants,
            documents=records.documents,
            chats=records.chats,
            files=files,
            vectors=vectors,
            delete_assistant=delete_assistant,
            check_knowledge=CheckKnowledge(
                documents=records.documents,
                chunks=records.chunks,
                embedders=embedders,
                vectors=vectors,
                purge=purge,
                reindex=reindex,
            ),
            check_files=CheckFiles(documents=records.documents, files=files, places=places),
        ),
        check_health=CheckHealth({"records": parts.check_records, "vectors": vectors.ping}),
    )


def _assemble(settings: Settings, ends: contextlib.ExitStack) -> Installation:
    kept = Secrets.of(settings)
    embedder = choose_embedder(settings)
    client = _records_client(settings, ends)
    database = connection.database(client, settings.mongo_db, embedded=not settings.mongo_uri)
    ensure_indexes(database)
    vectors = _vector_store(settings)
    ends.callback(vectors.close)
    parser = _parser()
    ends.callback(parser.close)
    background, golden_runs = Background(), GoldenRuns()
    parts = Parts(
        settings=settings,
        secrets=kept,
        repositories=Repositories.on(database),
        vectors=vectors,
        embedder=embedder,
        parser=parser,
        complete=_complete(settings),
        index_soon=background.index_soon,
        run_golden_soon=golden_runs.run_soon,
        check_records=lambda: connection.ping(client),
        reranker=choose_reranker(settings),
    )
    house = build_house(parts)
    house.reembed.notice()
    FileStore(settings.documents_dir).clear_incoming()
    door = OperatorDoor(settings.data_dir, _tasks(house, background, golden_runs))
    door.open()
    ends.callback(door.close)
    return Installation(house, background, golden_runs, kept.setup_token)


def _tasks(
    house: House, background: Background, golden_runs: GoldenRuns
) -> dict[str, Callable[[dict[str, Any]], Any]]:
    def index(asked: dict[str, Any]) -> int:
        documents = [one for one in house.index_document.with_work() if one.id in set(asked["ids"])]
        for document in documents:
            background.index_soon(document)
        return len(documents)

    def golden(asked: dict[str, Any]) -> int:
        runs = [one for one in house.run_golden.open_runs() if one.id in set(asked["ids"])]
        for run in runs:
            golden_runs.run_soon(run)
        return len(runs)

    return {
        "doctor": lambda asked: house.keep_consistent.check(fix=bool(asked.get("fix"))),
        "index": index,
        "golden": golden,
        "idle": lambda _: not house.index_document.with_work(),
    }


def _own(data_dir: Path) -> LockFile:
    lock = LockFile(data_dir / "server.lock")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        free = lock.acquire(5.0)
    except OSError as problem:
        raise SettingsError(f"DATA_DIR: {problem}") from problem
    if not free:
        raise SettingsError(
            f"Another process runs on {data_dir}. Stop it, or give this one its own DATA_DIR and DOCUMENTS_DIR."
        )
    return lock


def _records_client(settings: Settings, ends: contextlib.ExitStack) -> MongoClient[Any]:
    uri = settings.mongo_uri
    if not uri:
        embedded = EmbeddedDatabase(settings.data_dir / "db")
        uri = embedded.start()
        ends.callback(embedded.stop)
    client = connection.connect(uri)
    ends.callback(client.close)
    _wait_for(client)
    return client


def _wait_for(client: MongoClient[Any]) -> None:
    give_up = time.monotonic() + DATABASE_WAIT_S
    while True:
        try:
            connection.ping(client)
        except Unavailable:
            if time.monotonic() > give_up:
                raise SettingsError("MONGO_URI: the database server does not answer.") from None
            time.sleep(0.5)
        else:
            return


def _vector_store(settings: Settings) -> VectorStore:
    # chromadb takes a second to import: the command line beside a server does without it.
    if settings.chroma_url:
        from integrations.vectorstores.chroma_server import connect_chroma

        return connect_chroma(settings.chroma_url)
    from integrations.vectorstores.chroma_local import open_chroma

    return RememberedVectors(open_chroma(settings.data_dir / "chroma"))


def _parser() -> ChildParser:
    return ChildParser(max_seconds=PARSE_SECONDS, max_memory_mb=PARSE_MEMORY_MB)


def _complete(settings: Settings) -> CompletePrompt:
    provider = None
    if settings.openai_api_key or settings.openai_base_url:
        provider = OpenAICompatible(
            api_key=settings.openai_api_key, base_url=settings.openai_base_url, pool_size=settings.turn_slots
        )
    default = choose_default(
        llm_model=settings.llm_model, api_key=settings.openai_api_key, base_url=settings.openai_base_url
    )
    return CompletePrompt(
        offline=OfflineModel(), provider=provider, default_model=default, timeout_s=settings.llm_timeout_s
    )


def _secret(name: str, value: str, path: Path) -> str:
    return check_secret(name, value) if value else load_or_make_secret(path)


class _OwnedElsewhere:
    """A vector store that another process owns: nothing of it can be had from here."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object, **__: object) -> Any:
            raise Unavailable("The vectors belong to the running server.", code="vectors_owned")

        return refuse
