"""The bots' route, and what people see of chats and do in them."""

from __future__ import annotations

from functools import partial
from typing import Any

from models.actors import Actor
from models.assistants import Assistant
from models.chats import Channel, Chat, Message
from repositories.chats import ChatFilter
from routes.blueprint import Blueprint
from routes.events import EVENT, streamed
from routes.guards import bot, person
from routes.house import at_a_workplace, house
from routes.paging import listed
from routes.schemas import chats as schemas
from routes.schemas.fields import Deleted, ListArguments
from services.chats.turns import Incoming

blueprint = Blueprint("chats", __name__, url_prefix="/chats", description="Turns, chats, people's replies.")


@blueprint.path("/enviarMensagemLLM", "POST")
@at_a_workplace
@bot
@blueprint.says(responses={200: {"content": {"text/event-stream": {"schema": EVENT}}}})
@blueprint.takes(schemas.MessageIn)
@blueprint.gives(200, schemas.AnswerOut)
def answer_message(body: dict[str, Any], assistant: Assistant) -> Any:
    """Answer what a contact wrote.

    The same ``message_id`` again gives the same answer and no second turn; after a failed turn it runs that turn
    again. With ``stream: true`` the answer is ``text/event-stream``: events ``token`` ({text}), then one ``done``
    (this answer) or ``error`` (the error body).
    """
    incoming = Incoming(
        channel=Channel(body["id"], body["message_service"]),
        message=body["message"],
        username=body["username"] or "",
        active=body["active"],
        message_id=body["message_id"] or "",
        model=body["model"] or "",
        guide_id=body["guide_id"] or "",
    )
    if body["stream"]:
        return streamed(house().chats.answer_message.stream(assistant, incoming), schemas.AnswerOut().dump)
    return house().chats.answer_message.answer(assistant, incoming)


@blueprint.path("/list")
@person
@blueprint.takes(schemas.ChatListArguments, "query")
@blueprint.gives(200, schemas.ChatOut(many=True))
def list_chats(args: dict[str, Any], actor: Actor) -> Any:
    """The caller's chats, newest first."""
    return _listed(actor, args, active=None)


@blueprint.path("/listarAtivos")
@person
@blueprint.takes(schemas.ChatListArguments, "query")
@blueprint.gives(200, schemas.ChatOut(many=True))
def list_active(args: dict[str, Any], actor: Actor) -> Any:
    """Those that the assistant answers."""
    return _listed(actor, args, active=True)


@blueprint.path("/listarInativos")
@person
@blueprint.takes(schemas.ChatListArguments, "query")
@blueprint.gives(200, schemas.ChatOut(many=True))
def list_inactive(args: dict[str, Any], actor: Actor) -> Any:
    """Those that a person has taken over."""
    return _listed(actor, args, active=False)


@blueprint.path("/get/<chat_name:name>")
@person
@blueprint.gives(200, schemas.ChatOut)
def get(name: str, actor: Actor) -> Chat:
    """One chat, by its id or by the channel's id of its contact."""
    return house().chats.find_chats.get(actor, name)


@blueprint.path("/messages/<chat_name:name>")
@person
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.MessageOut(many=True))
def messages(args: dict[str, Any], name: str, actor: Actor) -> Any:
    """A chat's messages by turn, oldest first."""
    find = house().chats.find_chats
    chat = find.get(actor, name)
    return listed(
        args,
        partial(find.messages, actor, chat),
        partial(find.count_messages, chat),
    )


@blueprint.path("/desativar/<chat_name:name>", "PUT")
@person
@blueprint.gives(200, schemas.ChatOut)
def deactivate(name: str, actor: Actor) -> Chat:
    """Take a chat over: the assistant is silent in it."""
    return house().chats.take_over.set_active(house().chats.find_chats.get(actor, name), active=False)


@blueprint.path("/ativar/<chat_name:name>", "PUT")
@person
@blueprint.gives(200, schemas.ChatOut)
def activate(name: str, actor: Actor) -> Chat:
    """Hand a chat back to the assistant."""
    return house().chats.take_over.set_active(house().chats.find_chats.get(actor, name), active=True)


@blueprint.path("/guide/<chat_name:name>", "PUT")
@person
@blueprint.takes(schemas.OfferIn)
@blueprint.gives(200, schemas.ChatOut)
def offer_guide(body: dict[str, str | None], name: str, actor: Actor) -> Chat:
    """Offer a guide in a chat, or end it: what it lacks is asked for, one thing at a time, then it is followed."""
    chat = house().chats.find_chats.get(actor, name)
    return house().chats.take_over.offer_guide(chat, body["guide_id"])


@blueprint.path("/opt_out/<chat_name:name>", "PUT")
@person
@blueprint.may_take(schemas.OptOutIn)
@blueprint.gives(200, schemas.ChatOut)
def opt_out(body: dict[str, bool], name: str, actor: Actor) -> Chat:
    """Note that a contact wants no pushes; with ``opted_out: false`` that they want them again."""
    chat = house().chats.find_chats.get(actor, name)
    return house().chats.take_over.set_opted_out(chat, opted_out=body["opted_out"])


@blueprint.path("/reply/<chat_name:name>", "POST")
@person
@blueprint.takes(schemas.ReplyIn)
@blueprint.gives(201, schemas.MessageOut)
def reply(body: dict[str, str], name: str, actor: Actor) -> Message:
    """A person's reply: added to the chat, and in the assistant's outbox until the bot has delivered it."""
    return house().chats.take_over.reply(actor, house().chats.find_chats.get(actor, name), body["message"])


@blueprint.path("/delete/<chat_name:name>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(name: str, actor: Actor) -> dict[str, str]:
    """Delete a chat with its messages."""
    house().chats.take_over.delete(house().chats.find_chats.get(actor, name))
    return {"message": "The chat and its messages are gone."}


@blueprint.path("/outbox")
@bot
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.WaitingOut(many=True))
def outbox(args: dict[str, Any], assistant: Assistant) -> Any:
    """People's replies that wait to be delivered, oldest first."""
    deliver = house().chats.deliver_replies
    return listed(
        args,
        partial(deliver.waiting, assistant),
        partial(deliver.count, assistant),
    )


@blueprint.path("/outbox/ack", "POST")
@bot
@blueprint.takes(schemas.AckIn)
@blueprint.gives(200, schemas.AckOut)
def acknowledge(body: dict[str, list[str]], assistant: Assistant) -> dict[str, int]:
    """Say that replies were delivered; until then they are offered again."""
    return {"acknowledged": house().chats.deliver_replies.acknowledge(assistant, body["ids"])}


def _listed(actor: Actor, args: dict[str, Any], *, active: bool | None) -> Any:
    """Active or inactive chats; ``None``: both."""
    find = house().chats.find_chats
    wanted = ChatFilter(
        assistant_id=args["assistant_id"],
        message_service=args["message_service"],
        text=args["q"],
        since=args["since"],
        until=args["until"],
        active=active,
    )
    return listed(
        args,
        partial(find.page, actor, wanted),
        partial(find.count, actor, wanted),
    )
