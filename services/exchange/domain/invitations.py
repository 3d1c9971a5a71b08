"""An invitation: one quiet, personal question to one neighbour, and how it is answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain.distances import minutes_on_foot
from services.exchange.domain.exchanges import Exchange, refuse_stage
from services.exchange.domain.people import Person
from shared.contracts import exchange as contract
from shared.contracts.exchange import (
    AnswerHow,
    InvitationAnswer,
    InvitationRef,
    InvitationStage,
    MatchReason,
    NextStep,
    Often,
    Opening,
    When,
)
from shared.contracts.profiles import Enjoyment, Recorded
from shared.messaging import Rejected
from shared.policy import Policy

WAITS: frozenset[InvitationStage] = frozenset({"held", "waiting", "asked"})
"""Nothing has come of it yet."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One question to one neighbour."""

    invitation_id: UUID
    exchange_id: UUID
    participant_id: UUID
    own: bool
    stage: InvitationStage
    again: bool
    acquainted: bool
    reasons: tuple[MatchReason, ...]
    worker_id: UUID | None
    made_at: datetime
    reviewed_by: str | None = None
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    how: AnswerHow | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An invitation, with what is asked. Whose ask or offer it is, isn't among it."""

    invitation: Invitation
    neighbourhood_id: str
    opening: Opening
    kind: str | None
    words: str | None
    when: When
    often: Often
    cell: str | None
    other_cell: str | None
    """Where the other side lives; None when there is no other side yet."""
    pleasure: Enjoyment | None
    """What the other side enjoys in it."""


def kept(reasons: Iterable[MatchReason]) -> tuple[MatchReason, ...]:
    """What is kept of why they were thought of. That much was done for them is worked out when it is asked, and stays
    nowhere."""
    return tuple(each for each in reasons if each != "likes-a-turn")


def to_ask(made: Iterable[Invitation], people: int, at_once: int) -> int:
    """How many more can be asked now: so many at once for each that is still wanted."""
    stages = [each.stage for each in made if not each.own]
    wanted = max(0, people - stages.count("yes"))
    return max(0, at_once * wanted - sum(stage in WAITS for stage in stages))


def asked(invitation: Invitation, exchange: Exchange, person: Person, policy: Policy, now: datetime) -> Invitation:
    """It goes out. Who is not reached at once has time for a letter; after the moment itself there is no answering."""
    days = policy.invitations
    within = days.answer_within_days if person.reached_by == "email" else days.answer_within_days_by_letter
    answer_by = now + timedelta(days=within)
    if exchange.ends_at is not None:
        answer_by = min(answer_by, exchange.ends_at)
    return replace(invitation, stage="asked", asked_at=now, answer_by=answer_by)


def waiting(invitation: Invitation) -> Invitation:
    """It goes out when their quiet hours are over."""
    return replace(invitation, stage="waiting")


def heard(invitation: Invitation) -> bool:
    """Whether they know of it, or will without more ado."""
    return invitation.asked_at is not None or invitation.stage == "waiting"


def again(invitation: Invitation) -> Invitation:
    """A second time, after a "not now"."""
    return replace(invitation, again=True, answered_at=None, answered_by=None, how=None)


def let_go(invitation: Invitation, step: NextStep) -> Invitation | None:
    """It is no longer asked; None when it was over already."""
    if invitation.stage != "yes" and invitation.stage not in WAITS:
        return None
    return replace(invitation, stage="arranged" if step == "arranged" else "taken-back")


def answered(
    invitation: Invitation, answer: InvitationAnswer, *, by: str, how: AnswerHow, agreed: bool, now: datetime
) -> Invitation | None:
    """The invitation with this answer; None when that was the answer already. Refused, kindly, when it is too late.

    Who says yes after others did is not refused: it stays `arranged`, and what they said is kept. "Never this kind"
    can be said at any time.
    """
    stage = invitation.stage
    if stage == answer or (stage == "arranged" and answer == "yes" and invitation.answered_at is not None):
        return None
    changed = replace(invitation, stage=answer, answered_at=now, answered_by=by, how=how)
    if stage in WAITS:
        return replace(changed, asked_at=invitation.asked_at or now)
    if stage == "yes" and not agreed and not invitation.own:
        return changed
    if stage == "arranged" and answer == "yes":
        return replace(changed, stage=stage)
    if answer == "never":
        return invitation if stage in _OVER or stage == "yes" else changed
    raise Rejected(*_why_not(invitation), "invitation_id")


def reviewed_so(invitation: Invitation, *, send: bool) -> bool:
    """Whether a worker decided so before. Refused when it is over, or has gone out and can't be held back."""
    if heard(invitation) and not send:
        raise Rejected("too_late", "invitation_id has gone out: withdraw the exchange, or let it be", "invitation_id")
    if not heard(invitation) and invitation.stage in ("arranged", "taken-back"):
        raise Rejected(*_why_not(invitation), "invitation_id")
    return heard(invitation) or (invitation.stage == "held-back" and not send)


def refuse_answered(invitation: Invitation) -> None:
    """Refuse to ask again who has answered, or was told that it is over."""
    if invitation.stage not in WAITS:
        raise Rejected("answered", "participant_id was asked for this before: ask someone else", "participant_id")


def refuse_unheard(invitation: Invitation, *, recorded: bool) -> None:
    """To who was not asked it doesn't exist; what a worker heard from them themselves, is `recorded`."""
    if invitation.asked_at is None and not recorded:
        raise unknown()


def refuse_not_sought(exchange: Exchange, now: datetime) -> None:
    """Refuse to ask for what nobody is sought for at this moment."""
    refuse_stage(exchange, ("open", "inviting"))
    if exchange.rests_until is not None and exchange.rests_until > now:
        raise Rejected(
            "wrong_stage", "exchange_id rests, as the side that opened it said not now: wait until they come back",
            "exchange_id",
        )  # fmt: skip


def sought(exchange: Exchange, invitation: Invitation) -> bool:
    """Whether this may go out: neighbours are being sought, or they are asked whether they would like it."""
    return exchange.stage in ("open", "inviting") or (invitation.own and exchange.stage == "draft")


def time_passed(invitation: Invitation, now: datetime) -> bool:
    """Whether the time to answer is over without an answer."""
    return invitation.stage == "asked" and invitation.answer_by is not None and invitation.answer_by <= now


def comes_back(invitation: Invitation) -> bool:
    """Whether it is asked once more: after one "not now", and never after two."""
    return invitation.stage == "not-now" and not invitation.again


def unknown() -> Rejected:
    return Rejected("unknown_id", "invitation_id is no invitation that we know: check the id", "invitation_id")


CONSENTED: dict[AnswerHow, Recorded] = {"online": "online", "phone": "phone", "door": "spoken", "letter": "written"}
"""How someone consented to what they said yes to."""


def shown(seen: Seen, *, reasons: bool) -> contract.Invitation:
    """As who is asked sees it; the reasons are for the worker alone."""
    invitation = seen.invitation
    return contract.Invitation(
        invitation_id=invitation.invitation_id, exchange_id=invitation.exchange_id,
        neighbourhood_id=seen.neighbourhood_id, participant_id=invitation.participant_id,
        worker_id=invitation.worker_id, own=invitation.own, opening=seen.opening, kind=seen.kind, words=seen.words,
        when=seen.when, often=seen.often, minutes_on_foot=minutes_on_foot(seen.cell, seen.other_cell),
        pleasure=seen.pleasure, stage=invitation.stage, again=invitation.again, asked_at=invitation.asked_at,
        answer_by=invitation.answer_by, reasons=list(invitation.reasons) if reasons else [],
    )  # fmt: skip


def ref(invitation: Invitation) -> InvitationRef:
    return InvitationRef(invitation_id=invitation.invitation_id, stage=invitation.stage)


_OVER: frozenset[InvitationStage] = frozenset({"arranged", "taken-back", "held-back"})
_PASSED: dict[InvitationStage, str] = {
    "silent": "is over, as the time to answer has passed: no harm done",
    "arranged": "is over, as others said yes: no harm done",
    "taken-back": "is over, as it is no longer asked: no harm done",
    "held-back": "was not sent: ask them for something else",
}


def _why_not(invitation: Invitation) -> tuple[str, str]:
    if invitation.stage in _PASSED:
        return "too_late", f"invitation_id {_PASSED[invitation.stage]}"
    if invitation.stage == "yes":
        return "answered", "invitation_id was answered with yes, and goes on: withdraw or cancel the exchange instead"
    return "answered", "invitation_id has been answered, and that is fine: tell the worker when it is otherwise"
