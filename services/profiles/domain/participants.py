"""A participant's life in the network: in, changed, paused, moved, out, back, merged."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

import h3

from shared.contracts.envelope import Problem
from shared.contracts.profiles import (
    ChangeParticipant,
    ConsentField,
    ContactKept,
    Enjoyment,
    Home,
    MoveParticipant,
    OnWordOf,
    Origin,
    ParticipantDetails,
    ParticipantFact,
    ParticipantKept,
    QuietHours,
    Reach,
    RegisterParticipant,
    Slot,
)
from shared.contracts.types import CELL_RESOLUTION
from shared.messaging import Rejected
from shared.policy import Policy

T = TypeVar("T")
F = TypeVar("F", bound=ParticipantFact)
K = TypeVar("K", ParticipantKept, ContactKept)
Status = Literal["active", "paused", "left", "merged"]


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in the network, as far as profiles knows them."""

    participant_id: UUID
    version: int
    name: str
    neighbourhood_id: str
    status: Status
    merged_into: UUID | None
    """The entry under which this person goes on; set exactly when the status is `merged`."""
    paused_until: datetime | None
    out_of_matching: bool
    languages: tuple[str, ...]
    reach: Reach
    cell: str | None
    address: str | None
    talents: tuple[Enjoyment, ...]
    wishes: tuple[Enjoyment, ...]
    availability: tuple[Slot, ...]
    ceiling: int | None
    quiet_hours: QuietHours | None
    sender: str
    """The token of who registered them: what `reference` is unique within."""
    registered_by: str
    on_word_of: OnWordOf
    reference: str | None
    registered_at: datetime
    newcomer_since: datetime
    """When they came to this neighbourhood, or back to the network."""
    visited_at: datetime | None
    """The first visit since then."""
    left_at: datetime | None
    mandate_holder_ids: tuple[UUID, ...] = ()
    """Who may answer for them now."""


def register(
    command: RegisterParticipant, participant_id: UUID, *, sender: str, registered_by: str, now: datetime
) -> Participant:
    """Someone new, active from now on."""
    return Participant(
        participant_id=participant_id,
        version=1,
        name=command.name,
        neighbourhood_id=command.neighbourhood_id,
        status="active",
        merged_into=None,
        paused_until=None,
        out_of_matching=False,
        languages=_each_once(command.languages),
        reach=command.reach,
        cell=cell_of(command.home),
        address=command.address or None,
        talents=_each_once(command.talents),
        wishes=_each_once(command.wishes),
        availability=_each_once(command.availability),
        ceiling=command.ceiling,
        quiet_hours=command.quiet_hours,
        sender=sender,
        registered_by=registered_by,
        on_word_of=command.on_word_of,
        reference=command.reference,
        registered_at=now,
        newcomer_since=now,
        visited_at=None,
        left_at=None,
    )


def change(person: Participant, command: ChangeParticipant) -> Participant:
    """What is given replaces what was; what is null stays; what is named in `clear` goes."""
    refuse_left(person)
    given: dict[str, Any] = {
        name: value
        for name in ("name", "reach", "ceiling", "quiet_hours")
        if (value := getattr(command, name)) is not None
    }
    for name in ("languages", "talents", "wishes", "availability"):
        if getattr(command, name) is not None:
            given[name] = _each_once(getattr(command, name))
    if command.home is not None:
        given["cell"] = cell_of(command.home)
    if command.address is not None:
        given["address"] = command.address or None
    given |= {"cell" if name == "home" else name: None for name in command.clear}
    return _next(person, **given)


def pause(person: Participant, until: datetime | None, now: datetime) -> Participant:
    """Nothing is asked of them until then, or until they say so. A pause can be made longer or shorter."""
    refuse_left(person)
    if until is not None and until <= now:
        raise Rejected("in_the_past", "until lies in the past: give a later time, or none", "until")
    return _next(person, status="paused", paused_until=until)


def resume(person: Participant) -> Participant:
    """End a pause. Someone who is not paused stays as they are."""
    refuse_left(person)
    return _next(person, status="active", paused_until=None) if person.status == "paused" else person


def pause_is_over(person: Participant, now: datetime) -> bool:
    """Whether the pause lasted until now and no longer."""
    return person.status == "paused" and person.paused_until is not None and person.paused_until <= now


def leave(person: Participant, now: datetime) -> Participant:
    """Out of the network, at once and without a reason."""
    if person.status == "left":
        return person
    return _next(person, status="left", paused_until=None, left_at=now, mandate_holder_ids=())


def come_back(person: Participant, now: datetime) -> Participant:
    """Into the network again, as they left it, to be welcomed anew. Someone who hadn't left stays as they are."""
    if person.status != "left":
        return person
    return _next(person, status="active", left_at=None, newcomer_since=now, visited_at=None)


def move(person: Participant, command: MoveParticipant, now: datetime) -> Participant:
    """To another neighbourhood, where the worker doesn't know them yet; the old home is forgotten."""
    refuse_left(person)
    if command.neighbourhood_id == person.neighbourhood_id:
        raise Rejected(
            "same_neighbourhood",
            "neighbourhood_id is where they live already: use change for a new home within it",
            "neighbourhood_id",
        )
    return _next(
        person,
        neighbourhood_id=command.neighbourhood_id,
        cell=cell_of(command.home),
        address=command.address or None,
        newcomer_since=now,
        visited_at=None,
    )


def set_out_of_matching(person: Participant, out: bool) -> Participant:
    """Out of matching and still in the network, or back. No reason is kept."""
    refuse_left(person)
    return person if person.out_of_matching == out else _next(person, out_of_matching=out)


def visited(person: Participant, at: datetime) -> Participant:
    """A worker has spoken with them: once visited, they are no longer a newcomer here."""
    return person if person.visited_at is not None else _next(person, visited_at=at)


def touched(person: Participant, **changed: Any) -> Participant:
    """Something that belongs to them changed: a mandate, a consent, their circle."""
    return _next(person, **changed)


def merge(survivor: Participant, double: Participant) -> tuple[Participant, Participant]:
    """The survivor, with what only the double had, and the tombstone that points to it.

    What both said is the survivor's. What protects someone (out of matching, a ceiling, a pause) holds from either.
    """
    if survivor.participant_id == double.participant_id:
        raise Rejected("same_person", "double_id is the survivor itself: name the other entry", "double_id")
    refuse_left(survivor, "survivor_id")
    paused = "paused" in (survivor.status, double.status)
    ends = [each.paused_until for each in (survivor, double) if each.status == "paused"]
    merged = _next(
        survivor,
        status="paused" if paused else "active",
        paused_until=max((end for end in ends if end), default=None) if all(ends) else None,
        out_of_matching=survivor.out_of_matching or double.out_of_matching,
        languages=_each_once((*survivor.languages, *double.languages))[:10],
        reach=_merged_reach(survivor.reach, double.reach),
        cell=survivor.cell or (double.cell if survivor.neighbourhood_id == double.neighbourhood_id else None),
        address=survivor.address or (double.address if survivor.neighbourhood_id == double.neighbourhood_id else None),
        talents=_each_once((*survivor.talents, *double.talents))[:20],
        wishes=_each_once((*survivor.wishes, *double.wishes))[:20],
        availability=_each_once((*survivor.availability, *double.availability)),
        ceiling=min((each.ceiling for each in (survivor, double) if each.ceiling is not None), default=None),
        quiet_hours=survivor.quiet_hours or double.quiet_hours,
        registered_at=min(survivor.registered_at, double.registered_at),
        visited_at=survivor.visited_at
        or (double.visited_at if survivor.neighbourhood_id == double.neighbourhood_id else None),
    )
    return merged, _emptied(double, survivor.participant_id)


def with_holders(person: Participant, holder_ids: tuple[UUID, ...]) -> Participant:
    """The same version, with those who may answer for them now."""
    return replace(person, mandate_holder_ids=holder_ids)


def refuse_left(person: Participant, field: str = "participant_id") -> None:
    """Refuse what can't be done for someone who is out."""
    if person.status == "left":
        raise Rejected("left", f"{field} has left the network: let them return first", field)


def check_kinds(policy: Policy, talents: Sequence[Enjoyment] | None, wishes: Sequence[Enjoyment] | None) -> None:
    """Refuse a kind that the policy's list doesn't have."""
    problems = [
        Problem(
            code="unknown_kind",
            field=f"{field}.{n}.kind",
            message=f"{field}.{n}.kind is not in the policy's list: choose one of it, or say it in words",
        )
        for field, values in (("talents", talents), ("wishes", wishes))
        for n, each in enumerate(values or ())
        if each.kind is not None and not policy.has_kind(each.kind)
    ]
    if problems:
        raise Rejected(problems=problems)


def visit_due_at(person: Participant, policy: Policy) -> datetime:
    """Until when a newcomer's first visit is in time."""
    return person.newcomer_since + timedelta(days=policy.visits.within_days)


def told(fact: type[F], person: Participant, neighbourhood_id: str = "", **more: Any) -> F:
    """That something happened to someone, where they live now or in another neighbourhood."""
    return fact(
        participant_id=person.participant_id,
        neighbourhood_id=neighbourhood_id or person.neighbourhood_id,
        version=person.version,
        **more,
    )


def by_worker(person: Participant) -> bool:
    """Whether a worker brought them in, one by one; an import gives each a reference."""
    return person.registered_by.startswith("worker:") and person.reference is None


def kept(person: Participant) -> ParticipantKept:
    """What matching knows of someone: by which way to ask them, and no name, contact, address or origin.

    Of who left, only that.
    """
    if person.status == "merged":
        return gone(ParticipantKept, person.participant_id, person.version, person.merged_into)
    if person.status == "left":
        return ParticipantKept(
            participant_id=person.participant_id,
            version=person.version,
            neighbourhood_id=person.neighbourhood_id,
            status="left",
        )
    return ParticipantKept(
        participant_id=person.participant_id,
        version=person.version,
        neighbourhood_id=person.neighbourhood_id,
        languages=list(person.languages),
        cell=person.cell,
        talents=list(person.talents),
        wishes=list(person.wishes),
        availability=list(person.availability),
        ceiling=person.ceiling,
        quiet_hours=person.quiet_hours,
        reached_by=person.reach.by,
        status=person.status,
        paused_until=person.paused_until,
        out_of_matching=person.out_of_matching,
        mandate_holder_ids=list(person.mandate_holder_ids),
    )


def contact(person: Participant) -> ContactKept:
    """How someone is called and reached, for who sends; of who left, only that."""
    if person.status == "merged":
        return gone(ContactKept, person.participant_id, person.version, person.merged_into)
    if person.status == "left":
        return ContactKept(
            participant_id=person.participant_id,
            version=person.version,
            neighbourhood_id=person.neighbourhood_id,
            status="left",
        )
    return ContactKept(
        participant_id=person.participant_id,
        version=person.version,
        name=person.name,
        neighbourhood_id=person.neighbourhood_id,
        languages=list(person.languages),
        reach=person.reach,
        quiet_hours=person.quiet_hours,
        status=person.status,
        paused_until=person.paused_until,
        mandate_holder_ids=list(person.mandate_holder_ids),
    )


def gone(state: type[K], participant_id: UUID, version: int, merged_into: UUID | None = None) -> K:
    """The tombstone of either state: nothing but ids."""
    return state(participant_id=participant_id, version=version, removed=True, merged_into=merged_into)


def details(person: Participant) -> ParticipantDetails:
    """All that a worker, or the person, may see at once."""
    assert person.status != "merged"
    return ParticipantDetails(
        participant_id=person.participant_id,
        version=person.version,
        name=person.name,
        neighbourhood_id=person.neighbourhood_id,
        languages=list(person.languages),
        reach=person.reach,
        cell=person.cell,
        talents=list(person.talents),
        wishes=list(person.wishes),
        availability=list(person.availability),
        ceiling=person.ceiling,
        quiet_hours=person.quiet_hours,
        status=person.status,
        paused_until=person.paused_until,
        out_of_matching=person.out_of_matching,
        mandate_holder_ids=list(person.mandate_holder_ids),
        origin=Origin(sender=person.registered_by, on_word_of=person.on_word_of, reference=person.reference),
        registered_at=person.registered_at,
        visited_at=person.visited_at,
    )


def limited(whole: ParticipantDetails, fields: Iterable[ConsentField]) -> ParticipantDetails:
    """Only what a consent names."""
    return ParticipantDetails(
        participant_id=whole.participant_id,
        version=whole.version,
        **{field: getattr(whole, field) for field in fields},
    )


def cell_of(home: Home | None) -> str | None:
    """The H3 cell of about 170 m in which a home lies; the point itself is not kept."""
    if home is None or home.cell is not None:
        return home.cell if home else None
    return str(h3.latlng_to_cell(home.lat, home.lon, CELL_RESOLUTION))


def check_same_person(command: RegisterParticipant, kept: str | None) -> None:
    """A reference that its sender used before must not come with another name: one of the two would be lost."""
    if kept is not None and name_key(command.name) != kept:
        raise Rejected(
            "reference_taken",
            "reference belongs to someone whom you registered under another name: give this person one of their own;"
            " when it is the same person, write the name as it is in the network",
            "reference",
        )


def name_key(name: str) -> str:
    """A name as two spellings of it are the same: no accents, capitals, punctuation or order of its words."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept_letters = (c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(sorted("".join(kept_letters).split())) or name.casefold()


def email_key(email: str | None) -> str | None:
    """An e-mail address as two spellings of it are the same."""
    return email.strip().casefold() if email else None


def phone_key(phone: str | None) -> str | None:
    """The last eight digits: the same with or without country code."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    return digits[-8:] if len(digits) >= 8 else None


def _next(person: Participant, **changed: Any) -> Participant:
    return replace(person, version=person.version + 1, **changed)


def _each_once(values: Sequence[T]) -> tuple[T, ...]:
    """Without repeats, in order."""
    found: list[T] = []
    for value in values:
        if value not in found:
            found.append(value)
    return tuple(found)


def _merged_reach(one: Reach, other: Reach) -> Reach:
    """How the survivor wants to be reached, with the contacts that only the other knew."""
    return one.model_copy(
        update={
            "email": one.email or other.email,
            "phone": one.phone or other.phone,
            "organisation_id": one.organisation_id or other.organisation_id,
        }
    )


def _emptied(double: Participant, survivor_id: UUID) -> Participant:
    """What is left of an entry that was merged: where it came from, so that the same import finds the survivor."""
    return _next(
        double,
        name="",
        status="merged",
        merged_into=survivor_id,
        paused_until=None,
        out_of_matching=False,
        languages=(),
        reach=Reach(by="letter"),
        cell=None,
        address=None,
        talents=(),
        wishes=(),
        availability=(),
        ceiling=None,
        quiet_hours=None,
        visited_at=None,
        left_at=None,
        mandate_holder_ids=(),
    )
