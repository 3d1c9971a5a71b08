"""Who acts, and for whom they may. Everyone for themselves, workers and operators for all, partners where granted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from shared.contracts.subjects import CLI, RESERVED_SENDERS
from shared.messaging import Rejected, Transaction

Kind = Literal["participant", "holder", "worker", "operator", "partner", "contact"]
"""A `holder` is a participant who acts for someone else, with a mandate. A `contact` answers for a service that is no
partner, by the link in a mail: for the one referral that the link is for, and for nothing else."""

ANYONE: frozenset[Kind] = frozenset({"participant", "holder", "worker", "operator", "partner"})
OURS: frozenset[Kind] = ANYONE - {"partner"}
IN_PERSON: frozenset[Kind] = OURS - {"holder"}
"""What nobody can decide for someone else, except the worker who hears it from them."""
STAFF: frozenset[Kind] = frozenset({"worker", "operator"})
WORKER: frozenset[Kind] = frozenset({"worker"})

_WHO: dict[Kind, str] = {
    "participant": "the person",
    "holder": "who holds their mandate",
    "worker": "a worker",
    "operator": "an operator",
    "partner": "a partner",
    "contact": "the service that was asked",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who sent a message."""

    kind: Literal["participant", "worker", "operator", "partner", "contact"]
    id: str = ""
    """Of a participant or worker; a partner's name; of a contact, the referral's id."""

    def __str__(self) -> str:
        """As it is recorded: `worker:<id>`, `partner:<slug>`, `contact:<referral id>`, `operator`."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)


@dataclass(frozen=True, slots=True)
class Grant:
    """Where a partner may act, and for which organisation."""

    partner: str
    organisation_id: str
    neighbourhood_ids: frozenset[str]


class Person(Protocol):
    """Someone for whom may be acted, as far as a service knows them."""

    @property
    def participant_id(self) -> UUID: ...

    @property
    def mandate_holder_ids(self) -> Collection[UUID]:
        """Who may answer for them now."""


def who(tx: Transaction, allowed: Collection[Kind]) -> Actor:
    """Who sent the message; refused when someone like that may never do this."""
    actor = actor_of(tx.sender, tx.actor)
    check_kind(actor, allowed)
    return actor


def actor_of(sender: str, actor: str) -> Actor:
    """Who acts, from the subject's sender and, for senders of our own, the actor that they name."""
    if sender not in RESERVED_SENDERS:
        return Actor("partner", sender)
    kind, _, id_ = actor.partition(":")
    if actor == "operator" or (not actor and sender == CLI):
        return Actor("operator")
    if kind == "worker" and _is_uuid(id_):
        return Actor("worker", str(UUID(id_)))
    if kind == "participant" and _is_uuid(id_):
        return Actor("participant", str(UUID(id_)))
    if kind == "contact" and _is_uuid(id_):
        return Actor("contact", str(UUID(id_)))
    raise Rejected(
        "malformed", "ce-actor says nobody that can act: send worker:<id>, participant:<id> or operator", "ce-actor"
    )


def check_kind(actor: Actor, allowed: Collection[Kind], field: str = "ce-actor") -> None:
    """Refuse who may never do this, for whomever it is."""
    kinds: set[Kind] = {"participant", "holder"} if actor.kind == "participant" else {actor.kind}
    if not kinds & set(allowed):
        raise _not_allowed(allowed, field)


def check_person(actor: Actor, person: Person, allowed: Collection[Kind], field: str) -> None:
    """Refuse who may not do this for this person. A partner's grant is checked apart."""
    kind: Kind = actor.kind
    if actor.kind == "participant" and actor.uuid != person.participant_id:
        if actor.uuid not in person.mandate_holder_ids:
            raise Rejected(
                "no_mandate", f"{field} has given you no mandate that runs: ask them or their worker for one", field
            )
        kind = "holder"
    if kind not in allowed:
        raise _not_allowed(allowed, field)


def check_grant(grant: Grant | None, neighbourhood_id: str, field: str) -> None:
    """Refuse a partner outside the neighbourhoods that it was granted."""
    if grant is None or neighbourhood_id not in grant.neighbourhood_ids:
        raise Rejected(
            "outside_grant",
            f"{field} lies outside the neighbourhoods granted to you: ask the operator to add it",
            field,
        )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _not_allowed(allowed: Collection[Kind], field: str) -> Rejected:
    people = " or ".join(words for kind, words in _WHO.items() if kind in allowed)
    return Rejected("not_allowed", f"this can be done only by {people}: ask one of them", field)
