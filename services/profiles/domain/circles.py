"""The circle: two people who can fall back on each other. Agreed by both; a no and a step out are silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.contracts.profiles import CircleKept, CircleRef
from shared.messaging import Rejected

MOST_TIES = 100
"""Open questions and agreements of one person: more than a circle holds, and what fits in a state."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What is between two people about their circle. Without one, nothing ever was, or it has expired."""

    first_id: UUID
    second_id: UUID
    """The two, in the order of their ids: no side is more than the other."""
    asked_by: UUID | None
    """Whose question it was; null once they took it back after a no that they never heard of."""
    asked_at: datetime
    agreed_at: datetime | None = None
    ended_by: UUID | None = None
    """Who said no, stepped out, or took their question back: never told to the other."""
    ended_at: datetime | None = None

    @property
    def state(self) -> Literal["asked", "agreed", "ended"]:
        if self.ended_at is not None:
            return "ended"
        return "asked" if self.agreed_at is None else "agreed"

    def other(self, participant_id: UUID) -> UUID:
        return self.second_id if participant_id == self.first_id else self.first_id


def asks(tie: Tie | None, who: UUID) -> bool:
    """Whether, as far as they know, their question is open. It stays so after a no: a no looks like silence."""
    return tie is not None and tie.asked_by == who and tie.agreed_at is None and tie.ended_by != who


def ask(tie: Tie | None, by: UUID, other: UUID, standing: int, now: datetime) -> Tie | None:
    """A question, or None when it was asked already. `standing`: how many questions and agreements `by` has.

    When the other's question is open it is a yes. After the other's no, or when they stepped out, it is noted and
    the other isn't bothered: the tie stays ended, and to `by` it looks like the first time.
    """
    if by == other:
        raise Rejected("same_person", "other_id is the same person: name someone else", "other_id")
    if asks(tie, other):
        return agree(tie, by, now)
    if tie is not None and (tie.state == "agreed" or asks(tie, by)):
        return None
    if standing >= MOST_TIES:
        raise Rejected(
            "too_many",
            f"participant_id has {MOST_TIES} people in or asked into the circle: step out of one first",
            "participant_id",
        )
    if tie is not None and tie.ended_by == other and not _taken_back(tie):
        return replace(tie, asked_by=by, asked_at=now, agreed_at=None)
    first, second = sorted((by, other))
    return Tie(first, second, by, now)


def agree(tie: Tie | None, by: UUID, now: datetime) -> Tie | None:
    """Yes to the other's question, also after an earlier no; None when there was a yes already."""
    if tie is not None and tie.state == "agreed":
        return None
    if tie is None or not asks(tie, tie.other(by)):
        raise Rejected("not_asked", "other_id has no open question to this person: ask them instead", "other_id")
    return replace(tie, agreed_at=now, ended_by=None, ended_at=None)


def decline(tie: Tie | None, by: UUID, now: datetime) -> Tie | None:
    """No to the other's question; None when there is none, or there was a no already."""
    if tie is None or tie.state == "ended":
        return None
    if tie.state == "agreed":
        raise Rejected("agreed", "other_id is in the circle already: use step-out to leave it", "other_id")
    if tie.asked_by == by:
        raise Rejected(
            "own_question", "other_id was asked by this person: use step-out to take the question back", "other_id"
        )
    return replace(tie, ended_by=by, ended_at=now)


def step_out(tie: Tie | None, by: UUID, now: datetime) -> Tie | None:
    """Out of each other's circle, or one's own question taken back; None when there is neither."""
    if tie is not None and tie.state == "ended":
        return replace(tie, asked_by=None) if asks(tie, by) else None
    if tie is None or (tie.state == "asked" and tie.asked_by != by):
        return None
    return replace(tie, ended_by=by, ended_at=now)


def as_seen(tie: Tie | None, by: UUID, other: UUID) -> CircleRef:
    """What one of the two may know of it."""
    status: Literal["asked", "agreed", "none"] = "none"
    if tie is not None and tie.state == "agreed":
        status = "agreed"
    elif asks(tie, by) or (tie is not None and tie.state == "asked"):
        status = "asked"
    return CircleRef(participant_id=by, other_id=other, status=status)


def members(ties: Sequence[Tie], participant_id: UUID) -> list[UUID]:
    """Who is in someone's circle."""
    return [tie.other(participant_id) for tie in ties if tie.state == "agreed"]


def standing(ties: Sequence[Tie]) -> int:
    """How many questions and agreements there are."""
    return sum(tie.state != "ended" for tie in ties)


def agreed_since(ties: Sequence[Tie], me: UUID) -> list[tuple[UUID, datetime]]:
    """Who is in someone's circle, and since when."""
    return [(tie.other(me), tie.agreed_at) for tie in ties if tie.state == "agreed" and tie.agreed_at is not None]


def to_answer(ties: Sequence[Tie], me: UUID) -> list[tuple[UUID, datetime]]:
    """Who waits for an answer, and since when."""
    return [(tie.other(me), tie.asked_at) for tie in ties if tie.state == "asked" and tie.asked_by != me]


def unanswered(ties: Sequence[Tie], me: UUID) -> list[tuple[UUID, datetime]]:
    """Whom someone asked without a yes so far, and when."""
    return [(tie.other(me), tie.asked_at) for tie in ties if asks(tie, me)]


def kept(participant_id: UUID, version: int, ties: Sequence[Tie]) -> CircleKept:
    """What the other services know of someone's circle."""
    return CircleKept(participant_id=participant_id, version=version, member_ids=members(ties, participant_id))


def merge(survivor_id: UUID, double_id: UUID, ties: Sequence[Tie]) -> list[Tie]:
    """The ties of two entries that are one person: with each other person one, agreed before ended before asked."""
    rank = {"agreed": 0, "ended": 1, "asked": 2}
    moved = [_moved(tie, double_id, survivor_id) for tie in ties]
    best: dict[UUID, Tie] = {}
    for tie in sorted((tie for tie in moved if tie.first_id != tie.second_id), key=lambda tie: rank[tie.state]):
        best.setdefault(tie.other(survivor_id), tie)
    return list(best.values())


def _taken_back(tie: Tie) -> bool:
    """Whether it ended because a question was withdrawn: that is no answer to anything."""
    return tie.agreed_at is None and tie.ended_by is not None and tie.asked_by == tie.ended_by


def _moved(tie: Tie, double_id: UUID, survivor_id: UUID) -> Tie:
    def now_is(participant_id: UUID) -> UUID:
        return survivor_id if participant_id == double_id else participant_id

    first, second = sorted((now_is(tie.first_id), now_is(tie.second_id)))
    return replace(
        tie, first_id=first, second_id=second, asked_by=now_is(tie.asked_by) if tie.asked_by else None,
        ended_by=now_is(tie.ended_by) if tie.ended_by else None,
    )  # fmt: skip
