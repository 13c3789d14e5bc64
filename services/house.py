"""Everything a running installation can do, under one roof for the doors to call."""

from __future__ import annotations

from dataclasses import dataclass

from kit.settings import Settings
from kit.workplaces import Workplaces
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
from services.chats.deliver_replies import DeliverReplies
from services.chats.find_chats import FindChats
from services.chats.recover_turns import RecoverTurns
from services.chats.take_over import TakeOver
from services.documents.add_document import AddDocument
from services.documents.add_several import AddSeveral
from services.documents.add_url import AddUrl
from services.documents.delete_document import DeleteDocument
from services.documents.find_documents import FindDocuments
from services.documents.index_document import IndexDocument
from services.documents.read_chunks import ReadChunks
from services.documents.reembed import ReembedAssistants
from services.documents.refresh_document import RefreshDocument
from services.documents.reindex_document import ReindexDocument
from services.documents.retry_document import RetryDocument
from services.golden.add_golden import AddGolden
from services.golden.delete_golden import DeleteGolden
from services.golden.find_golden import FindGolden
from services.golden.run_golden import RunGolden
from services.golden.start_golden_run import StartGoldenRun
from services.retrieval.search_passages import SearchPassages
from services.upkeep.check_health import CheckHealth
from services.upkeep.keep_consistent import KeepConsistent


@dataclass(frozen=True)
class House:
    """The use cases, built by ``bootstrap`` and shared by every thread."""

    settings: Settings
    jwt_secret: str
    workplaces: Workplaces
    authenticate: Authenticate
    register_user: RegisterUser
    sign_in: SignIn
    issue_tokens: IssueTokens
    manage_users: ManageUsers
    add_assistant: AddAssistant
    find_assistants: FindAssistants
    update_assistant: UpdateAssistant
    delete_assistant: DeleteAssistant
    rotate_key: RotateKey
    search_passages: SearchPassages
    answer_message: AnswerMessage
    find_chats: FindChats
    take_over: TakeOver
    deliver_replies: DeliverReplies
    recover_turns: RecoverTurns
    add_document: AddDocument
    add_several: AddSeveral
    add_url: AddUrl
    refresh_document: RefreshDocument
    find_documents: FindDocuments
    delete_document: DeleteDocument
    reindex_document: ReindexDocument
    reembed: ReembedAssistants
    retry_document: RetryDocument
    read_chunks: ReadChunks
    index_document: IndexDocument
    find_golden: FindGolden
    add_golden: AddGolden
    delete_golden: DeleteGolden
    start_golden_run: StartGoldenRun
    run_golden: RunGolden
    keep_consistent: KeepConsistent
    check_health: CheckHealth
