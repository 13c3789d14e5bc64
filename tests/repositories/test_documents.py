from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pymongo.database import Database

from kit.clock import utc_now
from kit.ids import new_id
from models.actors import Actor, ActorKind
from models.documents import Document, DocumentStatus, DocumentType, Stage, Step
from models.jobs import JobState
from repositories.documents import DocumentRepository
from repositories.scope import WHOLE, Scope
from repositories.values import Record
from tests.made import ASSISTANT, OWNER, a_document

SCOPE = Scope(assistant_id=ASSISTANT)


@pytest.fixture
def documents(database: Database[Record]) -> DocumentRepository:
    return DocumentRepository(database)


def kept(documents: DocumentRepository, **more: object) -> Document:
    document = a_document(**more)
    documents.add(document)
    return document


def now(documents: DocumentRepository, document: Document) -> Document:
    found = documents.get_any(document.id)
    assert found is not None
    return found


def test_a_document_comes_back_as_it_was_kept(documents: DocumentRepository) -> None:
    one = kept(
        documents,
        filename="Preços – julho.pdf",
        status=DocumentStatus.READY,
        progress=100,
        error="…",
        chunks=7,
        title="Preços",
        language="pt",
        pages=3,
        live_version=2,
        replaced_by=(new_id(), new_id()),
        lease="1-a",
        attempts=1,
        aside=True,
    )
    assert documents.get(SCOPE, one.id) == one
    assert documents.get(Scope.of(Actor(ActorKind.PERSON, user_id=OWNER)), one.id) == one
    assert documents.get(Scope(assistant_id=new_id()), one.id) is None
    assert documents.page(SCOPE, 5).items == (one,)


def test_lists_are_newest_first_in_pages_and_hold_no_deleted_one(documents: DocumentRepository) -> None:
    made = [kept(documents) for _ in range(5)]
    theirs = kept(documents, assistant_id=new_id(), owner_id=new_id())
    documents.mark_deleted(made[2])
    left = [made[4], made[3], made[1], made[0]]
    first = documents.page(SCOPE, 3)
    rest = documents.page(SCOPE, 3, first.next_cursor)
    assert [*first.items, *rest.items] == left
    assert rest.next_cursor == ""
    assert documents.count(SCOPE) == 4
    assert documents.page(WHOLE, 9).items == (theirs, *left)
    assert documents.of_assistant(ASSISTANT) == left[::-1]
    assert [one.id for one in documents.all_of(ASSISTANT)] == [one.id for one in made]
    assert len(list(documents.each())) == 6


def test_a_name_is_one_of_its_assistant_and_type(documents: DocumentRepository) -> None:
    one = kept(documents, filename="a.md")
    two = kept(documents, filename="a.md")
    deleted = kept(documents, filename="a.md")
    kept(documents, filename="a.md", type=DocumentType.PROMPT)
    kept(documents, filename="a.md", assistant_id=new_id())
    kept(documents, filename="A.md")
    documents.mark_deleted(deleted)
    assert documents.same_name(two) == [one]
    assert documents.same_name(a_document(filename="a.md")) == [one, two]
    assert documents.of_assistant(ASSISTANT, DocumentType.PROMPT)[0].filename == "a.md"
    assert documents.by_ids(ASSISTANT, [two.id, deleted.id, new_id(), one.id]) == [two, one]


def test_one_that_is_added_as_deleted_is_shown_once(documents: DocumentRepository) -> None:
    one = kept(documents, deleted=True)
    assert documents.get(SCOPE, one.id) is None
    assert documents.same_name(replace(one, id=new_id())) == []
    assert [found.id for found in documents.with_work()] == [one.id]  # a sweep would remove it
    assert documents.show(one)
    assert documents.get(SCOPE, one.id) == replace(one, deleted=False)
    assert not documents.show(one)
    assert not documents.show(a_document())


def test_work_is_claimed_by_one_and_counted(documents: DocumentRepository) -> None:
    one = kept(documents)
    assert documents.claim(one, "process-1")
    assert not documents.claim(one, "process-2")  # it was free when that one looked
    assert documents.claim(now(documents, one), "process-3")  # process-1 is gone: its lease is void
    assert now(documents, one).attempts == 2
    documents.give_back(now(documents, one), "The server is away.", counts=False)
    assert now(documents, one) == replace(one, attempts=1, claims=2, error="The server is away.")
    assert documents.claim(now(documents, one), "process-4")
    documents.give_back(now(documents, one), "It broke.", counts=True)
    assert now(documents, one) == replace(one, attempts=2, claims=3, error="It broke.")


def test_a_claim_says_its_first_step_and_tells_the_document_as_it_is_then(
    documents: DocumentRepository,
) -> None:
    one = kept(documents)
    step = Step(Stage.PARSING, 2, one.created_at + timedelta(seconds=7))
    claimed = documents.claim(one, "process-1", step)
    assert claimed == now(documents, one)
    assert claimed == replace(
        one,
        lease="process-1",
        attempts=1,
        claims=1,
        status=DocumentStatus.PROCESSING,
        stage=step.stage,
        progress=step.progress,
        ready_by=step.ready_by,
    )
    documents.give_back(claimed, "The server is away.", counts=False)
    assert not documents.claim(one, "process-2")  # somebody had it meanwhile, and its number
    assert now(documents, one) == replace(one, claims=1, error="The server is away.")


def test_one_whose_claims_an_older_version_did_not_count_can_be_claimed(
    documents: DocumentRepository, database: Database[Record]
) -> None:
    one = kept(documents)
    unset = {"claims": "", "progress": "", "replaces": ""}
    database["documents"].update_one({"_id": one.id}, {"$unset": unset})
    assert now(documents, one) == replace(one, replaces=True)  # nobody knows
    assert documents.claim(one, "process-1") == replace(one, lease="process-1", attempts=1, claims=1)
    assert now(documents, one).claims == 1


def test_who_lost_the_work_to_another_writes_no_more(documents: DocumentRepository) -> None:
    one = kept(documents)
    documents.claim(one, "process-1")
    mine = now(documents, one)
    documents.claim(mine, "process-2")
    theirs = now(documents, one)
    assert (mine.claims, theirs.claims) == (1, 2)
    assert not documents.set_progress(mine, Step(Stage.INDEXING, 40))
    assert not documents.set_ready(replace(mine, live_version=1))
    assert not documents.set_failed(mine, "It takes too long.")
    assert not documents.set_fetched(mine)
    documents.give_back(mine, "The server is away.", counts=False)
    assert now(documents, one) == theirs
    assert documents.set_ready(replace(theirs, live_version=2))


def test_one_in_answers_is_not_said_to_wait_when_tidying_up_fails(documents: DocumentRepository) -> None:
    one = kept(documents)
    documents.claim(one, "process-1")
    ready = replace(now(documents, one), live_version=1, chunks=1)
    documents.set_ready(ready)
    documents.give_back(ready, "The server is away.", counts=False)
    at_rest = replace(
        ready, status=DocumentStatus.READY, stage=Stage.READY, progress=100, attempts=0, lease=""
    )
    assert now(documents, one) == at_rest
    assert [found.id for found in documents.with_work()] == [one.id]


def test_a_document_goes_from_pending_over_processing_to_ready(documents: DocumentRepository) -> None:
    one = kept(documents)
    by = one.created_at + timedelta(seconds=7)
    assert documents.set_progress(one, Step(Stage.INDEXING, 40, by))
    under_way = replace(one, status=DocumentStatus.PROCESSING, stage=Stage.INDEXING, progress=40, ready_by=by)
    assert now(documents, one) == under_way
    ready = replace(
        one, chunks=3, title="T", language="fr", pages=2, live_version=1, words=9, warnings=("Odd.",)
    )
    assert documents.set_ready(ready)
    assert now(documents, one) == replace(ready, status=DocumentStatus.READY, stage=Stage.READY, progress=100)
    assert documents.with_work() != []  # tidying up is left
    assert documents.end_work(one.assistant_id, one.id)
    assert documents.with_work() == []
    assert not documents.claim(now(documents, one), "process-1")


def test_one_in_answers_stays_ready_while_it_is_read_anew(documents: DocumentRepository) -> None:
    one = kept(documents, status=DocumentStatus.READY, progress=100, live_version=1)
    assert documents.reopen(one)
    assert (now(documents, one).status, now(documents, one).progress) == (DocumentStatus.READY, 0)
    assert documents.set_progress(one, Step(Stage.PARSING, 40))
    assert documents.set_failed(one, "It broke.")
    failed = now(documents, one)
    assert (failed.status, failed.stage, failed.error) == (DocumentStatus.READY, Stage.READY, "It broke.")


def test_one_that_cannot_be_read_says_why_until_it_is_asked_for_again(documents: DocumentRepository) -> None:
    one = kept(documents)
    assert documents.set_failed(one, "It is empty.")
    assert (now(documents, one).status, now(documents, one).error) == (DocumentStatus.FAILED, "It is empty.")
    assert documents.with_work() == []
    assert documents.reopen(one)
    assert (now(documents, one).status, now(documents, one).error) == (DocumentStatus.PENDING, None)
    assert [found.id for found in documents.with_work()] == [one.id]


def test_of_two_who_try_a_failed_one_again_one_does(documents: DocumentRepository) -> None:
    one = kept(documents)
    assert not documents.retry(one)  # it waits to be read
    documents.set_failed(one, "It is empty.")
    failed = now(documents, one)
    assert failed.stage is Stage.FAILED
    assert documents.retry(failed)
    assert not documents.retry(failed)
    assert now(documents, one) == one


def test_a_record_from_before_there_were_stages_has_one(
    documents: DocumentRepository, database: Database[Record]
) -> None:
    one = kept(documents, status=DocumentStatus.READY, progress=100)
    database["documents"].update_one({"_id": one.id}, {"$unset": {"stage": "", "ready_by": "", "words": ""}})
    assert now(documents, one) == replace(one, stage=Stage.READY)


def test_a_page_is_asked_for_at_rest_and_fetched_under_its_new_name(documents: DocumentRepository) -> None:
    one = kept(documents, source_url="https://example.com/a", fetch_due=True)
    assert now(documents, one) == one
    assert not documents.ask_for_fetch(one)  # it waits to be fetched
    pdf = replace(one, filename="a.pdf", size=9, sha256="1" * 64, fetch_due=False)
    assert documents.set_fetched(pdf)
    assert now(documents, one) == pdf
    assert [found.id for found in documents.same_name(replace(pdf, id=new_id()))] == [one.id]
    ready = replace(pdf, live_version=1, chunks=1)
    documents.set_ready(ready)
    assert not documents.ask_for_fetch(pdf)  # it was looked at before it was ready
    assert documents.ask_for_fetch(ready)
    assert now(documents, one) == replace(
        ready, status=DocumentStatus.READY, stage=Stage.QUEUED, fetch_due=True
    )
    documents.mark_deleted(one)
    assert not documents.set_fetched(pdf)


def test_asking_anew_is_not_lost_to_work_that_just_ends(documents: DocumentRepository) -> None:
    one = kept(documents)
    ready = replace(one, live_version=1)
    documents.set_ready(ready)
    assert not documents.reopen(one)  # it was looked at before it was ready
    assert documents.reopen(ready)
    assert not documents.end_work(ready.assistant_id, ready.id)
    assert [found.id for found in documents.with_work()] == [one.id]


def test_the_work_on_several_ends_at_once_where_nothing_is_left(documents: DocumentRepository) -> None:
    done, other = kept(documents), kept(documents)
    foreign = replace(a_document(), assistant_id=new_id())
    waits = kept(documents)
    documents.add(foreign)
    for one in (done, other, foreign):
        documents.set_ready(replace(one, live_version=1))
    assert documents.end_work(done.assistant_id, *(one.id for one in (done, other, foreign, waits))) == 2
    assert {found.id for found in documents.with_work()} == {foreign.id, waits.id}


def test_a_deleted_one_changes_no_more_and_is_forgotten_last(documents: DocumentRepository) -> None:
    one = kept(documents, status=DocumentStatus.READY, progress=100, live_version=1)
    documents.end_work(one.assistant_id, one.id)
    assert documents.mark_deleted(one)
    assert not documents.mark_deleted(one)
    assert documents.get(SCOPE, one.id) is None
    assert [found.id for found in documents.with_work()] == [one.id]
    changes = [
        documents.claim(now(documents, one), "x"),
        documents.set_progress(one, Step(Stage.INDEXING, 50)),
        documents.set_ready(one),
        documents.set_failed(one, "x"),
        documents.reopen(one),
        documents.retry(one),
        documents.end_work(one.assistant_id, one.id),
    ]
    assert not any(changes)
    assert now(documents, one).deleted
    documents.forget(one)
    assert documents.get_any(one.id) is None


def test_what_replaces_it_is_noted_once_and_where_its_file_lies(documents: DocumentRepository) -> None:
    one, newer = kept(documents), new_id()
    for _ in range(2):
        documents.replaced_by(one, newer)
    documents.set_aside(one, aside=True)
    assert now(documents, one) == replace(one, replaced_by=(newer,), aside=True)
    documents.set_aside(one, aside=False)
    assert not now(documents, one).aside


def test_documents_follow_their_assistant_and_go_with_it(documents: DocumentRepository) -> None:
    mine, theirs = kept(documents), kept(documents, assistant_id=new_id())
    heir = new_id()
    documents.change_owner(ASSISTANT, heir)
    assert documents.page(Scope(owner_id=heir), 5).items == (replace(mine, owner_id=heir),)
    assert documents.delete_all_of(ASSISTANT) == 1
    assert list(documents.each()) == [theirs]


def test_what_waits_is_read_by_owner_and_assistant(documents: DocumentRepository) -> None:
    mine, theirs = kept(documents), kept(documents, owner_id=new_id())
    keys = [f"{one.owner_id}:{one.assistant_id}:{one.id}" for one in (mine, theirs)]
    assert documents.queued("", "\x7f", 5) == sorted(keys)
    assert documents.queued("", "\x7f", 1) == sorted(keys)[:1]
    assert documents.queued(f"{theirs.owner_id}:", f"{theirs.owner_id};", 5) == keys[1:]
    staged = kept(documents, deleted=True)
    documents.queue_left_over(staged.created_at)
    assert documents.queued("", "\x7f", 5) == sorted(keys)
    documents.queue_left_over(staged.created_at + timedelta(seconds=1))
    assert len(documents.queued("", "\x7f", 5)) == 3
    documents.forget(staged)
    documents.set_failed(mine, "It broke.")
    assert documents.queued("", "\x7f", 5) == keys[1:]
    documents.retry(now(documents, mine))
    documents.mark_deleted(theirs)
    assert documents.queued("", "\x7f", 5) == sorted(keys)


def test_open_work_is_counted_since_it_was_asked_for(documents: DocumentRepository) -> None:
    waiting, taken, at_rest = kept(documents), kept(documents), kept(documents, progress=100)
    hidden = a_document(deleted=True)
    documents.add(hidden)  # not shown yet: its file is still coming
    assert documents.claim(taken, "1-a")
    assert documents.end_work(at_rest.assistant_id, at_rest.id)
    before = utc_now()
    assert documents.mark_deleted(waiting)  # is work too, and begins now

    found = sorted(documents.open_work(10), key=lambda one: one.state)
    assert [one.state for one in found] == [JobState.RUNNING, JobState.WAITING]
    assert found[1].since >= before
    assert len(documents.open_work(1)) == 1
