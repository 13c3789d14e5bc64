"""Cards of a fixed shape, their templates, pictures and links."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, jsonify, request

from kit.errors import Invalid
from models.actors import Actor
from models.callers import Caller
from models.cards import Card, CardWanted, Template
from models.generation import GenerationJob
from repositories.cards import CardFilter
from routes.blueprint import Blueprint
from routes.guards import caller, person
from routes.house import at_a_workplace, house
from routes.jobs import accepted, prefers_async
from routes.paging import listed
from routes.schemas import studio as schemas
from routes.schemas.fields import Deleted, ListArguments
from routes.schemas.generation import JobStartedOut
from services.studio.card_jobs import cards_done
from services.studio.find_cards import Picture

BYTES = {"type": "string", "format": "binary"}
ACCEPTED = (
    "With `async=true` or `Prefer: respond-async`, and when it takes longer than `CARD_WAIT_S`: `Location` says "
    "where the job is, whose `result` will be this answer. In the first two cases the same `Idempotency-Key` again "
    "is the same job."
)
blueprint = Blueprint("studio", __name__, url_prefix="/studio", description="Cards that a model writes.")


@blueprint.path("/templates")
@caller
@blueprint.takes(ListArguments, "query")
@blueprint.gives(200, schemas.TemplateOut(many=True))
def list_templates(args: dict[str, Any], caller: Caller) -> Any:
    """The kinds of card: those built in, then one's own by name."""
    find, owner_id = house().studio.templates, caller.owner_id
    return listed(args, partial(find.page, owner_id), partial(find.count, owner_id))


@blueprint.path("/templates", "POST")
@person
@blueprint.takes(schemas.TemplateIn)
@blueprint.gives(201, schemas.TemplateOut)
def add_template(body: dict[str, Any], actor: Actor) -> Template:
    """Add a kind of card of one's own."""
    return house().studio.templates.add(schemas.template_of(body["name"], actor.user_id, body))


@blueprint.path("/templates/<template_name>")
@caller
@blueprint.gives(200, schemas.TemplateOut)
def get_template(template_name: str, caller: Caller) -> Template:
    """One kind of card."""
    return house().studio.templates.get(caller.owner_id, template_name)


@blueprint.path("/templates/<template_name>", "PUT")
@person
@blueprint.takes(schemas.TemplateChange)
@blueprint.gives(200, schemas.TemplateOut)
def change_template(body: dict[str, Any], template_name: str, actor: Actor) -> Template:
    """Write a kind of card of one's own anew; cards that were made by it stay as they are.

    What was got may be sent back unchanged.
    """
    if body.get("name", template_name) != template_name:
        raise Invalid.field("name", "Is read-only.")
    return house().studio.templates.change(schemas.template_of(template_name, actor.user_id, body))


@blueprint.path("/templates/<template_name>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete_template(template_name: str, actor: Actor) -> dict[str, str]:
    """Delete a kind of card of one's own; cards that were made by it stay."""
    house().studio.templates.delete(actor.user_id, template_name)
    return {"message": "The template is gone."}


@blueprint.path("/cards", "POST")
@at_a_workplace
@caller
@blueprint.takes(schemas.CardArguments, "query")
@blueprint.takes(schemas.CardIn)
@blueprint.gives(201, schemas.CardsOut)
@blueprint.may_give(202, JobStartedOut, ACCEPTED)
def make(args: dict[str, Any], wanted: CardWanted, caller: Caller) -> Any:
    """Make a card, or one by each of several models; their pictures are drawn in the background.

    Without a language model (`offline`) the card is a plain one, and says so.
    """
    in_time, prefers = house().studio.make_in_time, prefers_async()
    if args["in_background"] or prefers:
        job = in_time.start(caller, wanted, request.headers.get("Idempotency-Key", ""))
        return accepted(job, {"Preference-Applied": "respond-async"} if prefers else {})
    made = in_time.make(caller, wanted)
    if isinstance(made, GenerationJob):
        return accepted(made)
    body = schemas.shown(made.cards, cards_done(made, wanted))
    return jsonify(body), 201, {"Location": f"/studio/cards/{made.cards[0].id}"}


@blueprint.path("/cards")
@caller
@blueprint.takes(schemas.CardListArguments, "query")
@blueprint.gives(200, schemas.CardOut(many=True))
def list_cards(args: dict[str, Any], caller: Caller) -> Any:
    """The cards, newest first unless told."""
    find, actor = house().studio.find_cards, caller.actor
    wanted = CardFilter(template=args["template"], model=args["model"], text=args["q"])
    descending = not schemas.is_ascending(args)
    return listed(
        args,
        partial(find.page, actor, wanted, sort=args["sort"], descending=descending),
        partial(find.count, actor, wanted),
    )


@blueprint.path("/cards/<card_id>")
@caller
@blueprint.gives(200, schemas.CardOut)
def get(card_id: str, caller: Caller) -> Card:
    """One card."""
    return house().studio.find_cards.get(caller.actor, card_id)


@blueprint.path("/cards/<card_id>", "DELETE")
@person
@blueprint.gives(200, Deleted)
def delete(card_id: str, actor: Actor) -> dict[str, str]:
    """Delete a card, its picture and its link."""
    find = house().studio.find_cards
    find.delete(find.get(actor, card_id))
    return {"message": "The card is gone."}


@blueprint.path("/cards/<card_id>/image")
@caller
@blueprint.gives(200, BYTES, content_type="image/*")
def picture(card_id: str, caller: Caller) -> Response:
    """Its picture: JPEG once one was drawn, else the placeholder as SVG."""
    find = house().studio.find_cards
    return picture_response(find.picture(find.get(caller.actor, card_id)))


@blueprint.path("/cards/<card_id>/pdf")
@caller
@blueprint.gives(200, BYTES, content_type="application/pdf")
def pdf(card_id: str, caller: Caller) -> Response:
    """The card as a PDF of one page, with its picture."""
    studio = house().studio
    found = studio.find_cards.get(caller.actor, card_id)
    response = Response(studio.print_card.pdf(found), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.template}-{found.id}.pdf"'
    return response


@blueprint.path("/cards/<card_id>/image", "POST")
@person
@blueprint.gives(202, schemas.CardOut)
def draw_again(card_id: str, actor: Actor) -> Card:
    """Have its picture drawn again, in the background; until then the one before is shown."""
    studio = house().studio
    return studio.draw_card.again(studio.find_cards.get(actor, card_id))


@blueprint.path("/cards/<card_id>/share", "POST")
@person
@blueprint.gives(201, schemas.SharedOut)
def share(card_id: str, actor: Actor) -> dict[str, str]:
    """Open a page that shows this card alone to whoever has the link."""
    find = house().studio.find_cards
    return {"share_url": f"/shared/cards/{find.share(find.get(actor, card_id)).share}"}


@blueprint.path("/cards/<card_id>/share", "DELETE")
@person
@blueprint.gives(200, Deleted)
def unshare(card_id: str, actor: Actor) -> dict[str, str]:
    """Close that page; a later link is another one."""
    find = house().studio.find_cards
    find.unshare(find.get(actor, card_id))
    return {"message": "The link is gone."}


def picture_response(found: Picture) -> Response:
    """A picture that, opened by itself, can do nothing but be seen."""
    response = Response(found.data, mimetype=found.mimetype)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
