"""Whatever neighbours, workers, timers and the broker do, in whatever order: what is promised holds after each step.

`make soak` plays for longer (`--hypothesis-profile=soak`). A story that goes wrong is printed step by step, by name.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.exchange.app import service
from shared.contracts.envelope import Answer, Command, Event, Query, State
from shared.contracts.exchange import (
    AllowKind,
    AnswerGathering,
    AnswerInvitation,
    AnswerProposal,
    CancelAgreement,
    CancelGathering,
    ChangeExchange,
    ContactShared,
    Deviate,
    FinishExchange,
    HandToWorker,
    InviteNeighbour,
    InviteToGathering,
    ListExchanges,
    ListInvitations,
    MoveMoment,
    NextStepReached,
    OpenDraft,
    OpenExchange,
    PlanGathering,
    RecordAttendance,
    ReopenExchange,
    ReviewInvitation,
    SayHowItWas,
    SayThanks,
    ShowExchange,
    ShowInvitation,
    When,
    WithdrawExchange,
)
from shared.contracts.profiles import CircleKept, ParticipantErased, ParticipantKept, ParticipantMerged
from shared.ids import new_id
from tests import servers
from tests.exchange.neighbours import HERE, THERE, ZONE, GoneOff, Neighbours, Sent, neighbours
from tests.exchange.promises import ENDED, WAITS, Kept, Promises, Step
from tests.servers import NatsServer

T = TypeVar("T")
SHORT = settings(
    max_examples=90, stateful_step_count=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), print_blob=True,
)  # fmt: skip
LONG = settings(SHORT, max_examples=1000, stateful_step_count=60, derandomize=False)

some = st.integers(0, 59)
"""One of those that there are: taken modulo their number, so that it shrinks to the first."""
by = st.sampled_from(["self", "self", "self", "worker", "holder", "stranger"])
whens = st.sampled_from(["some time", "some time", "in two days", "tomorrow", "tuesday", "in an hour", "yesterday"])
kinds = st.sampled_from(["garden", "garden", "coffee"])
answers = st.sampled_from(["yes", "yes", "not-now", "not-now", "no", "never"])
hours = st.sampled_from([1, 5, 13, 24, 24 * 3, 24 * 8, 24 * 22, 24 * 31])


class Life(RuleBasedStateMachine):
    """Six neighbours, a worker, and what they do."""

    run: ClassVar[Callable[[Any], Any]]
    world: ClassVar[Neighbours]

    @initialize(
        far=st.integers(0, 4), opening=st.sampled_from(["ask", "offer"]), people=st.sampled_from([1, 2]), when=whens
    )
    def begins(self, far: int, **more: Any) -> None:
        """An exchange has come some way already."""
        self.sent: list[Sent] = []
        self.arrived: list[tuple[Event | State, UUID]] = []
        self.late: list[GoneOff] = []
        self.told_before: list[ParticipantKept] = []
        self.fine = True
        self.run(self.world.begin())
        self.promises: Promises = self.run(Promises.begin(self.world))
        self._opens(self._one(0), "self", kind="garden", **more)
        for _ in range(far):
            self._goes_on(0)

    # --- opening

    @rule(
        who=some, opening=st.sampled_from(["ask", "offer"]), kind=kinds, when=whens, people=st.sampled_from([1, 1, 2]),
        half=st.sampled_from([False, False, False, True]), often=st.sampled_from(["once", "once", "weekly"]), by=by,
        words=st.sampled_from(["Wie komt er mee?", "Wie komt mijn steunkousen aandoen?"]),
    )  # fmt: skip
    def opens(self, who: int, by: str, when: str, **more: Any) -> None:
        self._opens(self._one(who), by, when=when, **more)

    @precondition(lambda self: self._in())
    @rule(which=some)
    def goes_on(self, which: int) -> None:
        """What anyone would do next."""
        self._goes_on(which)

    @precondition(lambda self: self._in("draft", "handed-over"))
    @rule(which=some, by=by, how=st.sampled_from(["open", "open", "deviate"]), kind=st.sampled_from([None, "garden"]))
    def draft_opens(self, which: int, by: str, how: str, kind: str | None) -> None:
        exchange = self._pick(self._in("draft", "handed-over"), which)
        consented = "spoken" if by == "worker" and exchange["half"] else None
        values = {"exchange_id": exchange["exchange_id"], "kind": kind, "consented": consented}
        command = Deviate(reason="Nog eenmaal.", **values) if how == "deviate" else OpenDraft(**values)
        self._does(command, "worker" if how == "deviate" else by, exchange["participant_id"])

    @precondition(lambda self: self._in())
    @rule(
        which=some, by=by, when=st.none() | whens, people=st.sampled_from([None, 1, 2]),
        words=st.sampled_from([None, "Wie komt?", "Elke week, wie komt?"]),
    )  # fmt: skip
    def changes(self, which: int, by: str, when: str | None, people: int | None, words: str | None) -> None:
        exchange = self._pick(self._in("open", "inviting") or self._in(), which)
        self._does(
            ChangeExchange(
                exchange_id=exchange["exchange_id"], people=people, words=words, when=when and self._when(when)
            ),
            by, exchange["participant_id"],
        )  # fmt: skip

    @precondition(lambda self: self._in())
    @rule(which=some, by=by, command=st.sampled_from([HandToWorker, WithdrawExchange, ReopenExchange]))
    def hands_over_withdraws_or_reopens(self, which: int, by: str, command: Any) -> None:
        ended = command is ReopenExchange and self._in("withdrawn", "expired")
        exchange = self._pick(ended or self._in(), which)
        more = {"consented": "phone"} if by == "worker" and command is ReopenExchange else {}
        self._does(command(exchange_id=exchange["exchange_id"], **more), by, exchange["participant_id"])

    # --- asking and answering

    @precondition(lambda self: self._asked("held"))
    @rule(which=some, send=st.sampled_from([True, True, True, False]))
    def worker_looks(self, which: int, send: bool) -> None:
        invitation = self._pick(self._asked("held"), which)
        self._does(ReviewInvitation(invitation_id=invitation["invitation_id"], send=send), "worker")

    @precondition(lambda self: self._in("open", "inviting"))
    @rule(which=some, whom=some)
    def worker_invites(self, which: int, whom: int) -> None:
        exchange = self._pick(self._in("open", "inviting"), which)
        self._does(InviteNeighbour(exchange_id=exchange["exchange_id"], participant_id=self._one(whom)), "worker")

    @precondition(lambda self: self._asked("asked"))
    @rule(which=some, answer=answers, by=st.sampled_from(["self", "self", "worker", "holder"]))
    def says(self, which: int, answer: Any, by: str) -> None:
        self._answer(self._pick(self._asked("asked"), which), answer, by)

    @precondition(lambda self: self._asked())
    @rule(which=some, answer=answers, by=by)
    def says_whatever_it_was(self, which: int, answer: Any, by: str) -> None:
        """Twice, otherwise than before, too late, or never having been asked."""
        self._answer(self._pick(self._asked(), which), answer, by)

    @precondition(lambda self: self._in("proposed"))
    @rule(
        which=some,
        answer=st.sampled_from(["yes", "yes", "yes", "not-this-time", "not-now"]),
        to=st.none() | some,
        by=by,
    )
    def looks_at_who_said_yes(self, which: int, answer: Any, to: int | None, by: str) -> None:
        exchange = self._pick(self._in("proposed"), which)
        to_one = None if to is None or answer != "not-this-time" else self._one(to)
        command = AnswerProposal(exchange_id=exchange["exchange_id"], answer=answer, participant_id=to_one)
        self._does(command, by, exchange["participant_id"])

    @precondition(lambda self: self._in())
    @rule(which=some, answer=st.sampled_from(["yes", "not-this-time", "not-now"]))
    def looks_where_nothing_is_to_see(self, which: int, answer: Any) -> None:
        exchange = self._pick(self._in(), which)
        self._does(
            AnswerProposal(exchange_id=exchange["exchange_id"], answer=answer), "self", exchange["participant_id"]
        )

    # --- agreed

    @precondition(lambda self: self._in("agreed", "done"))
    @rule(
        which=some, who=some, by=st.sampled_from(["self", "self", "worker", "holder"]),
        what=st.sampled_from(["move", "cancel", "cancel", "finish", "how", "thanks"]),
        how=st.sampled_from(["good", "fine", "not-good", "did-not-happen"]), when=whens,
    )  # fmt: skip
    def in_agreement(self, which: int, who: int, by: str, what: str, how: Any, when: str) -> None:
        exchange = self._pick(self._in("agreed") or self._in("done"), which)
        both = [exchange["participant_id"], *self.kept.agreements.get(exchange["exchange_id"], [])]
        person = both[who % len(both)]
        ids: dict[str, Any] = {"exchange_id": exchange["exchange_id"], "participant_id": person}
        match what:
            case "move":
                command: Command = MoveMoment(when=self._when(when), **ids)
            case "cancel":
                command = CancelAgreement(**ids)
            case "finish":
                command = FinishExchange(**ids)
            case "how":
                command = SayHowItWas(answer=how, **ids)
            case _:
                command = SayThanks(words="Merci!", **ids)
        self._does(command, by, person)

    # --- gatherings

    @rule(
        which=some, who=some, others=st.lists(some, max_size=3), days=st.sampled_from([1, 4, 30]),
        what=st.sampled_from(["plan", "come", "not", "ask", "was", "cancel"]),
        repeats=st.sampled_from([None, "FREQ=WEEKLY;COUNT=4"]),
    )  # fmt: skip
    def gathers(self, which: int, who: int, others: list[int], what: str, days: int, repeats: str | None) -> None:
        person = self._one(who)
        if what == "plan" or not self.kept.gatherings:
            self._plans(person if which % 2 else None, days, repeats)
            return
        gathering_id = self._pick(self.kept.gatherings, which)
        match what:
            case "ask":
                self._does(InviteToGathering(gathering_id=gathering_id, participant_id=person), "worker")
            case "was":
                there = list({person, *map(self._one, others)})
                self._does(RecordAttendance(gathering_id=gathering_id, participant_ids=there), "worker")
            case "cancel":
                self._does(CancelGathering(gathering_id=gathering_id), "worker")
            case _:
                command = AnswerGathering(gathering_id=gathering_id, participant_id=person, coming=what == "come")
                self._does(command, "self", person)

    # --- people come and go

    @rule(
        who=some,
        how=st.sampled_from([
            {"status": "paused"}, {"status": "active"}, {"status": "active"}, {"status": "left"}, {"status": "active"},
            {"neighbourhood_id": THERE}, {"neighbourhood_id": HERE}, {"out_of_matching": True},
            {"out_of_matching": False}, {"ceiling": 0}, {"ceiling": 2}, {"ceiling": None},
            {"quiet_hours": {"start": "09:00", "end": "20:00"}}, {"quiet_hours": None}, {"talents": [], "wishes": []},
        ]),
    )  # fmt: skip
    def stands_otherwise(self, who: int, how: dict[str, Any]) -> None:
        person = self._one(who)
        self.told_before.append(self.world.known[person])
        self._note(f"{self.world.names[person]}: {how}")
        self._arrives(self.run(self.world.stands(person, **how)), about={person}, again=True)

    @rule(who=some, others=st.lists(some, max_size=2), kind=st.none() | kinds)
    def says_whom_they_lean_on_or_allows_a_kind(self, who: int, others: list[int], kind: str | None) -> None:
        person = self._one(who)
        if kind is not None:
            self._does(AllowKind(participant_id=person, kind=kind), "self", person)
            return
        members = sorted({self._one(each) for each in others} - {person})
        self._arrives(CircleKept(participant_id=person, version=len(self.sent) + 1, member_ids=members))

    @precondition(lambda self: len(self.world.known) > 4)
    @rule(one=some, other=some, first=st.sampled_from(["event", "tombstone", "event alone"]))
    def are_one_person(self, one: int, other: int, first: str) -> None:
        double, survivor = self._one(one), self._one(other)
        if double == survivor:
            return
        self._note(f"{self.world.names[double]} is the same person as {self.world.names[survivor]}")
        self._mandates_of(double, survivor)
        version = self.world.known.pop(double).version + 1
        event = ParticipantMerged(participant_id=double, survivor_id=survivor, neighbourhood_id=HERE, version=version)
        tombstone = ParticipantKept(participant_id=double, version=version, removed=True, merged_into=survivor)
        self.promises.merged(double, survivor)
        self._arrives(event if first != "tombstone" else tombstone, about={double, survivor})
        if first != "event alone":
            self._arrives(tombstone if first == "event" else event, about={double, survivor})

    @precondition(lambda self: len(self.world.known) > 3)
    @rule(who=some, tombstone=st.sampled_from(["first", "last", "never"]))
    def is_erased(self, who: int, tombstone: str) -> None:
        person = self._one(who)
        self._note(f"{self.world.names[person]} is erased")
        self._mandates_of(person, None)
        state = ParticipantKept(participant_id=person, version=self.world.known.pop(person).version + 1, removed=True)
        merged = [double for double, survivor in self.promises.goes_on_as.items() if survivor == person]
        if tombstone == "first":
            self._arrives(state, about={person})
        self.promises.gone |= {person, *merged}
        self._arrives(
            ParticipantErased(participant_id=person, merged_ids=merged, erasure_id=new_id(), neighbourhood_id=HERE),
            about={person},
        )
        if tombstone == "last":
            self._arrives(state, about={person})
        for each in (person, *merged):
            assert not self.run(self.world.named_in(each)), "who was erased is still named"

    # --- time, and a broker that repeats itself

    @rule(hours=hours, delays=st.sampled_from([False, False, False, True]))
    def time_passes(self, hours: int, delays: bool) -> None:
        """Timers go off; with `delays` what they say arrives only later."""
        self._note(f"{hours} hours pass")
        self._passes(timedelta(hours=hours), delays=delays)

    @precondition(lambda self: self.late or self.told_before or self.arrived)
    @rule(which=some, what=st.sampled_from(["timer", "timer", "older", "twice"]))
    def comes_late_or_twice(self, which: int, what: str) -> None:
        """A timer that went off before, how someone stood before, or what has arrived already."""
        if self.late and what == "timer":
            gone_off = self.late.pop(which % len(self.late))
            self._note(f"late: {gone_off.key}")
            self._arrives(gone_off.event, gone_off.id)
        elif self.told_before and what == "older":
            state = self._pick(self.told_before, which)
            if state.participant_id in self.world.known:
                self._note(f"late: {self.world.names[state.participant_id]} as of version {state.version}")
                self._arrives(state)
        elif self.arrived:
            self._arrives(*self._pick(self.arrived, which))

    @precondition(lambda self: self.sent)
    @rule(which=some)
    def is_sent_again(self, which: int) -> None:
        """The same command with its id: the same answer, and nothing happens."""
        sent = self._pick(self.sent, which)
        mark = self.run(self.world.mark())
        answer: Answer = self.run(self.world.say(sent.command, sent.actor, sent.id))
        self._check(Step())
        assert self.run(self.world.mark()) == mark, f"{sent.command!r}, sent again, told something"
        gone = {str(each) for each in self.promises.gone}
        if not any(each in f"{sent.command.model_dump_json()}{sent.answer.model_dump_json()}" for each in gone):
            assert answer == sent.answer

    @precondition(lambda self: self._in())
    @rule(which=some, who=some)
    def looks(self, which: int, who: int) -> None:
        """Nobody sees who the other is before both agreed."""
        exchange, person = self._pick(self._in(), which), self._one(who)
        queries: list[Query] = [
            ShowExchange(exchange_id=exchange["exchange_id"]), ListExchanges(participant_id=person),
            ListInvitations(participant_id=person),
            *(ShowInvitation(invitation_id=each["invitation_id"]) for each in self.kept.of(exchange["exchange_id"])),
        ]  # fmt: skip
        held = {id_ for id_, each in self.world.known.items() if person in each.mandate_holder_ids}
        for query in queries:
            answer = self.run(self.world.say(query, f"participant:{person}"))
            self._sees_no_stranger(answer, {person, *held})

    # --- the end

    def teardown(self) -> None:
        """Left to itself, everything ends."""
        if not getattr(self, "fine", False):
            return
        begun = set(self.kept.exchanges)
        for gone_off in self.late:
            self._arrives(gone_off.event, gone_off.id)
        self.late = []
        for _ in range(6):
            self._passes(timedelta(days=25), rounds=False)
        for id_, exchange in self.kept.exchanges.items():
            if id_ in begun:
                assert exchange["stage"] in ENDED, f"after five months it is still {exchange['stage']}"
                assert not [each for each in self.kept.of(id_) if each["stage"] in WAITS]
                assert not [each for each in self.kept.timers if str(id_) in each]

    # --- how it is done

    @property
    def kept(self) -> Kept:
        return self.promises.before

    def _in(self, *stages: str) -> list[Any]:
        return [each for each in self.kept.exchanges.values() if not stages or each["stage"] in stages]

    def _asked(self, *stages: str) -> list[Any]:
        return [each for each in self.kept.invitations.values() if not stages or each["stage"] in stages]

    def _one(self, number: int) -> UUID:
        return list(self.world.known)[number % len(self.world.known)]

    def _pick(self, found: Collection[T], number: int) -> T:
        """The latest first: that is where things go on."""
        return list(found)[-1 - number % len(found)]

    def _when(self, when: str) -> When:
        now = self.world.time.time
        match when:
            case "some time":
                return When()
            case "tuesday":
                return When(weekday="tuesday", part="afternoon")
            case "tomorrow":
                return When(day=(now.astimezone(ZONE) + timedelta(days=1)).date(), part="morning")
        return When(
            at=now + {"in two days": timedelta(days=2), "in an hour": timedelta(hours=1)}.get(when, -timedelta(days=1))
        )

    def _mandates_of(self, holder: UUID, other: UUID | None) -> None:
        """Profiles tells who answers for someone instead, or that nobody does any more."""
        for id_, each in list(self.world.known.items()):
            if holder in each.mandate_holder_ids:
                others = {other or holder, *each.mandate_holder_ids} - {holder, id_}
                self._arrives(self.run(self.world.stands(id_, mandate_holder_ids=sorted(others))), again=True)

    def _opens(self, person: UUID, by: str, when: str, **more: Any) -> None:
        consented = "phone" if by == "worker" else None
        command = OpenExchange(participant_id=person, when=self._when(when), consented=consented, **more)
        self._does(command, by, person)

    def _plans(self, host: UUID | None, days: int, repeats: str | None) -> None:
        begins = (self.world.time.time.astimezone(ZONE) + timedelta(days=days)).replace(hour=15, minute=0)
        self._does(
            PlanGathering(
                neighbourhood_id=HERE, host_id=host, title="Koffie", kind="coffee", place="Buurthuis", seats=2,
                starts_at=begins, ends_at=begins + timedelta(hours=2), repeats=repeats,
            ),
            "self" if host else "worker", host,
        )  # fmt: skip

    def _goes_on(self, which: int) -> None:
        """One step further with an exchange."""
        if not self.kept.exchanges:
            return
        exchange = self._pick(self._in("open", "inviting", "proposed") or self._in(), which)
        id_, opener = exchange["exchange_id"], exchange["participant_id"]
        waits = {each["stage"]: each for each in self.kept.of(id_)}
        if "asked" in waits:
            self._answer(waits["asked"], "yes", "self")
        elif "held" in waits:
            self._does(ReviewInvitation(invitation_id=waits["held"]["invitation_id"], send=True), "worker")
        elif exchange["stage"] == "proposed":
            self._does(AnswerProposal(exchange_id=id_, answer="yes"), "self", opener)
        elif exchange["stage"] in ("draft", "handed-over"):
            self._does(OpenDraft(exchange_id=id_, consented="spoken" if exchange["half"] else None), "worker", opener)
        else:
            self._passes(timedelta(hours=7))

    def _answer(self, invitation: Any, answer: Any, by: str) -> None:
        how = "phone" if by == "worker" else "online"
        command = AnswerInvitation(invitation_id=invitation["invitation_id"], answer=answer, how=how)
        self._does(command, by, invitation["participant_id"])

    def _does(self, command: Command, by: str, person: UUID | None = None) -> Answer:
        """Someone asks for something, for themselves or for another."""
        actor = self._actor(by, person)
        self._note(f"{by} ({actor}): {type(command).__name__} {command.model_dump_json(exclude_none=True)}")
        id_ = new_id()
        answer: Answer = self.run(self.world.say(command, actor, id_))
        problem = f"{answer.problems[0].code}: {answer.problems[0].message}" if answer.problems else ""
        self._note(f"   {answer.status} {problem or answer.result}")
        if by == "stranger":
            assert answer.status == "rejected", "a stranger had their way"
        self.sent.append(Sent(command, actor, id_, answer))
        about = {person} if person and isinstance(command, CancelAgreement | WithdrawExchange) else set()
        self._check(Step(command, answer.status == "accepted", frozenset(about)))
        return answer

    def _actor(self, by: str, person: UUID | None) -> str:
        if by == "worker" or person is None or person not in self.world.known:
            return f"worker:{self.world.worker_id}"
        holds = self.world.known[person].mandate_holder_ids
        if by == "holder" and holds:
            return f"participant:{holds[0]}"
        if by == "stranger":
            return f"participant:{next(each for each in self.world.known if each != person and each not in holds)}"
        return f"participant:{person}"

    def _arrives(
        self, event: Event | State, id_: UUID | None = None, *, about: Collection[UUID] = (), again: bool = False
    ) -> None:
        """An event or state arrives; with `again` it has already, and is looked at only now."""
        id_ = id_ or new_id()
        if not again:
            self.run(self.world.tell(event, message_id=id_))
            self.arrived.append((event, id_))
        self._check(Step(about=frozenset(about)))

    def _passes(self, by: timedelta, *, delays: bool = False, rounds: bool = True) -> None:
        """Without `rounds`, nobody looks at the neighbourhood meanwhile, and so nothing new is thought of."""
        self.world.time.time += by
        while gone_off := self.run(self.world.gone_off()):
            gone_off = [each for each in gone_off if rounds or ":" in each.key]
            if delays:
                self.late += [
                    each for each in gone_off if each.key.count(":") and "neighbourhood" not in each.event.TYPE
                ]
                gone_off = [each for each in gone_off if each not in self.late]
            on_their_way = [each.key for each in gone_off]
            for each in gone_off:
                on_their_way.remove(each.key)
                self._note(f"   {each.key}")
                self.run(self.world.tell(each.event, message_id=each.id))
                self.arrived.append((each.event, each.id))
                self._check(Step(), on_their_way)

    def _check(self, step: Step, on_their_way: Collection[str] = ()) -> None:
        self.fine = False
        told = self.run(self.promises.hold(step, [*on_their_way, *(each.key for each in self.late)]))
        for each in told:
            if each.stream != "FEED" and isinstance(each.message, NextStepReached | ContactShared):
                self._note(f"   → {each.message.model_dump_json(exclude_none=True)}")
        self.fine = True

    def _sees_no_stranger(self, answer: Answer, eyes: set[UUID]) -> None:
        """In what is shown to these people stand only themselves, and with whom they agreed or may."""
        text = answer.model_dump_json()
        for id_ in self.world.names:
            if str(id_) in text and id_ not in eyes:
                assert self._may_see(eyes, id_), f"{self.world.names[id_]} is shown: {self.world.speaks_of(text)}"

    def _may_see(self, eyes: set[UUID], other: UUID) -> bool:
        """Both agreed; or who opened it looks at who said yes."""
        for id_, exchange in self.kept.exchanges.items():
            opener = exchange["participant_id"]
            agreed = {each for at, each in self.promises.shared if at == id_}
            if (opener in eyes and other in agreed) or (opener == other and eyes & agreed):
                return True
            said_yes = [each["participant_id"] for each in self.kept.of(id_) if each["stage"] == "yes"]
            if opener in eyes and exchange["stage"] == "proposed" and other in said_yes:
                return True
        return False

    def _note(self, line: str) -> None:
        note(f"{self.world.time.time.astimezone(ZONE):%d %b %H:%M} {self.world.speaks_of(line)}")


@pytest.mark.timeout(0)
def test_what_exchange_promises_holds_whatever_happens(postgres: str, nats_server: NatsServer, request: Any) -> None:
    """Contacts, ceilings, quiet hours, one agreement, nothing that dangles, nobody told who left: after each step."""
    long = request.config.getoption("--hypothesis-profile") == "soak"
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        stack = servers.stack(postgres, nats_server, Path(folder), [service])
        made = runner.run(stack.__aenter__())
        around = neighbours(made)
        Life.run, Life.world = staticmethod(runner.run), runner.run(around.__aenter__())
        try:
            run_state_machine_as_test(Life, settings=LONG if long else SHORT)
        finally:
            runner.run(around.__aexit__(None, None, None))
            runner.run(stack.__aexit__(None, None, None))
