"""What exchange promises, held against what it told and what it keeps after each step of a story."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from shared.contracts import exchange as contract
from shared.contracts.envelope import Command
from shared.contracts.erasure import ExchangeErasureConfirmed
from shared.contracts.exchange import (
    AllowKind,
    AnswerInvitation,
    AnswerProposal,
    ContactShared,
    ExchangeDone,
    ExchangeFact,
    InvitationAnswered,
    NextStepReached,
    ReopenExchange,
)
from tests.exchange.neighbours import HERE, ZONE, Neighbours, Told

CEILING = 4
"""The policy's."""
MONTH = timedelta(days=30)
QUIET = (time(20), time(9))
"""The policy's."""
WAITS = {"held", "waiting", "asked"}
ENDED = {"done", "withdrawn", "expired"}
INVITES = {"invited", "invited-again", "gathering-invited"}
WAITS_FOR = {
    "draft": ["end"], "open": ["end", "rest-over"], "inviting": ["end", "rest-over"], "proposed": ["decide"],
    "agreed": ["ask-how-it-was", "close"], "handed-over": ["end"],
}  # fmt: skip
"""One of these timers runs in each stage."""
LEAVES_ALONE = {"ask-how-it-was"}
"""Of what is done, people may still be asked how it was."""


@dataclass(frozen=True)
class Step:
    """What was just done: by which command, or with whom something changed."""

    command: Command | None = None
    accepted: bool = False
    about: frozenset[UUID] = frozenset()
    """Who left, paused, was merged or erased."""


@dataclass
class Kept:
    """The tables, as they are between two steps."""

    exchanges: dict[UUID, Any]
    invitations: dict[UUID, Any]
    agreements: dict[UUID, list[UUID]]
    """Of each exchange, with whom an agreement runs."""
    gatherings: dict[UUID, Any]
    series: list[Any]
    guests: list[Any]
    acquainted: set[tuple[UUID, UUID]]
    experiences: dict[tuple[UUID, UUID], str]
    timers: set[str]

    @classmethod
    async def read(cls, world: Neighbours) -> Kept:
        agreements: dict[UUID, list[UUID]] = {}
        for row in await world.rows(
            "SELECT a.exchange_id, a.participant_id FROM agreement AS a JOIN exchange AS e USING (exchange_id) "
            "WHERE a.ended_at IS NULL AND a.agreed_at >= e.opened_at"
        ):
            agreements.setdefault(row["exchange_id"], []).append(row["participant_id"])
        return cls(
            exchanges={row["exchange_id"]: row for row in await world.rows("SELECT * FROM exchange")},
            invitations={row["invitation_id"]: row for row in await world.rows("SELECT * FROM invitation")},
            agreements=agreements,
            gatherings={row["gathering_id"]: row for row in await world.rows("SELECT * FROM gathering")},
            series=await world.rows("SELECT * FROM series"),
            guests=await world.rows("SELECT * FROM guest"),
            acquainted={tuple(row) for row in await world.rows("SELECT first_id, second_id FROM acquaintance")},
            experiences={
                (row["exchange_id"], row["participant_id"]): row["answer"]
                for row in await world.rows("SELECT * FROM experience")
            },
            timers=await world.timers(),
        )

    def of(self, exchange_id: UUID) -> list[Any]:
        """The invitations of an exchange."""
        return [each for each in self.invitations.values() if each["exchange_id"] == exchange_id]


@dataclass
class Ask:
    at: datetime
    participant_id: UUID
    what: UUID
    step: str


@dataclass
class Promises:
    """What was told so far, as far as the promises look back on it."""

    world: Neighbours
    before: Kept
    mark: int = 0
    asks: list[Ask] = field(default_factory=list)
    answers: dict[tuple[UUID, UUID], str] = field(default_factory=dict)
    """What each answered last, by exchange and person."""
    never: set[tuple[UUID, str]] = field(default_factory=set)
    shared: set[tuple[UUID, UUID]] = field(default_factory=set)
    """In which exchange the contact of which neighbour was shared."""
    goes_on_as: dict[UUID, UUID] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)
    """Who was erased."""

    @classmethod
    async def begin(cls, world: Neighbours) -> Promises:
        return cls(world, await Kept.read(world), await world.mark())

    async def hold(self, step: Step, on_their_way: Collection[str]) -> list[Told]:
        """Look at all that was told and kept since the last time. `on_their_way`: timers that went off and have not
        arrived. Returns what was told."""
        told, now = await self.world.told_since(self.mark), await Kept.read(self.world)
        self.mark = await self.world.mark()
        self._note(step)
        # Of an exchange whose opener is erased nothing is kept, nor that somebody was asked for it.
        self.asks = [each for each in self.asks if each.what in now.exchanges or each.what in now.gatherings]
        for each in told:
            self._one_told(each, step, now)
        self._tables(step, now)
        self._nothing_dangles(now, now.timers | set(on_their_way))
        self._kindly(step, now, told)
        self.before = now
        return told

    def merged(self, double: UUID, survivor: UUID) -> None:
        """Two entries are one person: what the one was asked and said, the other was and did."""
        self.goes_on_as[double] = survivor
        for ask in self.asks:
            ask.participant_id = survivor if ask.participant_id == double else ask.participant_id
        for (exchange_id, who), answer in list(self.answers.items()):
            if who == double:
                self.answers.setdefault((exchange_id, survivor), answer)
        self.never |= {(survivor, kind) for who, kind in self.never if who == double}
        self.shared |= {(id_, survivor) for id_, who in self.shared if who == double}

    # --- what was told

    def _note(self, step: Step) -> None:
        if step.accepted and isinstance(step.command, AllowKind):
            self.never.discard((step.command.participant_id, step.command.kind))
        if step.accepted and isinstance(step.command, AnswerInvitation) and step.command.answer == "never":
            asked = self.before.invitations[step.command.invitation_id]
            kind = self.before.exchanges[asked["exchange_id"]]["kind"]
            self.never |= {(asked["participant_id"], kind)} if kind else set()

    def _one_told(self, told: Told, step: Step, now: Kept) -> None:
        message = told.message
        for id_ in self.gone - (
            {message.participant_id} if isinstance(message, ExchangeErasureConfirmed) else set()
        ):  # fmt: skip
            assert str(id_) not in told.body, f"who was erased is named: {message!r}"
        if told.stream == "FEED":
            self._feed(told, now)
            return
        self._between_two(message)
        match message:
            case NextStepReached():
                self._step_told(message, told.at, now)
            case InvitationAnswered():
                self.answers[message.exchange_id, message.participant_id] = message.answer
                if not any(
                    (message.participant_id, message.exchange_id) == (each.participant_id, each.what)
                    for each in self.asks
                ):
                    # A worker asked them at the door, and wrote down what they said.
                    self.asks.append(Ask(told.at, message.participant_id, message.exchange_id, "invited"))
            case ContactShared():
                self._contact(message, step, now)
            case ExchangeDone():
                self._done(message, now)

    def _feed(self, told: Told, now: Kept) -> None:
        for id_ in self.world.names:
            assert str(id_) not in told.body, f"the feed names a person: {told.message!r}"
        if isinstance(told.message, ExchangeFact):
            kept = now.exchanges.get(told.message.exchange_id)
            assert kept is None or kept["opened_at"] is not None, f"the feed tells of what nobody may see: {told}"

    def _between_two(self, message: Any) -> None:
        """Nothing about an exchange names two people before both agreed."""
        exchange_id, persons = getattr(message, "exchange_id", None), set(message.persons())
        if exchange_id is None or len(persons) < 2 or isinstance(message, ContactShared):
            return
        assert any((exchange_id, each) in self.shared for each in persons), f"one is told of the other: {message!r}"

    def _step_told(self, told: NextStepReached, at: datetime, now: Kept) -> None:
        who = self.world.known.get(told.participant_id)
        assert who is not None, f"who is no more is told something: {told!r}"
        assert who.status != "left", f"who left is told something: {told!r}"
        if told.step in INVITES:
            self._asked(told, at, now)

    def _asked(self, told: NextStepReached, at: datetime, now: Kept) -> None:
        id_, what = told.participant_id, told.exchange_id or told.gathering_id
        who = self.world.known[id_]
        assert what is not None
        assert who.status == "active", f"asked while {who.status}"
        assert who.neighbourhood_id == HERE, "asked for what is elsewhere"
        assert not _quiet(at, who.quiet_hours), f"asked in their quiet hours, at {at.astimezone(ZONE):%H:%M}"
        lately = {(ask.what, ask.step) for ask in self.asks if ask.participant_id == id_ and ask.at > at - MONTH}
        ceiling = CEILING if who.ceiling is None else who.ceiling
        times = [f"{ask.at.astimezone(ZONE):%d %b}" for ask in self.asks if ask.participant_id == id_]
        assert len(lately | {(what, told.step)}) <= ceiling, (
            f"{self.world.names[id_]}: asked more than {ceiling} times in a month, after {times} again"
        )
        earlier = [ask.step for ask in self.asks if ask.participant_id == id_ and ask.what == what]
        if told.exchange_id is None:
            assert not earlier, "asked twice for one gathering"
        else:
            self._asked_for(told.exchange_id, id_, earlier, told.step, now)
        self.asks.append(Ask(at, id_, what, told.step))

    def _asked_for(self, exchange_id: UUID, who: UUID, earlier: list[str], step: str, now: Kept) -> None:
        assert not self.world.known[who].out_of_matching, "asked while out of matching"
        exchange = now.exchanges.get(exchange_id)
        if step == "invited":
            assert not earlier, "asked twice"
        else:
            assert earlier == ["invited"], f"asked again after {earlier}"
            assert self.answers.get((exchange_id, who)) == "not-now", "asked again without a not now"
        if exchange is not None:
            assert (who, exchange["kind"]) not in self.never, "asked for what they never want"
            theirs = exchange["participant_id"] == who
            assert theirs == any(each["own"] for each in now.of(exchange_id) if each["participant_id"] == who)

    def _contact(self, told: ContactShared, step: Step, now: Kept) -> None:
        exchange, two = now.exchanges[told.exchange_id], (told.exchange_id, told.other_id)
        assert told.participant_id == exchange["participant_id"]
        assert isinstance(step.command, AnswerProposal), f"contact shared by {step.command!r}"
        assert step.accepted
        assert (step.command.exchange_id, step.command.answer) == (told.exchange_id, "yes")
        assert self.answers.get(two) == "yes", "contact shared of who did not say yes"
        assert [each["stage"] for each in now.of(told.exchange_id) if each["participant_id"] == told.other_id] == [
            "yes"
        ]
        self.shared.add(two)

    def _done(self, told: ExchangeDone, now: Kept) -> None:
        """Done: they are acquainted, but for who said that it did not happen for them."""
        opener = now.exchanges[told.exchange_id]["participant_id"]
        for each in now.agreements.get(told.exchange_id, []):
            if now.experiences.get((told.exchange_id, each)) != "did-not-happen":
                assert tuple(sorted((opener, each))) in now.acquainted, "done, and not acquainted"

    # --- what is kept

    def _tables(self, step: Step, now: Kept) -> None:
        for id_, exchange in now.exchanges.items():
            stage, agreed, asked = exchange["stage"], now.agreements.get(id_, []), now.of(id_)
            before = self.before.exchanges.get(id_)
            assert (stage in ENDED) == (exchange["ended_at"] is not None)
            assert len(agreed) <= exchange["people"], f"{len(agreed)} agreed where {exchange['people']} were wanted"
            assert bool(agreed) or stage != "agreed", "agreed with nobody"
            assert not agreed or stage in {"agreed", *ENDED}, f"an agreement runs while it is {stage}"
            assert all((id_, each) in self.shared for each in agreed), "agreed without a word of it"
            yes = [each for each in asked if each["stage"] == "yes" and not each["own"]]
            assert len(yes) <= exchange["people"], "more said yes than were wanted"
            assert yes or stage != "proposed", "proposed, and nobody said yes"
            rests = exchange["rests_until"] is not None and exchange["rests_until"] > self.world.time.time
            passed = exchange["ends_at"] is not None and exchange["ends_at"] <= self.world.time.time
            if stage in ("open", "inviting") and not rests and not passed:
                assert len(yes) < exchange["people"], "enough said yes, and it is not put before who opened it"
            if stage in ENDED:
                assert not [each for each in asked if each["stage"] in WAITS], f"{stage}, and somebody still waits"
            if stage in ("withdrawn", "expired"):
                assert not yes, f"{stage}, and a yes still stands"
            if before is not None and before["stage"] in ENDED and stage != before["stage"]:
                assert isinstance(step.command, ReopenExchange), f"{before['stage']} came to life by {step}"
            if exchange["half"] and stage == "draft":
                assert not asked, "a half question was asked of someone"
            assert all(each["participant_id"] != exchange["participant_id"] or each["own"] for each in asked)

    def _nothing_dangles(self, now: Kept, timers: Collection[str]) -> None:
        """Whatever is open has a timer that ends it, and what has ended has none that would do anything."""
        for id_, exchange in now.exchanges.items():
            running = {each for each in _ALL if f"{each}:{id_}" in timers}
            kept = {each for each in _ALL if f"{each}:{id_}" in now.timers}
            if exchange["stage"] in ENDED:
                assert kept <= LEAVES_ALONE, f"{exchange['stage']}, and these run: {kept}"
            else:
                assert running & set(WAITS_FOR[exchange["stage"]]), (
                    f"nothing ends what is {exchange['stage']}: {running}"
                )
        for id_, invitation in now.invitations.items():
            if invitation["stage"] in ("asked", "waiting"):
                assert f"invitation:{id_}" in timers, f"nothing ends what is {invitation['stage']}"
            if now.exchanges[invitation["exchange_id"]]["stage"] in ENDED and invitation["stage"] != "not-now":
                assert f"invitation:{id_}" not in now.timers, "a question of what has ended has a timer"
        for guest in now.guests:
            key = f"ask:{guest['gathering_id']}:{guest['participant_id']}"
            assert not guest["waiting"] or key in timers, "a guest waits for nothing"
        for gathering_id, gathering in now.gatherings.items():
            waits = gathering["invites_at"] is not None and gathering["stage"] == "planned"
            over = gathering["starts_at"] <= self.world.time.time
            assert not waits or over or f"invite:{gathering_id}" in timers, "a gathering never invites"
        for series in now.series:
            assert series["ended_at"] is not None or f"plan-next:{series['series_id']}" in timers, (
                "a series stands still"
            )

    def _kindly(self, step: Step, now: Kept, told: Iterable[Told]) -> None:
        """Who was asked, and is not any more, hears it; unless it was they who can't."""
        heard = {
            (each.message.exchange_id, each.message.participant_id)
            for each in told
            if isinstance(each.message, NextStepReached)
        }
        for id_, before in self.before.invitations.items():
            after, exchange = now.invitations.get(id_), self.before.exchanges[before["exchange_id"]]
            who = self.goes_on_as.get(before["participant_id"], before["participant_id"])
            gone = who not in self.world.known or self.world.known[who].status == "left"
            if (
                before["stage"] not in ("asked", "yes")
                or before["own"]
                or gone
                or who in step.about
                or _theirs(step, id_)
            ):
                continue
            if before["participant_id"] in self.before.agreements.get(before["exchange_id"], []):
                continue
            if after is None or after["stage"] in ("arranged", "taken-back"):
                assert (exchange["exchange_id"], who) in heard, f"nobody tells {self.world.names[who]} that it is over"


_ALL = contract.ExchangeDue.model_fields["to"].annotation.__args__  # type: ignore[union-attr]


def _quiet(at: datetime, hours: Any) -> bool:
    begins, ends = (hours.start, hours.end) if hours else QUIET
    clock = at.astimezone(ZONE).time()
    return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends


def _theirs(step: Step, invitation_id: UUID) -> bool:
    """Whether it was an answer to this very question."""
    return isinstance(step.command, AnswerInvitation) and step.command.invitation_id == invitation_id
