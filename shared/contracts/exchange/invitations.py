"""Invitations: one quiet, personal question to one neighbour. Any answer is free, and so is none."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from uuid import UUID

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.exchange.exchanges import Often, Opening, When
from shared.contracts.profiles.participants import Enjoyment, Limit
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Token, WorkerId

InvitationStage = Literal[
    "held", "waiting", "asked", "yes", "not-now", "no", "never", "silent", "arranged", "taken-back", "held-back"
]  # fmt: skip
"""`held`: a worker looks first. `waiting`: it goes out when their quiet hours are over. `asked`: it went out.
`yes`, `not-now`, `no`, `never` (never this kind): their answer. `silent`: the time to answer passed: an answer too.
`arranged`: others said yes. `taken-back`: it is no longer asked. `held-back`: the worker didn't send it."""
InvitationAnswer = Literal["yes", "not-now", "no", "never"]
AnswerHow = Literal["online", "phone", "door", "letter"]
"""How an answer came; by phone, at the door or by letter a worker records it as theirs."""
MatchReason = Literal[
    "acquainted", "circle", "enjoys-it", "wished-for-it", "near", "same-language", "free-then", "not-asked-lately",
    "likes-a-turn", "said-yes-before", "said-not-now-before", "silent-before", "much-rests-on-them", "asked-by-worker",
]  # fmt: skip
"""Why someone is a likely one to ask. `likes-a-turn`: a chance to do something in turn, after much done for them."""

_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_EXCHANGE = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6a"
_INVITATION = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6b"


class InvitationRef(Contract):
    """An invitation, as answer to a command about it."""

    invitation_id: UUID
    stage: InvitationStage


class ReviewInvitation(Command, type="exchange.invitation.review.v1", result=InvitationRef):
    """By a worker, before a stranger is asked: send it, or hold it back. Held back, the next likely one comes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"invitation_id": _INVITATION, "send": True}
    invitation_id: UUID
    send: bool


class InviteNeighbour(Command, type="exchange.invitation.send.v1", result=InvitationRef):
    """By a worker: ask this neighbour. Who paused, is out of matching, has had as many as they want, or said never to
    this kind, is not asked."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "participant_id": _JOS}
    exchange_id: UUID
    participant_id: ParticipantId


class AnswerInvitation(Command, type="exchange.invitation.answer.v1", result=InvitationRef):
    """Yes, not now, no, or never this kind. By the person, by who holds their mandate, or recorded by a worker.

    A yes says that the other side may see who it is. "Not now" is asked once more, weeks later, when it is still open.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"invitation_id": _INVITATION, "answer": "yes"}
    invitation_id: UUID
    answer: InvitationAnswer
    how: AnswerHow = "online"


class Invitation(Contract):
    """An invitation, as the one who is asked sees it. No name and no address of the other until both agree."""

    invitation_id: UUID
    exchange_id: UUID
    neighbourhood_id: NeighbourhoodId
    participant_id: ParticipantId
    """Who is asked."""
    worker_id: WorkerId | None
    """In whose name it is asked."""
    own: bool
    """Whether it is their own wish that can be fulfilled, and they are asked whether they would like that."""
    opening: Opening
    """Whether the other side asked or offered."""
    kind: Token | None
    words: str | None
    when: When
    often: Often
    """`once`: it can be tried without further promise."""
    minutes_on_foot: int | None
    """How far, rounded up to five; null when not known."""
    pleasure: Enjoyment | None
    """What the other side enjoys in it."""
    stage: InvitationStage
    again: bool
    """Whether it comes a second time, after a "not now"."""
    asked_at: Moment | None
    answer_by: Moment | None
    reasons: list[MatchReason]
    """Why they are a likely one to ask; for the worker alone."""


class ShowInvitation(Query, type="exchange.invitation.show.v1", result=Invitation):
    """One invitation: for who is asked, for who holds their mandate, and for workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"invitation_id": _INVITATION}
    invitation_id: UUID


class InvitationPage(Contract):
    """A page of invitations, the latest first."""

    invitations: list[Invitation]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListInvitations(Query, type="exchange.invitation.list.v1", result=InvitationPage):
    """Invitations of an exchange, for workers; those to a participant, also for that person."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JOS, "open_only": True}
    exchange_id: UUID | None = None
    participant_id: ParticipantId | None = None
    neighbourhood_id: NeighbourhoodId | None = None
    stage: InvitationStage | None = None
    """`held` with a neighbourhood: what waits for its worker."""
    open_only: bool = False
    """Only what waits for an answer."""
    after: UUID | None = None
    limit: Limit = 50


class Candidate(Contract):
    """A neighbour who may enjoy it, and why."""

    participant_id: ParticipantId
    reasons: list[MatchReason]
    acquainted: bool


class Candidates(Contract):
    """The likeliest first. An order for this moment, kept nowhere."""

    candidates: list[Candidate]


class ShowCandidates(Query, type="exchange.candidates.show.v1", result=Candidates):
    """Who could be asked for an exchange, and why; for workers alone."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"exchange_id": _EXCHANGE, "limit": 5}
    exchange_id: UUID
    limit: Limit = 5


class KindRef(Contract):
    """A kind that someone is asked for again, or not."""

    participant_id: ParticipantId
    kind: Token


class AllowKind(Command, type="exchange.kind.allow.v1", result=KindRef):
    """Take back a "never this kind": they may be asked for it again. By the person or a worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"participant_id": _JOS, "kind": "garden"}
    participant_id: ParticipantId
    kind: Token


__all__ = [
    "AllowKind",
    "AnswerHow",
    "AnswerInvitation",
    "Candidate",
    "Candidates",
    "Invitation",
    "InvitationAnswer",
    "InvitationPage",
    "InvitationRef",
    "InvitationStage",
    "InviteNeighbour",
    "KindRef",
    "ListInvitations",
    "MatchReason",
    "ReviewInvitation",
    "ShowCandidates",
    "ShowInvitation",
]
