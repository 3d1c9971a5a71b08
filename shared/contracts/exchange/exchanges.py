"""Exchanges: one small thing between neighbours, opened by an ask or by an offer. One shape and one lifecycle."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.envelope import Command, Contract, Query
from shared.contracts.profiles.mandates import Recorded
from shared.contracts.profiles.participants import DayPart, Enjoyment, Limit
from shared.contracts.types import Moment, NeighbourhoodId, ParticipantId, Token, Version, Weekday, Words, WorkerId

Opening = Literal["ask", "offer"]
"""How an exchange is opened; both are equal ways in."""
Stage = Literal["draft", "open", "inviting", "proposed", "agreed", "done", "withdrawn", "expired", "handed-over"]
"""`draft`: for the worker's eyes alone. `open`: neighbours are being sought. `inviting`: some have been asked.
`proposed`: enough said yes, and the side that opened it looks. `agreed`: both sides did. The last three have ended or,
for `handed-over`, rest with the worker."""
Often = Literal["once", "a-few-times", "daily", "weekly", "every-two-weeks", "monthly"]
Why = Literal["not-small", "structural", "drift", "in-doubt", "asked"]
"""Why an exchange was handed to the worker; `asked`: the person left it to them."""
NextStep = Literal[
    "received", "with-worker", "looking", "invited", "invited-again", "waiting", "arranged", "taken-back", "found",
    "not-this-time", "resting", "agreed", "moment-changed", "cancelled", "nobody-yet", "ended", "how-was-it", "thanked",
    "gathering-invited", "gathering-changed", "gathering-cancelled", "introduced",
]  # fmt: skip
"""What a person is told: where it stands for them, and with that what happens next."""
HowItWas = Literal["good", "fine", "not-good", "did-not-happen"]

Wording = Annotated[Words, StringConstraints(max_length=280)]
Reason = Annotated[Words, StringConstraints(max_length=500)]
People = Annotated[int, Field(ge=1, le=20)]

_JOS = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e61"
_MARTINE = "019432a1-7c3e-7d5a-9f00-6a1c2b3d4e5f"
_EXCHANGE = "019a2c00-0a10-7c00-8000-1f2e3d4c5b6a"
_MARIE = "019a1b2c-0000-7000-8000-000000000001"


class When(Contract):
    """One moment, a day or a part of it, a part of any such weekday, or, with nothing filled in, some time."""

    at: Moment | None = None
    """One moment."""
    day: date | None = None
    """A day; with `part` a part of it."""
    weekday: Weekday | None = None
    """Any such day that comes; with `part` a part of it."""
    part: DayPart | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        named = [name for name in ("at", "day", "weekday") if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(f"gives {' and '.join(named)}: choose one")
        if self.at is not None and self.part is not None:
            raise ValueError("gives at and part: a moment has no part of the day, leave one out")
        return self


class ExchangeRef(Contract):
    """An exchange, as answer to a command about it."""

    exchange_id: UUID
    version: Version
    stage: Stage
    next: NextStep | None = None
    """What the one for whom the command came can expect; null when nothing comes of itself."""


_REF: dict[str, Any] = {"exchange_id": _EXCHANGE}


# --- opening


class OpenExchange(Command, type="exchange.exchange.open.v1", result=ExchangeRef, partners=True):
    """An ask or an offer, by a person or for them. Nothing is posted: neighbours who may enjoy it are asked one by one.

    What is beyond small help, or can't be told from the words, is not refused: the worker gets it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "opening": "ask",
        "participant_id": _MARTINE,
        "kind": "garden",
        "words": "De haag is te hoog geworden, wie snoeit mee?",
        "when": {"weekday": "tuesday", "part": "afternoon"},
    }
    opening: Opening
    participant_id: ParticipantId
    """Whose ask or offer it is."""
    kind: Token | None = None
    """From the policy's list; null: the words say it."""
    words: Wording | None = None
    """In a sentence, without a name or an address: neighbours read it."""
    when: When = When()
    often: Often = "once"
    people: People = 1
    """How many neighbours it takes."""
    half: bool = False
    """A half question: the worker alone sees it, until it is opened."""
    consented: Recorded | None = None
    """How the person said that it may be opened for them; required from a worker or an operator."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.kind is None and self.words is None:
            raise ValueError("needs a kind from the list, words, or both")
        return self


class OpenDraft(Command, type="exchange.exchange.open-draft.v1", result=ExchangeRef):
    """Open a half question, or what a worker was in doubt about. By the person, or by the worker.

    For what the system proposed, the worker sends it on: the person whose wish it is, is asked first.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "kind": "garden"}
    exchange_id: UUID
    kind: Token | None = None
    """What it is, where the words didn't tell; null leaves it."""
    words: Wording | None = None
    """A wording that neighbours can read; null leaves it."""
    consented: Recorded | None = None
    """How the person said that a half question may be opened; required for one from a worker or an operator."""


class Deviate(Command, type="exchange.exchange.deviate.v1", result=ExchangeRef):
    """By a worker: open it although it is beyond the limits. The reason is kept."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "reason": "Nog twee keer, tot de thuishulp begint."}
    exchange_id: UUID
    reason: Reason
    kind: Token | None = None
    """What it is, where the words didn't tell; null leaves it."""
    consented: Recorded | None = None
    """How the person said that a half question may be opened; required for one."""


class ChangeExchange(Command, type="exchange.exchange.change.v1", result=ExchangeRef):
    """Another wording or moment, as long as nobody has said yes. Who was asked before is not asked anew."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "words": "Wie snoeit mee de haag? Er is taart."}
    exchange_id: UUID
    kind: Token | None = None
    words: Wording | None = None
    when: When | None = None
    people: People | None = None


class HandToWorker(Command, type="exchange.exchange.hand-over.v1", result=ExchangeRef):
    """Leave it to the worker: nobody new is asked meanwhile. By the person, or by a worker."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    exchange_id: UUID


class WithdrawExchange(Command, type="exchange.exchange.withdraw.v1", result=ExchangeRef, partners=True):
    """Take it back, at any time before both agreed, without a reason. Who was asked is told kindly."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    exchange_id: UUID


class ReopenExchange(Command, type="exchange.exchange.reopen.v1", result=ExchangeRef):
    """Open again what was withdrawn or has expired. The limits are looked at anew; a no of before is remembered."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**_REF, "when": {"day": "2026-06-04"}}
    exchange_id: UUID
    when: When | None = None
    """Null: as it was."""
    consented: Recorded | None = None
    """How the person said so; required from a worker or an operator."""


# --- looking


class PersonInExchange(Contract):
    """A neighbour who said yes."""

    participant_id: ParticipantId
    agreed: bool
    """Whether both sides have agreed; only then contacts are shared."""
    pleasure: Enjoyment | None
    """What they enjoy in it, in their words where they gave any."""


class Thanks(Contract):
    """A word of thanks, for the two alone."""

    participant_id: ParticipantId
    """Who says it."""
    words: Wording
    said_at: Moment


class Deviation(Contract):
    """That a worker set a limit aside, and why."""

    worker_id: WorkerId | None
    """Null: an operator."""
    reason: str
    recorded_at: Moment


class Exchange(Contract):
    """An exchange, as far as the one who asks may see it."""

    exchange_id: UUID
    version: Version
    neighbourhood_id: NeighbourhoodId
    opening: Opening
    participant_id: ParticipantId | None
    """Whose ask or offer it is; null for who was asked, until both agreed."""
    kind: Token | None
    words: str | None
    when: When
    often: Often
    people: int
    stage: Stage
    half: bool
    by_system: bool
    """Whether the system proposed it because a wish and a talent meet."""
    why: Why | None
    """Why it is with the worker; for the worker alone."""
    drafted_at: Moment
    ended_at: Moment | None
    others: list[PersonInExchange]
    """Who said yes; for the side that opened it, for each of them themselves, and for the worker."""
    how_it_was: HowItWas | None
    """What the one who asks said of it."""
    thanks: list[Thanks]
    """For the two alone."""
    deviations: list[Deviation]
    """For the worker alone."""


class ShowExchange(Query, type="exchange.exchange.show.v1", result=Exchange):
    """One exchange: for who is in it, and for workers."""

    EXAMPLE: ClassVar[dict[str, Any]] = _REF
    exchange_id: UUID


class ExchangeSummary(Contract):
    """One line of a list."""

    exchange_id: UUID
    neighbourhood_id: NeighbourhoodId
    opening: Opening
    participant_id: ParticipantId | None
    """As in `exchange.exchange.show.v1`."""
    kind: Token | None
    words: str | None
    when: When
    stage: Stage
    half: bool
    by_system: bool
    why: Why | None
    drafted_at: Moment


class ExchangePage(Contract):
    """A page of exchanges, the latest first."""

    exchanges: list[ExchangeSummary]
    next: UUID | None
    """Give it as `after` to read on; null on the last page."""


class ListExchanges(Query, type="exchange.exchange.list.v1", result=ExchangePage):
    """Exchanges, for workers and operators; a participant lists their own by naming themselves."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"neighbourhood_id": "brugse-poort", "stages": ["open", "inviting"]}
    neighbourhood_id: NeighbourhoodId | None = None
    participant_id: ParticipantId | None = None
    """What they opened or agreed to; not what they were asked."""
    stages: list[Stage] = []
    """Those in one of these; none: in any."""
    after: UUID | None = None
    limit: Limit = 50


__all__ = [
    "ChangeExchange",
    "Deviate",
    "Deviation",
    "Exchange",
    "ExchangePage",
    "ExchangeRef",
    "ExchangeSummary",
    "HandToWorker",
    "HowItWas",
    "ListExchanges",
    "NextStep",
    "Often",
    "OpenDraft",
    "OpenExchange",
    "Opening",
    "PersonInExchange",
    "Reason",
    "ReopenExchange",
    "ShowExchange",
    "Stage",
    "Thanks",
    "When",
    "Why",
    "WithdrawExchange",
    "Wording",
]
