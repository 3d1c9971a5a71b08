"""Opening: what is asked or offered, when it can be, who may open it for whom, and when it has waited long enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain.exchanges import SEEKING, Exchange, changed, to_stage
from services.exchange.domain.invitations import Invitation
from services.exchange.domain.limits import Before, Classified, classify, rests_on_one, verdict
from services.exchange.domain.moments import Stretch, stretch
from services.exchange.domain.people import Neighbourhood, Person
from shared.access import STAFF, Actor
from shared.contracts.exchange import (
    ChangeExchange,
    NextStep,
    OpenDraft,
    OpenExchange,
    ReopenExchange,
    Stage,
    When,
    Why,
)
from shared.contracts.profiles import Recorded, RunningConsent
from shared.messaging import Rejected
from shared.policy import Policy

MOST_DAYS_AHEAD = 366
ASK_ON_BEHALF = "ask-on-behalf"
"""The purpose of the consent by which an organisation asks for someone."""


def drafted(
    command: OpenExchange, exchange_id: UUID, place: Neighbourhood, policy: Policy, *, recorded_by: str, now: datetime
) -> Exchange:
    """Something new, as it was said, seen by nobody yet."""
    check_kind(policy, command.kind)
    check_people(policy, command.people)
    span = when_it_can_be(command.when, place, policy, now)
    return Exchange(
        exchange_id=exchange_id, version=1, neighbourhood_id=place.neighbourhood_id, opening=command.opening,
        participant_id=command.participant_id, kind=command.kind, words=command.words, when=command.when,
        starts_at=span and span[0], ends_at=span and span[1], often=command.often, people=command.people,
        stage="draft", half=command.half, by_system=False, why=None, recorded_by=recorded_by,
        consented=command.consented, drafted_at=now,
    )  # fmt: skip


def worded(
    exchange: Exchange, policy: Policy, *, kind: str | None, words: str | None = None, consented: Recorded | None = None
) -> Exchange:
    """The same, with the kind, the wording and the consent that are given; null leaves what was."""
    check_kind(policy, kind)
    return replace(
        exchange, kind=kind or exchange.kind, words=words or exchange.words,
        consented=consented or exchange.consented,
    )  # fmt: skip


def reopened(
    exchange: Exchange, command: ReopenExchange, place: Neighbourhood, policy: Policy, now: datetime
) -> Exchange:
    """The same, for another life: what was told and answered before is behind it."""
    again = at_another_moment(exchange, command.when or exchange.when, place, policy, now)
    return replace(again, consented=command.consented or exchange.consented, rested=False)


def changed_as_said(
    exchange: Exchange, command: ChangeExchange, place: Neighbourhood, policy: Policy, now: datetime
) -> Exchange:
    """With another wording, moment or number of people. What stays the same makes no new version."""
    check_people(policy, command.people or exchange.people)
    other = worded(exchange, policy, kind=command.kind, words=command.words)
    other = replace(other, people=command.people or exchange.people)
    if command.when is not None:
        other = at_another_moment(other, command.when, place, policy, now)
    return exchange if other == exchange else changed(other)


def at_another_moment(
    exchange: Exchange, when: When, place: Neighbourhood, policy: Policy, now: datetime
) -> Exchange:  # fmt: skip
    """The same, at the moment that is given."""
    span = when_it_can_be(when, place, policy, now)
    return replace(exchange, when=when, starts_at=span and span[0], ends_at=span and span[1])


def when_it_can_be(when: When, place: Neighbourhood, policy: Policy, now: datetime) -> Stretch | None:
    """From when until when; None for some time. Refused when it has passed, or lies further ahead than makes sense."""
    today = now.astimezone(place.zone).date()
    day = when.day or (when.at.astimezone(place.zone).date() if when.at else today)
    if day < today:
        raise _passed()
    if (day - today).days > MOST_DAYS_AHEAD:
        raise Rejected("too_far", "when lies more than a year ahead: open it nearer to the day", "when")
    span = stretch(when, place.zone, policy.day_parts)
    if span is not None and span[1] <= now:
        raise _passed()
    return span


def refuse_passed(exchange: Exchange, now: datetime) -> None:
    """Refuse to seek neighbours for a moment that has passed."""
    if exchange.ends_at is not None and exchange.ends_at <= now:
        raise _passed()


def check_kind(policy: Policy, kind: str | None) -> None:
    """Refuse a kind that the policy's list doesn't have."""
    if kind is not None and not policy.has_kind(kind):
        raise Rejected(
            "unknown_kind", "kind is not in the policy's list: choose one of it, or say it in words", "kind"
        )  # fmt: skip


def check_people(policy: Policy, people: int) -> None:
    """Refuse more neighbours than one exchange asks for."""
    most = policy.small_help.most_people
    if people > most:
        raise Rejected("too_many_people", f"people is more than {most}: plan a gathering instead", "people")


def check_consented(actor: Actor, consented: Recorded | None) -> None:
    """Refuse a worker who opens for someone without saying how they agreed, and anyone else who claims to record it."""
    if actor.kind in STAFF and consented is None:
        raise Rejected(
            "missing", "consented is not filled in: say how the person agreed that it is opened for them", "consented"
        )
    if actor.kind not in STAFF and consented is not None:
        raise Rejected(
            "not_allowed", "consented is for a worker who opens it for someone: leave it out", "consented"
        )  # fmt: skip


def check_opens(actor: Actor, exchange: Exchange, consented: Recorded | None) -> None:
    """The same where a draft is opened. Who asked to open it has agreed then; a half question asked nothing."""
    if actor.kind not in STAFF or exchange.half:
        check_consented(actor, consented)


def is_proposed(exchange: Exchange) -> bool:
    """Whether the system thought of it, and the person whose wish it is has not said yes."""
    return exchange.by_system and exchange.opened_at is None and exchange.handed_over_at is None


def opens_from(actor: Actor) -> frozenset[Stage]:
    """What they may open: a worker also what is with the worker."""
    return frozenset({"draft", "handed-over"}) if actor.kind in STAFF else frozenset({"draft"})


def refuse_proposed(exchange: Exchange) -> None:
    """Refuse to open for someone what the system thought of: they are asked first."""
    if is_proposed(exchange):
        raise Rejected(
            "wrong_stage", "exchange_id was proposed by the system: send it on, and the person is asked", "exchange_id"
        )


def check_partner(consents: Iterable[RunningConsent], organisation_id: str, now: datetime) -> None:
    """Refuse a partner whose organisation the person did not allow to ask for them."""
    if not any(
        each.purpose == ASK_ON_BEHALF and each.organisation_id == organisation_id and each.until > now
        for each in consents
    ):
        raise Rejected(
            "no_consent",
            f"participant_id has no running consent for {ASK_ON_BEHALF} that names your organisation: ask them, "
            "through their worker",
            "participant_id",
        )


def refuse_not_brought(exchange: Exchange, partner: str) -> None:
    """Refuse a partner what another brought, as if it did not exist."""
    if exchange.recorded_by != partner:
        raise Rejected("unknown_id", "exchange_id is no exchange that we know: check the id", "exchange_id")


def refuse_elsewhere(exchange: Exchange, person: Person) -> None:
    """Refuse to seek neighbours where someone no longer lives."""
    if exchange.neighbourhood_id != person.neighbourhood_id:
        raise Rejected(
            "closed", "exchange_id was for the neighbourhood that they left: open a new one here", "exchange_id"
        )  # fmt: skip


def read(exchange: Exchange, policy: Policy) -> Classified:
    """What its words and its kind ask for."""
    return classify(policy, exchange.words, exchange.kind)


def beyond(
    exchange: Exchange, policy: Policy, classified: Classified, before: Before, person: Person, *, seen: bool
) -> Why | None:
    """Why the worker gets it; None when neighbours can be asked. `seen`: a worker has, and is not in doubt.

    For someone out of matching the worker decides each time.
    """
    why = verdict(policy, classified, exchange.often, before)
    if why is None and person.out_of_matching:
        why = "in-doubt"
    return None if seen and why == "in-doubt" else why


def sought(exchange: Exchange, now: datetime) -> Exchange:
    """Neighbours are being sought from now on."""
    return to_stage(
        exchange, "open", now, why=None, opened_at=now, handed_over_at=None, first_yes_at=None, rests_until=None,
        nobody_told_at=None, agreed_at=None,
    )  # fmt: skip


def handed_over(exchange: Exchange, why: Why, now: datetime) -> Exchange:
    """The worker has it. Refused when they had it, and it still is beyond the limits."""
    if exchange.stage == "handed-over":
        raise Rejected(
            "beyond_limits",
            "exchange_id is beyond the limits of small help: deviate with a reason, or look for what fits",
            "exchange_id",
        )
    return to_stage(exchange, "handed-over", now, why=why, handed_over_at=now)


def next_of(exchange: Exchange, now: datetime) -> NextStep:
    """What the side that opened it can expect."""
    return _NEXT.get(exchange.stage) or ("resting" if rests(exchange, now) else "looking")


def require_kind(kind: str | None) -> None:
    """Refuse to seek neighbours when nobody said for what."""
    if kind is None:
        raise Rejected("missing", "kind is not filled in, and the words don't tell: choose one of the list", "kind")


def refuse_said_yes(invitations: Iterable[Invitation]) -> None:
    """Refuse to change what a neighbour said yes to."""
    if any(each.stage == "yes" and not each.own for each in invitations):
        raise Rejected(
            "wrong_stage", "exchange_id has a neighbour who said yes: answer that first, or withdraw it", "exchange_id"
        )


def opened_so(exchange: Exchange, command: OpenDraft, actor: Actor) -> bool:
    """Whether it was opened like that before, and nothing is left to do. A worker can open what the worker has."""
    if exchange.stage not in SEEKING and (exchange.stage != "handed-over" or actor.kind in STAFF):
        return False
    return command.kind in (None, exchange.kind) and command.words in (None, exchange.words)


def rests(exchange: Exchange, now: datetime) -> bool:
    """Whether nobody is asked for it now, after a "not now" of the side that opened it."""
    return exchange.rests_until is not None and exchange.rests_until > now


def nobody_at(since: datetime, policy: Policy) -> datetime:
    """When it is told that nobody was found, for what is sought since then."""
    return since + timedelta(days=policy.exchanges.nobody_after_days)


def tells_nobody_found_at(
    exchange: Exchange, invitations: Iterable[Invitation], policy: Policy, now: datetime
) -> datetime | None:
    """When it is told that nobody was found; None when it was told, or nobody is sought."""
    if exchange.stage not in ("open", "inviting") or exchange.opened_at is None or exchange.nobody_told_at is not None:
        return None
    begun = max(exchange.opened_at, exchange.rests_until or exchange.opened_at)
    since = now if any(each.stage == "yes" and not each.own for each in invitations) else begun
    return nobody_at(since, policy)


def end_of(exchange: Exchange, policy: Policy) -> datetime | None:
    """Until when it waits in its stage; None when it no longer does, or waits for something else.

    When someone said yes, the side that opened it has its own time to look at it, up to the moment itself.
    """
    periods = policy.exchanges
    if exchange.stage == "draft":
        return exchange.drafted_at + timedelta(days=periods.half_question_days)
    if exchange.stage == "handed-over" and exchange.handed_over_at is not None:
        return exchange.ends_at or exchange.handed_over_at + timedelta(days=periods.half_question_days)
    if exchange.stage not in SEEKING or exchange.opened_at is None:
        return None
    if exchange.stage == "proposed":
        return exchange.ends_at
    begun = max(exchange.opened_at, exchange.rests_until or exchange.opened_at)
    return exchange.ends_at or begun + timedelta(days=periods.open_days)


def clipped(invitations: Iterable[Invitation], ends_at: datetime | None) -> list[Invitation]:
    """Those whose time to answer would run past the moment itself, with less of it."""
    if ends_at is None:
        return []
    return [
        replace(each, answer_by=ends_at)
        for each in invitations
        if each.stage == "asked" and each.answer_by is not None and each.answer_by > ends_at
    ]


def tells_rest(agreed_at: Iterable[datetime], policy: Policy) -> bool:
    """Whether the last of these agreements makes the worker hear that someone's things rest on one neighbour.

    Told once in a drift window: the earlier agreements say when it was told before.
    """
    window = timedelta(days=policy.small_help.drift_days)
    times = sorted(agreed_at)
    told: datetime | None = None
    for number, time in enumerate(times):
        lately = sum(1 for each in times[: number + 1] if each > time - window)
        if rests_on_one(policy, lately) and (told is None or told <= time - window):
            told = time
    return bool(times) and told == times[-1]


def window_of(policy: Policy, now: datetime) -> datetime:
    """Since when is looked back for a rhythm."""
    return now - timedelta(days=policy.small_help.drift_days)


_NEXT: dict[Stage, NextStep] = {"draft": "received", "handed-over": "with-worker", "proposed": "found"}


def _passed() -> Rejected:
    return Rejected("in_the_past", "when lies in the past: give a later moment, or leave it open", "when")
