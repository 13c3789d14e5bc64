"""What the doors can ask of the studio."""

from __future__ import annotations

from dataclasses import dataclass

from services.studio.card_jobs import CardJobs, MakeCardInTime
from services.studio.draw_card import DrawCard
from services.studio.find_cards import FindCards
from services.studio.make_card import MakeCard
from services.studio.print_card import PrintCard
from services.studio.templates import Templates


@dataclass(frozen=True)
class StudioUseCases:
    """Cards, their templates and their pictures."""

    templates: Templates
    make_card: MakeCard
    make_in_time: MakeCardInTime
    card_jobs: CardJobs
    find_cards: FindCards
    draw_card: DrawCard
    print_card: PrintCard
