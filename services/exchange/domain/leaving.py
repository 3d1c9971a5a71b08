"""What someone's absence means for what they are in, and how two entries of one person become one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from services.exchange.domain.agreements import SOME_TIME
from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from services.exchange.domain.people import Person
from shared.contracts.exchange import InvitationStage

Standing = Literal["here", "resting", "gone"]
"""`resting`: paused or out of matching; what is agreed goes on. `gone`: not in this neighbourhood any more."""


def standing(person: Person | None, neighbourhood_id: str) -> Standing:
    """How someone stands to what is going on in a neighbourhood; None is someone who is no longer known."""
    if person is None or person.status == "left" or person.neighbourhood_id != neighbourhood_id:
        return "gone"
    return "resting" if person.status == "paused" or person.out_of_matching else "here"


def stands_otherwise(before: Person | None, after: Person) -> bool:
    """Whether what they are in must be looked at: a change of their talents, say, touches nothing of it."""
    return before is None or _stands(before) != _stands(after)


def is_over(exchange: Exchange, now: datetime) -> bool:
    """Whether what was agreed will have happened: there is nothing to cancel, and people may still say how it was."""
    met_by = exchange.ends_at or (exchange.agreed_at or now) + SOME_TIME
    return exchange.stage == "agreed" and met_by <= now


def goes(
    exchange: Exchange, asked: Mapping[UUID, Invitation], agreed: Collection[UUID], double_id: UUID, survivor_id: UUID
) -> UUID:
    """Which of two entries of one person no longer stands in an exchange, where both do.

    Who opened it stays; else the one with whom it came furthest, and then the one who answered last.
    """
    both = (double_id, survivor_id)
    if exchange.participant_id in both:
        stays = exchange.participant_id
    else:
        stays = max(both, key=lambda id_: (id_ in agreed, *_how_far(asked.get(id_)), id_ == survivor_id))
    return double_id if stays == survivor_id else survivor_id


def _how_far(question: Invitation | None) -> tuple[int, datetime]:
    if question is None:
        return -1, _LONG_AGO
    return _FURTHEST.get(question.stage, 0), question.answered_at or question.made_at


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FURTHEST: dict[InvitationStage, int] = {
    "yes": 5, "never": 4, "no": 4, "not-now": 4, "asked": 3, "waiting": 2, "held": 1,
}  # fmt: skip


def _stands(person: Person) -> tuple[str, bool, str]:
    return person.status, person.out_of_matching, person.neighbourhood_id
