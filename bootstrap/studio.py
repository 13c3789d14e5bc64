"""How the use cases of the studio are put together."""

from __future__ import annotations

from bootstrap.parts import Parts
from bootstrap.shared import Shared
from integrations.images.choose import choose_image_maker
from kit.clock import utc_now
from services.generation.queue_job import QueueJob
from services.studio.card_jobs import CardJobs, MakeCardInTime
from services.studio.draw_card import DrawCard
from services.studio.find_cards import FindCards
from services.studio.make_card import MakeCard
from services.studio.print_card import PrintCard
from services.studio.templates import Templates
from services.studio.use_cases import StudioUseCases


def build(parts: Parts, shared: Shared) -> StudioUseCases:
    """Cards, their templates and their pictures."""
    records, settings = parts.repositories, parts.settings
    draws = settings.image_model if settings.image_gen_enabled else ""
    templates = Templates(templates=records.card_templates, clock=utc_now)
    make_card = MakeCard(
        ask=shared.structured,
        belonging=shared.belonging,
        templates=templates,
        cards=records.cards,
        turns=shared.turns,
        clock=utc_now,
        draws=draws,
        draw_soon=parts.draw_soon,
    )
    return StudioUseCases(
        templates=templates,
        make_card=make_card,
        make_in_time=MakeCardInTime(
            make_card=make_card,
            jobs=records.generation_jobs,
            queue=QueueJob(jobs=records.generation_jobs, clock=utc_now, run_soon=parts.generate_soon),
            clock=utc_now,
            wait_s=settings.card_wait_s,
        ),
        card_jobs=CardJobs(make_card=make_card, cards=records.cards),
        find_cards=FindCards(
            cards=records.cards, images=records.card_images, assistants=shared.find_assistants
        ),
        print_card=PrintCard(templates=templates, images=records.card_images),
        draw_card=DrawCard(
            cards=records.cards,
            images=records.card_images,
            templates=templates,
            complete=shared.metered.models.complete,
            maker=choose_image_maker(settings) if draws else None,
            draws=draws,
            draw_soon=parts.draw_soon,
        ),
    )
