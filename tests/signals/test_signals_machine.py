"""Whatever workers, people, timers and the broker do: what is promised of signals holds after each step.

`make soak` plays for longer (`--hypothesis-profile=soak`).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from services.signals.app import service
from shared.contracts.envelope import Answer, Command, Event, Query, State
from shared.contracts.exchange import (
    ExchangeOpened,
    LimitReached,
    LimitSetAside,
    MediationAsked,
    NobodyFound,
    SilenceNoticed,
    WorkerAsked,
    WorkerLooked,
)
from shared.contracts.profiles import ParticipantErased, ParticipantKept, ParticipantMerged, VisitRecorded, WorkerEnded
from shared.contracts.signals import (
    AnswerOffer,
    AskedDue,
    ChangeSignal,
    CloseSignal,
    EndMediation,
    MergeSignals,
    OfferSignal,
    RaiseSignal,
    ReadNotes,
    RecordMediationTalk,
    ReopenSignal,
    SignalDue,
    SnoozeSignal,
    StartMediation,
    TakeSignal,
    WriteNote,
)
from shared.ids import new_id
from shared.messaging import store
from tests import servers
from tests.servers import NatsServer
from tests.signals import signal_promises as promises
from tests.signals.neighbourhood import Place
from tests.signals.referral_world import _EMPTY as EMPTY
from tests.signals.referral_world import CONTRACTS, World, world

T = TypeVar("T")
SHORT = settings(
    max_examples=20, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), print_blob=True,
)  # fmt: skip
LONG = settings(SHORT, max_examples=800, stateful_step_count=60, derandomize=False)
WORDS = "Ze durft het niet te zeggen."

some = st.integers(0, 59)
"""One of those that there are: taken modulo their number."""
urgencies = st.sampled_from(["watch", "this-week", "today", "today"])
hours = st.sampled_from([1, 2, 13, 24, 24 * 3, 24 * 8, 24 * 31])
who = st.sampled_from(["marie", "marie", "karim", "lieve", "nele", "other", "person"])
whats = st.sampled_from(["take", "take", "take", "offer", "yes", "no", "snooze", "eye", "close", "close", "reopen",
                         "change", "note", "mediate", "talk", "together", "agreed", "not-agreed"])  # fmt: skip


class Life(RuleBasedStateMachine):
    """Three people, five workers, and what is noticed."""

    run: ClassVar[Callable[[Any], Any]]
    world: ClassVar[World]

    @initialize(urgency=urgencies, far=st.integers(0, 2))
    def begins(self, urgency: Any, far: int) -> None:
        """Something was noticed, and a worker has it maybe."""
        self.here: Place = self.run(self._begin())
        here = self.here
        self.people = [self.run(self.world.someone(here)) for _ in range(3)]
        elsewhere = self.run(self.world.place(organisation_id="elders"))
        nele = self.run(self.world.worker(new_id(), here.neighbourhood_id))
        self.workers = {"marie": here.marie, "karim": here.karim, "lieve": here.lieve, "nele": nele,
                        "other": elsewhere.marie}  # fmt: skip
        self.backups: dict[UUID, UUID | None] = {here.marie: here.karim}
        self.ended: set[UUID] = set()
        self.exchanges = [new_id() for _ in range(2)]
        self.versions: dict[UUID, int] = {}
        self.sent: list[tuple[Command | Query, str, UUID, Answer]] = []
        self.arrived: list[tuple[Event | State, UUID]] = []
        self.late: list[tuple[Event, UUID]] = []
        self._says(RaiseSignal(participant_id=self.people[0], kind="mood", urgency=urgency), "marie")
        if far:
            self._does(0, "take", "marie")
        if far > 1:
            self._does(0, "note", "marie")

    # --- what is noticed, and what makes it moot

    @rule(whom=some, urgency=urgencies, by=who)
    def raises(self, whom: int, urgency: Any, by: str) -> None:
        person = self._one(whom)
        self._says(RaiseSignal(participant_id=person, kind="food", urgency=urgency), by, person)

    @rule(
        whom=some, which=some, again=st.booleans(),
        what=st.sampled_from([LimitReached, NobodyFound, MediationAsked, SilenceNoticed, LimitSetAside, VisitRecorded]),
    )  # fmt: skip
    def is_told(self, whom: int, which: int, what: Any, again: bool) -> None:
        values: dict[str, Any] = {
            "neighbourhood_id": self.here.neighbourhood_id, "participant_id": self._one(whom),
            "exchange_id": self.exchanges[which % 2], "why": "not-small", "worker_id": self.here.marie,
            "since": self.world.time.time - timedelta(days=40), "visit_id": new_id(),
            "visited_at": self.world.time.time,
        }  # fmt: skip
        self._arrives(what.model_validate(values))
        if again:
            self._arrives(*self.arrived[-1])

    @rule(which=some, what=st.sampled_from([WorkerAsked, WorkerAsked, WorkerLooked, ExchangeOpened]))
    def exchange_asks(self, which: int, what: Any) -> None:
        values = {
            "neighbourhood_id": self.here.neighbourhood_id, "exchange_id": self.exchanges[which % 2],
            "worker_id": self.here.marie, "to": "decide", "version": 1, "opening": "ask",
        }  # fmt: skip
        self._arrives(what.model_validate(values))

    # --- what is done with it

    @precondition(lambda self: self._signals())
    @rule(which=some, what=whats, by=who)
    def does(self, which: int, what: str, by: str) -> None:
        self._does(which, what, by)

    @precondition(lambda self: len(self._signals()) > 1)
    @rule(which=some, into=some, by=who)
    def merges(self, which: int, into: int, by: str) -> None:
        one, other = self._pick(which), self._pick(into)
        self._says(MergeSignals(signal_id=one["signal_id"], into_id=other["signal_id"]), by)

    @precondition(lambda self: self._signals())
    @rule(which=some, one=who, other=who)
    def two_take_it_at_once(self, which: int, one: str, other: str) -> None:
        """One of them has it; that the coordinator may take it from another is no exception to that."""
        signal = self._pick(which)
        command = TakeSignal(signal_id=signal["signal_id"])
        note(f"{one} and {other} take it at once")

        async def both() -> list[Answer]:
            asked = [
                self.world.ask(command, actor=self._actor(each, signal["participant_id"])) for each in (one, other)
            ]
            return list(await asyncio.gather(*asked))

        answers = self.run(both())
        took = [name for name, answer in zip((one, other), answers, strict=True) if answer.status == "accepted"]
        if len(took) == 2 and one != other:
            assert "lieve" in took, "two have it"
        self._check()

    @precondition(lambda self: self._signals())
    @rule(which=some, by=who)
    def reads(self, which: int, by: str) -> None:
        """Only its worker, or who was told while nobody has it, and who stands in for them; and it is recorded."""
        signal = self._pick(which)
        before = self._count("reading")
        answer = self._ask(ReadNotes(signal_id=signal["signal_id"]), self._actor(by, signal["participant_id"]))
        worker_id = self.workers.get(by)
        may = self.run(promises.readers(self.world, signal, self.backups))
        if answer.status == "accepted":
            assert worker_id in may, f"{by} read the notes"
            assert self._count("reading") == before + 1
            return
        assert WORDS not in answer.model_dump_json()
        assert self._count("reading") == before
        assert signal["stage"] == "merged" or worker_id not in may - self.ended, f"{by} was refused"

    # --- people come and go

    @precondition(lambda self: len(self.people) > 1)
    @rule(one=some, other=some)
    def are_one_person(self, one: int, other: int) -> None:
        double, survivor = self._one(one), self._one(other)
        if double == survivor:
            return
        note("two of them are one person")
        self.people.remove(double)
        self._arrives(
            ParticipantMerged(participant_id=double, survivor_id=survivor, neighbourhood_id="here", version=90)
        )
        left = set(self.run(self.world.left_of(double)))
        assert left <= {"public.merged_entry", "public.participant", "messaging.outbox", "messaging.dead_letter"}, left

    @precondition(lambda self: len(self.people) > 1)
    @rule(whom=some, leaves=st.booleans())
    def is_erased_or_leaves(self, whom: int, leaves: bool) -> None:
        person = self._one(whom)
        if leaves:
            self.run(self.world.someone(self.here, id_=person, status="left", reached_by=None))
            self._check()
            return
        note("someone is erased")
        self.people.remove(person)
        self._arrives(ParticipantKept(participant_id=person, version=99, removed=True))
        self._arrives(ParticipantErased(participant_id=person, erasure_id=new_id(), neighbourhood_id="here"))
        left = self.run(self.world.left_of(person))
        assert set(left) <= {"messaging.outbox"}, set(left)

    @rule(name=st.sampled_from(["marie", "karim", "nele"]))
    def a_worker_stops(self, name: str) -> None:
        worker_id = self.workers[name]
        if worker_id in self.ended:
            return
        note(f"{name} stops")
        self.ended.add(worker_id)
        self._arrives(
            WorkerEnded(
                neighbourhood_id=None, worker_id=worker_id, backup_id=self.backups.get(worker_id),
                version=self.world.version(worker_id),
            )
        )  # fmt: skip
        self._on_duty("karim" if name == "marie" else "lieve")
        assert not [each for each in self._signals() if worker_id in (each["worker_id"], each["offered_to"])
                    and each["stage"] in ("taken", "snoozed")], "who stopped still has something"  # fmt: skip

    @rule(name=st.sampled_from(["marie", "karim", "lieve"]))
    def is_on_duty(self, name: str) -> None:
        self._on_duty(name)

    # --- time, and a broker that repeats itself

    @rule(hours=hours, delays=st.sampled_from([False, False, False, True]))
    def time_passes(self, hours: int, delays: bool) -> None:
        """Timers go off; with `delays` what they say arrives only later."""
        note(f"{hours} hours pass")
        self._passes(timedelta(hours=hours), delays=delays)

    @precondition(lambda self: self.late or self.arrived)
    @rule(which=some)
    def comes_late_or_twice(self, which: int) -> None:
        if self.late:
            self._arrives(*self.late.pop(which % len(self.late)))
        else:
            self._arrives(*self.arrived[which % len(self.arrived)])

    @precondition(lambda self: self.sent)
    @rule(which=some)
    def is_sent_again(self, which: int) -> None:
        """The same command with its id: the same answer, and nothing happens."""
        command, actor, id_, before = self.sent[which % len(self.sent)]
        mark = self.run(self.world.mark())
        answer = self._ask(command, actor, id_)
        assert self.run(self.world.mark()) == mark, "sent again, it told something"
        assert answer == before or answer.problems[0].code in ("erased", "unknown_id")

    def teardown(self) -> None:
        """Left to itself, what is for today is told to someone every day, for ever."""
        if not getattr(self, "late", None) and not hasattr(self, "here"):
            return
        for each in self.late:
            self._arrives(*each)
        self.late = []
        for _ in range(4):
            self._passes(timedelta(days=3))
        for signal in self._signals("open"):
            assert signal["step"] == "coordinator" or signal["urgency"] == "watch", dict(signal)

    # --- how it is done

    async def _begin(self) -> Place:
        """A new story: empty tables, a Monday morning."""
        assert self.world.admin is not None
        await self.world.admin.execute(EMPTY)
        self.world.time.begin()
        self.world.broken, self.world.versions = [], {}
        return await self.world.place()

    def _signals(self, *stages: str) -> list[Any]:
        rows: list[Any] = self.run(self.world.rows("SELECT * FROM signal ORDER BY signal_id"))
        return [each for each in rows if not stages or each["stage"] in stages]

    def _pick(self, number: int) -> Any:
        """The latest first."""
        found = self._signals()
        return found[-1 - number % len(found)]

    def _one(self, number: int) -> UUID:
        return self.people[number % len(self.people)]

    def _count(self, table: str) -> int:
        return int(self.run(self.world.rows(f"SELECT count(*) FROM {table}"))[0][0])

    def _actor(self, by: str, person: UUID) -> str:
        return f"worker:{self.workers[by]}" if by in self.workers else f"participant:{person}"

    def _does(self, which: int, what: str, by: str) -> None:
        signal = self._pick(which)
        ids: dict[str, Any] = {"signal_id": signal["signal_id"]}
        day = (self.world.time.time + timedelta(days=6)).date()
        mediation = {"mediation_id": self._mediation(signal["signal_id"])}
        other = next((each for each in self.people if each != signal["participant_id"]), new_id())
        commands: dict[str, Callable[[], Command | Query]] = {
            "take": lambda: TakeSignal(**ids),
            "offer": lambda: OfferSignal(worker_id=self.workers["nele" if by != "nele" else "karim"], **ids),
            "yes": lambda: AnswerOffer(agreed=True, **ids),
            "no": lambda: AnswerOffer(agreed=False, **ids),
            "snooze": lambda: SnoozeSignal(until=day, **ids),
            "eye": lambda: CloseSignal(outcome="keep-an-eye", look_again_on=day, **ids),
            "close": lambda: CloseSignal(outcome="talk", **ids),
            "reopen": lambda: ReopenSignal(**ids),
            "change": lambda: ChangeSignal(urgency="today" if signal["urgency"] != "today" else "watch", **ids),
            "note": lambda: WriteNote(note=WORDS, **ids),
            "mediate": lambda: StartMediation(participant_id=signal["participant_id"], other_id=other, **ids),
            "talk": lambda: RecordMediationTalk(participant_id=signal["participant_id"], **mediation),
            "together": lambda: RecordMediationTalk(**mediation),
            "agreed": lambda: EndMediation(agreed=True, **mediation),
            "not-agreed": lambda: EndMediation(agreed=False, **mediation),
        }
        answer = self._says(commands[what](), by, signal["participant_id"])
        if by == "other" and what != "note":
            assert answer.status == "rejected", "a worker of elsewhere had their way"

    def _mediation(self, signal_id: UUID) -> UUID:
        rows = self.run(self.world.rows("SELECT mediation_id FROM mediation WHERE signal_id = $1", signal_id))
        return rows[-1][0] if rows else new_id()

    def _says(self, message: Command | Query, by: str, person: UUID | None = None) -> Answer:
        actor, id_ = self._actor(by, person or self.people[0]), new_id()
        note(f"{by}: {type(message).__name__} {message.model_dump_json(exclude_none=True)}")
        answer = self._ask(message, actor, id_)
        self.sent.append((message, actor, id_, answer))
        self._check()
        return answer

    def _ask(self, message: Command | Query, actor: str, id_: UUID | None = None) -> Answer:
        answer: Answer = self.run(self.world.ask(message, actor=actor, message_id=id_))
        note(f"   {answer.status} {answer.problems[0].message if answer.problems else ''}")
        assert not self.world.broken, self.world.broken
        return answer

    def _arrives(self, event: Event | State, id_: UUID | None = None) -> None:
        note(f"   {type(event).__name__} {event.model_dump_json(exclude_none=True)}")
        id_ = id_ or new_id()
        self.run(self.world.arrive(event, message_id=id_))
        self.world.broken = [each for each in self.world.broken if "NotYetKnown" not in each]
        assert not self.world.broken, self.world.broken
        self.arrived.append((event, id_))
        self._check()

    def _on_duty(self, name: str) -> None:
        worker_id = self.workers[name] if self.workers[name] not in self.ended else self.here.lieve
        backup = {"marie": self.here.karim}.get(name)
        self.run(self.world.duty(self.here, worker_id, backup_id=None if backup in self.ended else backup))
        self._check()

    def _passes(self, by: timedelta, *, delays: bool = False) -> None:
        self.world.time.time += by
        while gone_off := self.run(self._gone_off()):
            for event, id_ in gone_off:
                if delays:
                    self.late.append((event, id_))
                else:
                    self.run(self.world.tell(event, message_id=id_))
                    self.arrived.append((event, id_))
        self._check()

    async def _gone_off(self) -> list[tuple[Event, UUID]]:
        mark = await self.world.mark()
        async with self.world.processor.pool.acquire() as connection:
            await store.fire_timers(connection, self.world.time.time)
        rows = await self.world.rows("SELECT headers, body FROM messaging.outbox WHERE seq > $1 ORDER BY seq", mark)
        found = []
        for row in rows:
            headers = store.decode(row["headers"])
            event = CONTRACTS[headers["ce-type"]].model_validate_json(row["body"])
            if isinstance(event, SignalDue | AskedDue):
                found.append((event, UUID(headers["ce-id"])))
        return found

    # --- what is promised

    def _check(self) -> None:
        signals, timers = self._signals(), self.run(self.world.timers())
        on_their_way = {promises.key(event) for event, _ in self.late}
        for signal in signals:
            promises.has_one_worker_at_most(signal, self.ended)
            promises.has_its_timers(signal, timers, on_their_way, self.world.time.time)
            promises.goes_up(self.run(promises.steps(self.world, signal)))
            assert signal["version"] >= self.versions.get(signal["signal_id"], 0), "an older version"
            self.versions[signal["signal_id"]] = signal["version"]
        once = Counter(
            (each["participant_id"], each["cause"], each["exchange_id"], each["referral_id"])
            for each in signals if each["raised_by"] == "system" and each["stage"] in ("open", "taken", "snoozed")
        )  # fmt: skip
        assert not [each for each, times in once.items() if times > 1], "raised twice"
        for asked in self.run(self.world.rows("SELECT * FROM asked")):
            runs = AskedDue.timer(asked["asked_id"]) in timers | on_their_way
            assert runs == (asked["step"] != "coordinator"), dict(asked)
        known = {str(each["signal_id"]) for each in signals}
        assert not [each for each in timers if each.startswith("signal-") and each.split(":")[1] not in known]
        assert self._count("note") == len(self.run(self.world.rows("SELECT 1 FROM note WHERE token IS NOT NULL")))


@pytest.mark.timeout(0)
def test_what_is_promised_of_signals_holds_whatever_happens(
    postgres: str, nats_server: NatsServer, request: Any
) -> None:
    """One worker at most, climbing until taken, timers exactly while of use, notes for their readers alone."""
    long = request.config.getoption("--hypothesis-profile") == "soak"
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        stack = servers.stack(postgres, nats_server, Path(folder), [service])
        made = runner.run(stack.__aenter__())
        around = world(made)
        Life.run, Life.world = staticmethod(runner.run), runner.run(around.__aenter__())
        try:
            run_state_machine_as_test(Life, settings=LONG if long else SHORT)
        finally:
            runner.run(around.__aexit__(None, None, None))
            runner.run(stack.__aexit__(None, None, None))
