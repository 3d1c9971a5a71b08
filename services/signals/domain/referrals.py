"""A referral: its states, who may set them, and what is said with each.

After the referral task of HL7 SDOH Clinical Care (https://hl7.org/fhir/us/sdoh-clinicalcare).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.access import Kind
from shared.contracts.profiles import Step
from shared.contracts.signals import FollowsAs, ReferralOutcome, ReferralReason, ReferralRef, ReferralState
from shared.messaging import Rejected
from shared.policy import Policy
from shared.working_days import after_working_days

Part = Literal["worker", "service", "person"]
"""As what someone acts on a referral. Who holds a mandate acts as the person."""

Wait = Literal["remind", "tell-worker", "decide"]
"""What comes when nothing moves."""

WITH_SERVICE: frozenset[ReferralState] = frozenset({"requested", "accepted", "in-progress", "on-hold"})
"""The service has it, and it isn't over."""
OPEN: frozenset[ReferralState] = WITH_SERVICE | {"draft"}
ENDED: frozenset[ReferralState] = frozenset({"rejected", "completed", "failed", "cancelled", "entered-in-error"})
STATES = OPEN | ENDED

_TABLE: tuple[tuple[frozenset[ReferralState], tuple[ReferralState, ...], tuple[Part, ...]], ...] = (
    (frozenset({"draft"}), ("requested",), ("worker",)),
    (frozenset({"requested"}), ("accepted", "rejected"), ("service",)),
    (frozenset({"accepted"}), ("in-progress", "on-hold", "completed", "failed"), ("service",)),
    (frozenset({"in-progress"}), ("on-hold", "completed", "failed"), ("service",)),
    (frozenset({"on-hold"}), ("in-progress", "completed", "failed"), ("service",)),
    (OPEN, ("cancelled",), ("worker", "service", "person")),
    (STATES - {"entered-in-error"}, ("entered-in-error",), ("worker",)),
)
"""From what, to what, set by whom."""
NEXT: dict[tuple[ReferralState, ReferralState], frozenset[Part]] = {
    (before, after): frozenset(parts) for sources, afters, parts in _TABLE for before in sources for after in afters
}
"""Who may set what can follow on what."""
WITH_REASON: frozenset[ReferralState] = frozenset({"rejected", "cancelled", "on-hold", "failed"})
WITH_OUTCOME: frozenset[ReferralState] = frozenset({"completed", "rejected", "failed"})
"""Ends of which whoever sets them says how it ended. Of what is cancelled it follows from the reason."""

PART_OF: dict[Kind, Part] = {
    "worker": "worker",
    "operator": "worker",
    "partner": "service",
    "contact": "service",
    "participant": "person",
}
_CANCELLED: dict[ReferralReason, ReferralOutcome] = {
    "declined-by-person": "declined-by-person",
    "consent-withdrawn": "declined-by-person",
    "could-not-reach": "could-not-be-reached",
    "not-eligible": "not-eligible",
    "no-capacity": "no-capacity",
    "waiting-list": "no-capacity",
}
"""How a cancelled referral ended, by its reason; of every other: `other`."""
FURTHEST = timedelta(days=92)
"""How long at most a worker can let a referral stay open before it is asked again."""


@dataclass(frozen=True, slots=True)
class Referral:
    """A person guided to a service, followed until its end is known."""

    referral_id: UUID
    version: int
    neighbourhood_id: str
    participant_id: UUID
    service_id: str
    kind: str
    signal_id: UUID | None
    previous_id: UUID | None
    follows_as: FollowsAs | None
    state: ReferralState
    worker_id: UUID | None
    drafted_at: datetime
    reason: ReferralReason | None = None
    outcome: ReferralOutcome | None = None
    organisation_id: str | None = None
    """The partner organisation of its service, as it was when it was requested: no other ever learns of it."""
    requested_at: datetime | None = None
    seen_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    decide_by: datetime | None = None
    """When the worker has to have said that it stays open."""
    decide_step: Step | None = None
    """Who was last told that it can't stay open without a word; None when nobody was."""


def moved(
    referral: Referral, to: ReferralState, part: Part, now: datetime, *,
    reason: ReferralReason | None = None, outcome: ReferralOutcome | None = None,
) -> Referral:  # fmt: skip
    """The referral in another state. Refused when that can't follow, when it is another's to set, or without what goes
    with it: the sentence says what can be done now."""
    refuse_move(referral, to, part)
    if to in WITH_REASON and reason is None:
        raise Rejected("missing", f"reason is missing: say why it is {_IS[to]}", "reason")
    if to in WITH_OUTCOME and outcome is None:
        raise Rejected("missing", "outcome is missing: say how it ended", "outcome")
    if to == "cancelled" and reason is not None:
        outcome = _CANCELLED.get(reason, "other")
    answers = referral.state == "requested" and part == "service"
    return replace(
        referral, version=referral.version + 1, state=to,
        reason=reason if to in WITH_REASON else None, outcome=outcome if to in ENDED - {"entered-in-error"} else None,
        answered_at=now if answers and to != "entered-in-error" else referral.answered_at,
        ended_at=(referral.ended_at or now) if to in ENDED else None,
        decide_by=referral.decide_by if to in WITH_SERVICE else None,
        decide_step=referral.decide_step if to in WITH_SERVICE else None,
    )  # fmt: skip


def requested(
    referral: Referral, organisation_id: str | None, policy: Policy, now: datetime, part: Part = "worker"
) -> Referral:
    """It is put before the service."""
    after = moved(referral, "requested", part, now)
    return replace(
        after, organisation_id=organisation_id, requested_at=now,
        decide_by=now + timedelta(days=policy.referrals.decide_days),
    )  # fmt: skip


def refuse_move(referral: Referral, to: ReferralState, part: Part) -> None:
    """Refuse what can't follow now, or isn't theirs to set."""
    setters = NEXT.get((referral.state, to))
    if setters is None:
        raise _wrong_stage(referral, part)
    if part not in setters:
        whose = " or ".join(_WHO[each] for each in ("worker", "service", "person") if each in setters)
        raise Rejected(
            "not_allowed",
            f"that is for {whose} to say, and not for {_WHO[part]}: {_can_say(referral, part)}",
            "ce-actor",
        )


def refuse_stage(referral: Referral, allowed: Collection[ReferralState], part: Part) -> None:
    """Refuse what can't be done as it stands, with what can."""
    if referral.state not in allowed:
        raise _wrong_stage(referral, part)


def can(referral: Referral, part: Part) -> list[ReferralState]:
    """What someone can set now, in the order of the table."""
    return [after for (before, after), parts in NEXT.items() if before == referral.state and part in parts]


def seen(referral: Referral, now: datetime) -> Referral:
    """The service has it before them; only the first time counts."""
    return referral if referral.seen_at else replace(referral, version=referral.version + 1, seen_at=now)


def kept_open(referral: Referral, until: datetime, part: Part, now: datetime) -> Referral:
    """The worker says that it may stay open until then."""
    refuse_stage(referral, WITH_SERVICE, part)
    if until <= now:
        raise Rejected("in_the_past", "until has passed: give a later moment", "until")
    if until > now + FURTHEST:
        raise Rejected("too_far", f"until lies further than {FURTHEST.days} days ahead: choose an earlier day", "until")
    return replace(referral, version=referral.version + 1, decide_by=until, decide_step=None)


def due_at(referral: Referral, to: Wait, zone: ZoneInfo, policy: Policy) -> datetime | None:
    """When the service is reminded, its worker hears that it doesn't answer, or has to say whether it stays open; None
    when nothing waits for that."""
    if to == "decide" or referral.requested_at is None:
        return referral.decide_by
    rules = policy.referrals
    days = rules.remind_working_days if to == "remind" else rules.tell_worker_working_days
    return after_working_days(referral.requested_at, days, zone, policy.signals.country)


def waits(referral: Referral) -> bool:
    """Whether the service has said nothing yet."""
    return referral.state == "requested"


def has_to_decide(referral: Referral, now: datetime) -> bool:
    """Whether it is open longer than it may be without a word of the worker."""
    return referral.state in WITH_SERVICE and referral.decide_by is not None and referral.decide_by <= now


def next_step(referral: Referral) -> Step:
    """Who is told next that it can't stay open: one more each day, and at the top it is said again every day."""
    following: dict[Step | None, Step] = {None: "worker", "worker": "backup"}
    return following.get(referral.decide_step, "coordinator")


def is_over(referral: Referral) -> bool:
    return referral.state in ENDED


def ref(referral: Referral) -> ReferralRef:
    return ReferralRef(referral_id=referral.referral_id, version=referral.version, state=referral.state)


def refuse_previous(previous: Referral | None, participant_id: UUID, service_id: str, as_: FollowsAs) -> None:
    """A new one after another is of the same person; `retry` to the same service, `forward` to another, once the first
    is over."""
    if previous is None or previous.participant_id != participant_id:
        raise Rejected(
            "unknown_id", "previous_id is no referral of this person that we know: see theirs", "previous_id"
        )
    if not is_over(previous):
        raise Rejected(
            "wrong_stage", f"previous_id is {_IS[previous.state]}: cancel it first, or wait for its end", "previous_id"
        )
    if (as_ == "retry") != (previous.service_id == service_id):
        raise Rejected(
            "not_fitting", "service_id of a retry is that of the one before, and of a forward another", "service_id"
        )


def _wrong_stage(referral: Referral, part: Part) -> Rejected:
    return Rejected("wrong_stage", f"referral_id is {_IS[referral.state]}: {_can_say(referral, part)}", "referral_id")


def _can_say(referral: Referral, part: Part) -> str:
    """What someone can do now, as the end of a sentence."""
    return one_of(_DO[each] for each in can(referral, part))


def one_of(ways: Iterable[str]) -> str:
    *some, last = [*ways] or [""]
    if not last:
        return "nothing more can be done with it"
    return f"you can {', '.join(some)} or {last}" if some else f"you can {last}"


_WHO: dict[Part, str] = {"worker": "a worker", "service": "the service", "person": "the person"}
_IS: dict[ReferralState, str] = {
    "draft": "a draft",
    "requested": "requested",
    "accepted": "accepted",
    "rejected": "rejected",
    "in-progress": "in progress",
    "on-hold": "on hold",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "entered-in-error": "marked as made in error",
}
_DO: dict[ReferralState, str] = {
    "draft": "draft it",
    "requested": "request it",
    "accepted": "accept it",
    "rejected": "reject it",
    "in-progress": "start it",
    "on-hold": "put it on hold",
    "completed": "complete it",
    "failed": "say that it failed",
    "cancelled": "cancel it",
    "entered-in-error": "mark it as made in error",
}
