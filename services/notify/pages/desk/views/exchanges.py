"""Asks, offers and invitations as the desk shows them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views.parts import Do, Fact, Go, Item, Names, Say, Tag, Tone, kept
from shared.contracts.exchange import Candidate, Exchange, ExchangeSummary, Invitation, MatchReason
from shared.contracts.profiles import Enjoyment

LIVE = frozenset({"draft", "open", "inviting", "proposed", "agreed", "handed-over"})


def address(exchange_id: UUID) -> str:
    return f"/desk/exchanges/{exchange_id}"


def about(exchange: ExchangeSummary | Exchange | Invitation, say: Say) -> str:
    """What it is, in the list's words."""
    return say.kind(exchange.kind) if exchange.kind else ""


def line(exchange: ExchangeSummary, names: Names, say: Say) -> Item:
    """An ask or offer in a list."""
    whom = names.person(exchange.participant_id)
    return Item(
        title=whom, to=address(exchange.exchange_id), quote=exchange.words or "",
        lines=kept(
            f"{say(words.OPENING[exchange.opening])}{say.colon} {about(exchange, say)}" if exchange.kind else "",
            say.when(exchange.when), say(words.WHY[exchange.why]) if exchange.why else "",
        ),
        tags=tags(exchange, say), doing=_first(exchange, whom, say), when=say.day(exchange.drafted_at),
    )  # fmt: skip


def tags(exchange: ExchangeSummary | Exchange, say: Say) -> tuple[Tag, ...]:
    if exchange.half:
        return (Tag(say("Half question"), "warm"),)
    if exchange.by_system and exchange.stage == "draft":
        return (Tag(say("A wish that fits a talent"), "warm"),)
    tone: Tone = "warm" if exchange.stage in ("draft", "handed-over") else "calm"
    return (Tag(say(words.STAGE[exchange.stage]), tone),)


def _first(exchange: ExchangeSummary, whom: str, say: Say) -> tuple[Go | Do, ...]:
    at = address(exchange.exchange_id)
    look = Go(say("Look"), at, whom=whom)
    if exchange.stage == "draft" and exchange.by_system:
        return (
            Do(say("Send it on"), "open-draft", {"exchange_id": str(exchange.exchange_id)}, main=True, whom=whom),
            Do(say("Leave it"), "withdraw-exchange", {"exchange_id": str(exchange.exchange_id)}, whom=whom),
        )
    if exchange.stage == "draft":
        return (Go(say("Open this"), f"{at}/open", main=True, whom=whom), look)
    if exchange.stage == "handed-over":
        return (Go(say("Look"), at, main=True, whom=whom),)
    return (look,)


def facts(exchange: Exchange, names: Names, say: Say) -> list[Fact]:
    """What is known of it."""
    found = [
        Fact(say("Who"), names.person(exchange.participant_id), f"/desk/people/{exchange.participant_id}"),
        Fact(say("What"), about(exchange, say)),
        Fact(say("When"), say.when(exchange.when)),
        Fact(say("How often"), say(words.OFTEN[exchange.often])),
        Fact(say("Where it stands"), say(words.STAGE[exchange.stage])),
        Fact(say("Why it is with you"), say(words.WHY[exchange.why]) if exchange.why else ""),
        Fact(say("Since"), say.day(exchange.drafted_at)),
    ]
    return [each for each in found if each.text]


def others(exchange: Exchange, names: Names, say: Say) -> list[Item]:
    """The neighbours who said yes."""
    return [
        Item(
            title=names.person(each.participant_id), to=f"/desk/people/{each.participant_id}",
            lines=kept(pleasure(each.pleasure, say)),
            tags=(Tag(say("Agreed") if each.agreed else say("Said yes")),),
        )
        for each in exchange.others
    ]  # fmt: skip


def pleasure(found: Enjoyment | None, say: Say) -> str:
    """What someone enjoys, in their words where they gave any."""
    if found is None:
        return ""
    return found.words or (say.kind(found.kind) if found.kind else "")


def deviations(exchange: Exchange, names: Names, say: Say) -> list[Item]:
    """Rules that were set aside."""
    return [
        Item(title=names.worker(each.worker_id), quote=each.reason, when=say.moment(each.recorded_at))
        for each in exchange.deviations
    ]


def actions(exchange: Exchange, say: Say) -> tuple[list[Go | Do], list[Go | Do]]:
    """What a worker can do with it: first what comes first, then the rest."""
    at, here = address(exchange.exchange_id), {"exchange_id": str(exchange.exchange_id)}
    first: list[Go | Do] = []
    rest: list[Go | Do] = []
    match exchange.stage:
        case "draft" if exchange.by_system:
            first = [Do(say("Send it on"), "open-draft", here, main=True)]
            rest = [Do(say("Leave it"), "withdraw-exchange", here)]
        case "draft":
            first = [Go(say("Open this"), f"{at}/open", main=True)]
            rest = [Do(say("Leave it"), "withdraw-exchange", here)]
        case "handed-over":
            first = [
                Go(say("Refer to a service"), f"/desk/refer/{exchange.participant_id}", main=True),
                Go(say("Open it all the same, with a reason"), f"{at}/deviate"),
            ]
            rest = [Go(say("Open this"), f"{at}/open"), Do(say("Take it back"), "withdraw-exchange", here)]
        case "open" | "inviting":
            first = [Go(say("Ask a neighbour yourself"), f"{at}/candidates", main=True)]
            rest = [
                Go(say("Change the words or the moment"), f"{at}/change"),
                Do(say("Keep it with the worker"), "hand-over-exchange", here),
                Do(say("Take it back"), "withdraw-exchange", here),
            ]
        case "proposed":
            first = [Go(say("Record the answer"), f"{at}/answer", main=True)]
            rest = [Do(say("Take it back"), "withdraw-exchange", here)]
        case "agreed":
            first = [Go(say("Record how it was"), f"{at}/how-it-was", main=True)]
            rest = [Go(say("Another moment"), f"{at}/move"), Go(say("It can't go ahead"), f"{at}/cancel")]
        case "done":
            first = [Go(say("Record how it was"), f"{at}/how-it-was")]
            rest = [Go(say("Record thanks"), f"{at}/thanks")]
        case "withdrawn" | "expired":
            first = [Go(say("Open it again"), f"{at}/reopen", main=True)]
    return (first, rest)


def invitation(found: Invitation, names: Names, say: Say) -> Item:
    """Someone who was asked, or waits to be."""
    whom = names.person(found.participant_id)
    here = {"invitation_id": str(found.invitation_id)}
    doing: tuple[Go | Do, ...] = ()
    if found.stage == "held":
        doing = (
            Do(say("Send it"), "send-invitation", {**here, "send": "true"}, main=True, whom=whom),
            Do(say("Don't ask"), "hold-invitation", {**here, "send": "false"}, whom=whom),
            Go(say("Ask somebody else"), f"{address(found.exchange_id)}/candidates", whom=whom),
        )
    elif found.stage in ("asked", "waiting"):
        doing = (Go(say("Record an answer"), f"/desk/invitations/{found.invitation_id}/answer", whom=whom),)
    by = say("Answer by {day}", day=say.day(found.answer_by)) if found.answer_by and found.stage == "asked" else ""
    return Item(
        title=whom, to=f"/desk/people/{found.participant_id}", lines=kept(reasons(found.reasons, say), by),
        tags=(Tag(say(words.INVITATION_STAGE[found.stage]), "warm" if found.stage == "held" else "calm"),), doing=doing,
    )  # fmt: skip


def held(found: Invitation, names: Names, say: Say, whose: UUID | None = None) -> Item:
    """A question that waits for the worker's eye before it goes to a stranger: with all that it takes to decide."""
    shown = invitation(found, names, say)
    nearby = say("{minutes} minutes on foot", minutes=found.minutes_on_foot) if found.minutes_on_foot else ""
    values = {"name": names.person(whose), "what": about(found, say) or say("see below"), "when": say.when(found.when)}
    asks = say("{name} asks: {what}, {when}", **values)
    what = asks if found.opening == "ask" else say("{name} offers: {what}, {when}", **values)
    return Item(
        title=shown.title, to=shown.to, lines=kept(what, reasons(found.reasons, say), nearby), quote=found.words or "",
        doing=shown.doing,
    )  # fmt: skip


def reasons(found: Iterable[MatchReason], say: Say) -> str:
    """Why somebody is a likely one to ask, never a number."""
    return " · ".join(say(words.MATCH[each]) for each in found)


def candidate(found: Candidate, exchange_id: UUID, names: Names, say: Say) -> Item:
    """A neighbour who may enjoy it."""
    whom = names.person(found.participant_id)
    here = {"exchange_id": str(exchange_id), "participant_id": str(found.participant_id)}
    return Item(
        title=whom, to=f"/desk/people/{found.participant_id}", lines=kept(reasons(found.reasons, say)),
        doing=(Do(say("Ask this neighbour"), "invite-neighbour", here, main=True, whom=whom),),
    )  # fmt: skip


def people(exchange: Exchange) -> set[UUID]:
    """Whose names its page shows."""
    said_yes = {each.participant_id for each in exchange.others}
    return said_yes | ({exchange.participant_id} if exchange.participant_id else set())
