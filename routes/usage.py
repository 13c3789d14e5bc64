"""What was used, how near the limits are, and the log of model calls."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Response, request

from kit.clock import utc_now
from kit.errors import Invalid
from models.actors import Actor
from models.usage import CallFilter
from routes.blueprint import Blueprint
from routes.guards import owner
from routes.house import house
from routes.paging import listed
from routes.schemas import usage as schemas
from services.usage.find_usage import UsageWanted
from services.usage.usage_csv import write_usage

CSV = "text/csv"
blueprint = Blueprint("usage", __name__, description="What was used, and the log of model calls.")


@blueprint.path("/usage")
@owner
@blueprint.takes(schemas.UsageArguments, "query")
@blueprint.gives(200, schemas.UsageOut(many=True))
@blueprint.says(responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}})
def usage(args: dict[str, Any], actor: Actor) -> Any:
    """Tokens, money and calls of the assistants that the caller owns (an admin: of all), by day at the finest.

    A client's monthly sheet: `?assistant_id=…&month=2026-11&group_by=assistant,day,model&format=csv`.
    """
    since, until, name = _period(args)
    if args["token_id"]:
        house().accounts.issue_tokens.get(actor, args["token_id"])
    wanted = UsageWanted(
        since=since,
        until=until,
        group_by=args["group_by"],
        assistant_id=args["assistant_id"],
        model=args["model"],
        user_id=args["user_id"],
        token_id=args["token_id"],
    )
    rows = house().usage.find_usage.rows(actor, wanted)
    if _wants_csv(args.get("format")):
        response = Response(write_usage(rows, wanted.group_by), mimetype=CSV)
        response.headers["Content-Disposition"] = f'attachment; filename="usage-{name}.csv"'
        response.headers["Vary"] = "Accept"
        return response
    return [schemas.usage_of(one) for one in rows], {"Vary": "Accept"}


@blueprint.path("/usage/limits")
@owner
@blueprint.takes(schemas.LimitArguments, "query")
@blueprint.gives(200, schemas.LimitOut(many=True))
def limits(args: dict[str, Any], actor: Actor) -> Any:
    """Budgets of tokens and money, and how much of each is used.

    They are those of one assistant, of one of its end users, of a personal token of the caller's, or of all
    assistants that the caller owns.
    """
    show = house().limits.show_limits
    if args["token_id"]:
        return list(show.of_token(house().accounts.issue_tokens.get(actor, args["token_id"])))
    if args["assistant_id"]:
        return list(show.of(actor, args["assistant_id"], args["user_id"]))
    if args["user_id"]:
        raise Invalid.field("assistant_id", "Name the assistant whose end user this is.")
    return list(show.of_all(actor))


@blueprint.path("/requests")
@owner
@blueprint.takes(schemas.CallArguments, "query")
@blueprint.gives(200, schemas.CallOut(many=True))
def requests(args: dict[str, Any], actor: Actor) -> Any:
    """Every model call of the assistants that the caller owns (an admin: of all), newest first.

    Kept for `LOG_RETENTION_DAYS`. What was asked and answered stands there only where the assistant has
    `log_content`.
    """
    find = house().usage.find_calls
    wanted = CallFilter(
        assistant_id=args["assistant_id"],
        model=args["model"],
        outcome=args["outcome"],
        user_id=args["user_id"],
        since=args["since"],
        until=args["until"],
    )
    items, headers = listed(args, partial(find.page, actor, wanted), partial(find.count, actor, wanted))
    return [schemas.call_of(one) for one in items], headers


def _period(args: dict[str, Any]) -> tuple[date, date, str]:
    """The first day, the last, and what the period is called."""
    today = utc_now().date()
    if args["month"]:
        if args["since"] or args["until"]:
            raise Invalid.field("month", "Name a month, or a first and a last day.")
        first = date.fromisoformat(f"{args['month']}-01")
        return first, _last(first), args["month"]
    until = args["until"] or max(today, args["since"] or today)
    since = args["since"] or until.replace(day=1)
    if since > until:
        raise Invalid.field("until", "Must not be before the first day.")
    return since, until, f"{since}-{until}"


def _last(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _wants_csv(named: str | None) -> bool:
    if named:
        return named == "csv"
    return request.accept_mimetypes.best_match(["application/json", CSV]) == CSV
