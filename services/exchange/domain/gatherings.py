"""Gatherings: who may plan and change them, whom they ask, and who has a seat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.exchange.domain.moments import slots, suits
from services.exchange.domain.people import Person, refuse_absent
from shared.access import Actor, Grant
from shared.contracts.exchange import (
    AnswerGathering,
    ChangeGathering,
    GatheringFact,
    GatheringRef,
    GatheringStage,
    GuestRef,
    PlanGathering,
    When,
)
from shared.contracts.exchange import Gathering as Seen
from shared.contracts.exchange import Guest as SeenGuest
from shared.contracts.profiles import RunningConsent
from shared.messaging import Rejected
from shared.policy import DayParts

LONGEST = timedelta(hours=24)
FURTHEST = timedelta(days=366)
"""So far ahead one can plan."""
INVITED_AHEAD = timedelta(days=21)
"""Nobody is invited longer before it begins: they would have forgotten it."""


@dataclass(frozen=True, slots=True)
class Series:
    """What gatherings that recur have in common, and what the next ones begin with."""

    series_id: UUID
    neighbourhood_id: str
    repeats: str
    first_at: datetime
    lasts: timedelta
    planned_until: datetime
    """All of them that begin until then have been planned."""
    host_id: UUID | None
    title: str
    kind: str | None
    place: str
    cell: str | None
    seats: int | None
    bring: str | None
    invite: bool
    planned_by: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gathering:
    """People meeting."""

    gathering_id: UUID
    series_id: UUID | None
    day: date | None
    """Which one of its series."""
    version: int
    neighbourhood_id: str
    host_id: UUID | None
    title: str
    kind: str | None
    place: str
    cell: str | None
    starts_at: datetime
    ends_at: datetime
    seats: int | None
    bring: str | None
    invites_at: datetime | None
    """When neighbours are to be invited; None once they have been, or when nobody is to be."""
    stage: GatheringStage
    planned_by: str
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class Guest:
    """Someone who was invited, comes, or was there."""

    gathering_id: UUID
    participant_id: UUID
    invited_at: datetime | None = None
    """When they are asked: ahead while they wait. None: they came of themselves."""
    waiting: bool = False
    """Whether they are asked when their quiet hours are over."""
    coming: bool | None = None
    bringing: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    how: str | None = None
    was_there: bool | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Someone who may be invited."""

    participant_id: UUID
    knows_someone: bool
    """The host, or who comes already."""
    knows_nobody: bool
    """Nobody in the whole neighbourhood."""
    enjoys_it: bool
    availability: tuple[str, ...]


# --- planning


def check_plan(command: PlanGathering, actor: Actor, now: datetime) -> None:
    """Refuse what can't be planned, whoever it is for."""
    if actor.kind == "participant" and command.host_id is None:
        raise Rejected("missing", "host_id is not filled in: say who welcomes people, yourself for example", "host_id")
    refuse_moment(command.starts_at, command.ends_at, now)


def refuse_host_elsewhere(host: Person, neighbourhood_id: str) -> None:
    """Refuse a host who lives elsewhere, as whoever moves away welcomes nobody any more either."""
    if host.neighbourhood_id != neighbourhood_id:
        raise Rejected(
            "elsewhere", "host_id lives in another neighbourhood: name someone who lives there, or nobody", "host_id"
        )


def refuse_moment(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Refuse a time in which nobody can meet."""
    if starts_at <= now:
        raise Rejected("in_the_past", "starts_at lies in the past: give a later moment", "starts_at")
    if starts_at > now + FURTHEST:
        raise Rejected("too_far", "starts_at lies more than a year ahead: plan it nearer to the day", "starts_at")
    if ends_at <= starts_at:
        raise Rejected("not_in_order", "ends_at is not after starts_at: give a later end", "ends_at")
    if ends_at - starts_at > LONGEST:
        raise Rejected("too_long", "ends_at is more than a day after starts_at: plan one for each day", "ends_at")


def series_of(command: PlanGathering, series_id: UUID, repeats: str, planned_by: str) -> Series:
    """The series that a command plans; none of it has been planned yet."""
    same = command.model_dump(
        include={"neighbourhood_id", "host_id", "title", "kind", "place", "cell", "seats", "bring", "invite"}
    )
    first_at = command.starts_at.replace(microsecond=0)
    return Series(
        series_id=series_id, repeats=repeats, first_at=first_at, lasts=command.ends_at - command.starts_at,
        planned_until=first_at, planned_by=planned_by, **same,
    )  # fmt: skip


def one_of(series: Series, gathering_id: UUID, starts_at: datetime, zone: ZoneInfo, now: datetime) -> Gathering:
    """A gathering of a series."""
    same = ("neighbourhood_id", "host_id", "title", "kind", "place", "cell", "seats", "bring", "planned_by")
    return Gathering(
        gathering_id=gathering_id, series_id=series.series_id, day=starts_at.astimezone(zone).date(), version=1,
        starts_at=starts_at, ends_at=starts_at + series.lasts, stage="planned", planned_at=now,
        invites_at=invites_at(starts_at, now) if series.invite else None,
        **{name: getattr(series, name) for name in same},
    )  # fmt: skip


def planned(series: Series, moments: Sequence[datetime], then: datetime | None, now: datetime) -> Series:
    """A series of which these have been planned; without one that comes after them it has ended."""
    last = moments[-1] if moments else series.planned_until
    return replace(series, planned_until=last, ended_at=now if then is None else None)


def alone(command: PlanGathering, gathering_id: UUID, planned_by: str, now: datetime) -> Gathering:
    """A gathering that stands by itself."""
    same = command.model_dump(exclude={"repeats", "invite"})
    return Gathering(
        gathering_id=gathering_id, series_id=None, day=None, version=1, stage="planned", planned_by=planned_by,
        planned_at=now, invites_at=invites_at(command.starts_at, now) if command.invite else None, **same,
    )  # fmt: skip


def invites_at(starts_at: datetime, now: datetime) -> datetime:
    """When neighbours are invited: at once, or when it comes near."""
    return max(now, starts_at - INVITED_AHEAD)


# --- changing


def changed(gathering: Gathering, command: ChangeGathering, now: datetime) -> Gathering:
    """What a gathering is after a change; the same when nothing changes."""
    values: dict[str, Any] = command.model_dump(exclude={"gathering_id"}, exclude_none=True)
    if command.starts_at is not None and command.ends_at is None:
        values["ends_at"] = command.starts_at + (gathering.ends_at - gathering.starts_at)
    after = replace(gathering, **values)
    if after == gathering:
        return gathering
    if (after.starts_at, after.ends_at) != (gathering.starts_at, gathering.ends_at):
        refuse_moment(after.starts_at, after.ends_at, now)
        if gathering.invites_at is not None:
            after = replace(after, invites_at=invites_at(after.starts_at, now))
    return replace(after, version=gathering.version + 1)


def to_be_told(before: Gathering, after: Gathering) -> bool:
    """Whether a change matters to who comes."""
    names = ("title", "place", "starts_at", "ends_at", "bring")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def cancelled(gathering: Gathering) -> Gathering:
    return replace(gathering, version=gathering.version + 1, stage="cancelled", invites_at=None)


def held(gathering: Gathering) -> Gathering:
    return replace(gathering, version=gathering.version + 1, stage="held", invites_at=None)


def refuse_not_planned(gathering: Gathering, now: datetime) -> None:
    """Refuse what can be done only before it begins."""
    if gathering.stage == "cancelled":
        raise Rejected("too_late", "gathering_id was cancelled: look for another one", "gathering_id")
    if gathering.stage == "held" or gathering.starts_at <= now:
        raise Rejected(
            "too_late", "gathering_id has begun: whoever comes is welcome, and who was there can be recorded",
            "gathering_id",
        )  # fmt: skip


def refuse_cancel(gathering: Gathering) -> None:
    if gathering.stage == "held":
        raise Rejected(
            "wrong_stage", "gathering_id took place: record who was there, nobody if need be", "gathering_id"
        )


def refuse_record(gathering: Gathering, now: datetime) -> None:
    """Refuse to say who was at what hasn't begun."""
    if gathering.stage == "cancelled":
        raise Rejected(
            "wrong_stage", "gathering_id was cancelled: plan one when it took place after all", "gathering_id"
        )
    if gathering.starts_at > now:
        raise Rejected(
            "in_the_future", "gathering_id has yet to begin: record who was there after that", "gathering_id"
        )


def refuse_seats(gathering: Gathering, coming: int) -> None:
    """Refuse fewer seats than people who come."""
    if gathering.seats is not None and gathering.seats < coming:
        raise Rejected(
            "too_few_seats", f"seats is less than the {coming} who come: leave as many, or ask someone first", "seats"
        )


def full(gathering: Gathering, coming: int, most: int) -> bool:
    """Whether every seat is taken. `coming`: who comes beside the host; `most`: the policy's, when no size is given."""
    return coming >= (gathering.seats if gathering.seats is not None else most)


def without_host(gathering: Gathering) -> Gathering:
    return replace(gathering, version=gathering.version + 1, host_id=None)


def answered(guest: Guest, command: AnswerGathering, by: Actor, now: datetime) -> Guest:
    """A guest with their answer. Who answers before they were asked came of themselves."""
    return replace(
        guest, invited_at=None if guest.waiting else guest.invited_at, waiting=False, coming=command.coming,
        bringing=command.bringing if command.coming else None, answered_at=now, answered_by=str(by), how=command.how,
    )  # fmt: skip


def refuse_cannot_come(gathering: Gathering, person: Person, guest: Guest | None) -> None:
    """Refuse who takes no part now, and who neither lives there nor was invited."""
    refuse_absent(person)
    if guest is None and person.neighbourhood_id != gathering.neighbourhood_id:
        raise _elsewhere()


# --- inviting


def choose(
    neighbours: Iterable[Neighbour], gathering: Gathering, zone: ZoneInfo, parts: DayParts, *,
    wanted: int, strangers_percent: int,
) -> list[UUID]:  # fmt: skip
    """Whom to invite: people who know someone there and people who don't, in the shares that the policy wants.

    First who enjoys it, then, of those who know nobody there, who knows nobody at all, then who is usually free then;
    for the rest a draw that comes out the same each time. Where one share runs short the other fills it.
    """
    slot = slots(When(at=gathering.starts_at), zone, parts)
    ranked = sorted(neighbours, key=lambda each: _place(each, slot, gathering.gathering_id))
    known = [each.participant_id for each in ranked if each.knows_someone]
    strangers = [each.participant_id for each in ranked if not each.knows_someone]
    share = round(wanted * strangers_percent / 100)
    share = max(min(share, len(strangers)), wanted - len(known))
    return strangers[:share] + known[: wanted - len(strangers[:share])]


def still_invited(gathering: Gathering, person: Person, now: datetime) -> bool:
    """Whether someone can be invited still: it lies ahead, and they take part, live there, and don't host it."""
    ahead = gathering.stage == "planned" and gathering.starts_at > now
    guest = person.status == "active" and person.participant_id != gathering.host_id
    return ahead and guest and person.neighbourhood_id == gathering.neighbourhood_id


def not_to_be_asked(gathering: Gathering, person: Person, *, plainly: bool) -> Rejected:
    """Why someone is not invited; not `plainly`: that they are not, and no more."""
    if plainly:
        refuse_absent(person)
        if person.neighbourhood_id != gathering.neighbourhood_id:
            return _elsewhere()
    return Rejected(
        "not_to_be_asked",
        "participant_id is not to be invited now: whoever hears of it can come in any case",
        "participant_id",
    )


def check_host_consents(consents: Iterable[RunningConsent], grant: Grant | None) -> None:
    """Refuse a partner who names a host that did not allow its organisation to ask for them."""
    organisation_id = grant.organisation_id if grant else None
    if not any(each.purpose == "ask-on-behalf" and each.organisation_id == organisation_id for each in consents):
        raise Rejected(
            "no_consent",
            "host_id has no running consent for ask-on-behalf that names your organisation: ask them, through their "
            "worker, or leave the host out",
            "host_id",
        )


def told(fact: type[GatheringFact], gathering: Gathering) -> GatheringFact:
    return fact(
        neighbourhood_id=gathering.neighbourhood_id, gathering_id=gathering.gathering_id, version=gathering.version,
        starts_at=gathering.starts_at,
    )  # fmt: skip


def ref(gathering: Gathering) -> GatheringRef:
    return GatheringRef(
        gathering_id=gathering.gathering_id, series_id=gathering.series_id, version=gathering.version
    )  # fmt: skip


def guest_ref(guest: Guest) -> GuestRef:
    return GuestRef(
        gathering_id=guest.gathering_id, participant_id=guest.participant_id, coming=guest.coming is True
    )  # fmt: skip


def seen(
    gathering: Gathering, guests: Sequence[Guest], *, full: bool, repeats: str | None, on_duty: UUID | None
) -> Seen:
    """A gathering as it is shown."""
    same = {name: getattr(gathering, name) for name in Seen.model_fields if hasattr(gathering, name)}
    shown = [
        SeenGuest(
            participant_id=each.participant_id, coming=each.coming, bringing=each.bringing, was_there=each.was_there
        )
        for each in guests
    ]
    return Seen(
        **same, worker_id=_welcoming(gathering, on_duty), full=full, repeats=repeats, guests=shown
    )  # fmt: skip


def _elsewhere() -> Rejected:
    return Rejected(
        "elsewhere", "participant_id lives in another neighbourhood: look for a gathering there", "participant_id"
    )


def _welcoming(gathering: Gathering, on_duty: UUID | None) -> UUID | None:
    """The worker who welcomes people when no participant does: who planned it, or else who is on duty."""
    if gathering.host_id is not None:
        return None
    kind, _, id_ = gathering.planned_by.partition(":")
    return UUID(id_) if kind == "worker" else on_duty


def _place(neighbour: Neighbour, slot: Collection[str], gathering_id: UUID) -> tuple[bool, bool, bool, bytes]:
    lot = blake2b(gathering_id.bytes + neighbour.participant_id.bytes, digest_size=8).digest()
    on_their_own = neighbour.knows_nobody and not neighbour.knows_someone
    return not neighbour.enjoys_it, not on_their_own, suits(neighbour.availability, slot) is False, lot
