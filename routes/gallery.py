"""The pages of cards: the gallery, a card's own, the form, and a card that was shared by its link."""

from __future__ import annotations

from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader

from models.cards import PictureState
from routes.console import FOLDER
from routes.guards import anybody
from routes.house import house
from routes.studio import picture_response

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
blueprint = Blueprint("gallery", __name__)
_pages = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)


@blueprint.get("/gallery")
@blueprint.get("/cocktails/")
@anybody
def gallery() -> Response:
    """All cards, or the cocktails among them."""
    return _page("gallery", "Gallery")


@blueprint.get("/gallery/new")
@blueprint.get("/generate/")
@anybody
def new() -> Response:
    """The form for a new card."""
    return _page("new", "New card")


@blueprint.get("/gallery/<card_id>")
@anybody
def card(card_id: str) -> Response:
    """A card's own page; what it shows is asked for with the reader's credential."""
    del card_id
    return _page("card", "Card")


@blueprint.get("/shared/cards/<share>")
@anybody
def shared(share: str) -> Response:
    """One card, to whoever has its link."""
    studio = house().studio
    found = studio.find_cards.shared(share)
    picture = "" if found.picture is PictureState.NONE else f"/shared/cards/{share}/image"
    html = _pages.get_template("shared_card.html").render(
        card=found, fields=studio.print_card.lines(found), picture=picture
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Frame-Options"] = "DENY"
    return response


@blueprint.get("/shared/cards/<share>/image")
@anybody
def shared_picture(share: str) -> Response:
    """Its picture."""
    find = house().studio.find_cards
    return picture_response(find.picture(find.shared(share)))


def _page(name: str, title: str) -> Response:
    """One of the pages that ``gallery.js`` fills: they are alike but for their names."""
    html = _pages.get_template("cards.html").render(name=name, title=title)
    response = Response(html, mimetype="text/html")
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-cache"
    return response
