"""Whatever workers, services, people, timers and the broker do: what is promised of referrals holds after each step.

`make soak` plays for longer (`--hypothesis-profile=soak`).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from services.signals.app import service
from services.signals.domain.referrals import ENDED, OPEN, WITH_SERVICE
from shared.contracts.envelope import Answer, Command, Event, Query, State
from shared.contracts.profiles import ParticipantErased, ParticipantKept
from shared.contracts.signals import (
    AcceptReferral,
    CancelReferral,
    CompleteReferral,
    DraftReferral,
    FailReferral,
    FetchDetails,
    GiveReferralConsent,
    HoldReferral,
    KeepOpen,
    LookAtReferral,
    MarkInError,
    ReferralField,
    RejectReferral,
    RequestReferral,
    SeeReferral,
    StartReferral,
    WithdrawReferralConsent,
    WriteDetails,
)
from shared.ids import new_id
from tests import servers
from tests.servers import NatsServer
from tests.signals.referral_world import PARTNER, STRANGER, GoneOff, Seen, World, world
from tests.signals.referring import DETAILS
from tests.signals.test_referrals_domain import allowed

SHORT = settings(
    max_examples=35, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), print_blob=True,
)  # fmt: skip
LONG = settings(SHORT, max_examples=800, stateful_step_count=60, derandomize=False)

some = st.integers(0, 59)
"""One of those that there are: taken modulo their number."""
by = st.sampled_from(["service", "service", "service", "worker", "person", "holder", "other", "foreign"])
hours = st.sampled_from([1, 24, 24 * 2, 24 * 3, 24 * 6, 24 * 15, 24 * 40])
ways = st.sampled_from(["partner", "partner", "mail", "phone"])
field_sets = st.sampled_from([["name"], ["name", "reach"], ["name", "reach", "question"], ["address"]])
SAID: dict[str, Callable[[UUID], Command]] = {
    "see": lambda id_: SeeReferral(referral_id=id_),
    "accept": lambda id_: AcceptReferral(referral_id=id_),
    "reject": lambda id_: RejectReferral(referral_id=id_, reason="no-capacity", outcome="no-capacity"),
    "start": lambda id_: StartReferral(referral_id=id_),
    "hold": lambda id_: HoldReferral(referral_id=id_, reason="waiting-list"),
    "complete": lambda id_: CompleteReferral(referral_id=id_, outcome="helped"),
    "fail": lambda id_: FailReferral(referral_id=id_, reason="other", outcome="other"),
    "cancel": lambda id_: CancelReferral(referral_id=id_, reason="found-another-way"),
    "request": lambda id_: RequestReferral(referral_id=id_),
    "in-error": lambda id_: MarkInError(referral_id=id_),
    "withdraw": lambda id_: WithdrawReferralConsent(referral_id=id_),
}
said = st.sampled_from([*SAID, "accept", "start", "complete"])
PARTS = {"worker": "worker", "operator": "worker", "partner": "service", "contact": "service", "participant": "person"}


class Life(RuleBasedStateMachine):
    """What happens to referrals."""

    run: ClassVar[Callable[[Any], Any]]
    world: ClassVar[World]

    @initialize(way=ways, far=st.integers(0, 5), fetched=st.booleans())
    def begins(self, way: str, far: int, fetched: bool) -> None:
        """A referral has come some way already."""
        self.late: list[GoneOff] = []
        self.arrived: list[tuple[Event | State, UUID]] = []
        self.sent: list[tuple[Command | Query, dict[str, Any], UUID, Answer]] = []
        self.fetched: dict[UUID, list[int]] = {}
        self.gone: set[UUID] = set()
        self.run(self.world.begin())
        self._drafts(0, way)
        id_ = self._ids()[0]
        steps: list[tuple[Command, str]] = [
            (self._consent(id_, ["name", "reach"], 24 * 20), "worker"),
            (RequestReferral(referral_id=id_), "worker"), (AcceptReferral(referral_id=id_), "service"),
            (StartReferral(referral_id=id_), "service"), (HoldReferral(referral_id=id_, reason="other"), "service"),
        ]  # fmt: skip
        for command, actor in steps[:far]:
            self._does(command, id_, actor)
        if fetched and far > 1:
            self._does(FetchDetails(referral_id=id_), id_, "service")

    # --- what is done

    @rule(who=st.integers(0, 1), way=ways)
    def drafts(self, who: int, way: str) -> None:
        self._drafts(who, way)

    @precondition(lambda self: self._ids())
    @rule(which=some, what=said, actor=by)
    def says(self, which: int, what: str, actor: str) -> None:
        id_ = self._pick(which)
        self._does(SAID[what](id_), id_, actor)

    @precondition(lambda self: self._ids())
    @rule(which=some, fields=field_sets, after=hours, actor=st.sampled_from(["worker", "person", "holder", "service"]))
    def consents(self, which: int, fields: list[ReferralField], after: int, actor: str) -> None:
        id_ = self._pick(which)
        self._does(self._consent(id_, fields, after), id_, actor)

    @precondition(lambda self: self._ids())
    @rule(which=some, actor=by)
    def fetches(self, which: int, actor: str) -> None:
        id_ = self._pick(which)
        before = self.seen[id_]
        answer = self._does(FetchDetails(referral_id=id_), id_, actor)
        if answer.status == "accepted":
            self._fetched(id_, before, answer)

    @precondition(lambda self: self._ids())
    @rule(which=some, actor=by)
    def looks(self, which: int, actor: str) -> None:
        id_ = self._pick(which)
        before = self.run(self.world.mark())
        self._does(LookAtReferral(referral_id=id_), id_, actor)
        assert self.run(self.world.mark()) == before, "looking tells nobody"

    @precondition(lambda self: self._ids())
    @rule(which=some, name=st.sampled_from([None, "Martine"]), actor=st.sampled_from(["worker", "service", "person"]))
    def writes(self, which: int, name: str | None, actor: str) -> None:
        id_ = self._pick(which)
        values = DETAILS if name is None else {"name": name}
        self._does(WriteDetails(referral_id=id_, **values), id_, actor)

    @precondition(lambda self: self._ids())
    @rule(which=some, after=hours, actor=st.sampled_from(["worker", "worker", "service"]))
    def keeps_open(self, which: int, after: int, actor: str) -> None:
        id_ = self._pick(which)
        self._does(KeepOpen(referral_id=id_, until=self._in(after)), id_, actor)

    @precondition(lambda self: self._ids())
    @rule(which=some, one=said, other=said, actors=st.tuples(by, by), fetch=st.booleans())
    def two_at_once(self, which: int, one: str, other: str, actors: tuple[str, str], fetch: bool) -> None:
        """In the same moment, over different connections."""
        id_ = self._pick(which)
        second = FetchDetails(referral_id=id_) if fetch else SAID[other](id_)
        both = [(SAID[one](id_), self._as(actors[0], id_)), (second, self._as(actors[1], id_))]
        before = self.seen[id_]

        async def at_once() -> list[Answer]:
            return list(await asyncio.gather(*(self.world.ask(message, **how) for message, how in both)))

        answers = self.run(at_once())
        note(f"at once: {[(one, actors[0]), (type(second).__name__, actors[1])]} → {[each.status for each in answers]}")
        if fetch and answers[1].status == "accepted":
            self.fetched.setdefault(id_, []).append(before.readings + 1)
        self._check()

    # --- what the broker and the clock do

    @rule(by_=hours)
    def time_passes(self, by_: int) -> None:
        self._passes(timedelta(hours=by_))

    @rule(by_=hours)
    def time_passes_and_timers_are_late(self, by_: int) -> None:
        self.world.time.time += timedelta(hours=by_)
        self.late += self.run(self.world.gone_off())
        self._check()

    @precondition(lambda self: self._ids())
    @rule(which=some)
    def fetches_after_the_day_of_the_consent(self, which: int) -> None:
        """The timer that ends it is late; that it has ended doesn't wait for it."""
        id_ = self._pick(which)
        running = [each for each in self.seen[id_].consents if each["ended_at"] is None]
        if running:
            self.world.time.time = max(self.world.time.time, running[0]["until"])
            self.late += self.run(self.world.gone_off())
            assert self._does(FetchDetails(referral_id=id_), id_, "service").status == "rejected"

    @precondition(lambda self: self.late)
    @rule(which=some)
    def a_late_timer_arrives(self, which: int) -> None:
        late = self.late.pop(which % len(self.late))
        self._arrives(late.event, late.id)

    @precondition(lambda self: self.arrived)
    @rule(which=some)
    def arrives_again(self, which: int) -> None:
        event, id_ = self.arrived[which % len(self.arrived)]
        before = self.run(self.world.mark())
        self.run(self.world.tell(event, message_id=id_))
        assert self.run(self.world.mark()) == before, "what comes twice is done once"

    @precondition(lambda self: self.sent)
    @rule(which=some)
    def is_sent_again(self, which: int) -> None:
        message, how, id_, answer = self.sent[which % len(self.sent)]
        before = self.run(self.world.mark())
        again = self.run(self.world.ask(message, message_id=id_, **how))
        if not self.gone:
            assert again == answer, "the same answer is given again"
        assert self.run(self.world.mark()) == before, "what is sent twice is done once"
        self._check()

    # --- what profiles and the directory tell

    @rule(who=st.integers(0, 1), status=st.sampled_from(["active", "paused", "left"]))
    def stands(self, who: int, status: str) -> None:
        person = self.world.people[who]
        if person not in self.gone:
            self.run(
                self.world.someone(self.world.here, id_=person, status=status, mandate_holder_ids=self._holders(who))
            )
            note(f"person {who} is {status}")
            self._check()
            if status == "left":
                assert not [each for each in self.seen.values() if self._of(each, person) and each.row["state"] in OPEN]

    @rule(who=st.integers(0, 1), chance=st.integers(0, 3), tombstone=st.booleans())
    def is_erased(self, who: int, chance: int, tombstone: bool) -> None:
        person = self.world.people[who]
        if chance or person in self.gone:
            return
        self.gone.add(person)
        note(f"person {who} is erased")
        if tombstone:
            self.run(self.world.tell(ParticipantKept(participant_id=person, version=10**6, removed=True)))
        event = ParticipantErased(
            erasure_id=new_id(), participant_id=person, neighbourhood_id=self.world.here.neighbourhood_id
        )
        told = {id_: (each.letters, each.mails) for id_, each in self.seen.items() if self._of(each, person)}
        open_ = {id_ for id_ in told if self.seen[id_].row["state"] in WITH_SERVICE}
        self.run(self.world.tell(event))
        self._check()
        for id_ in told:
            assert id_ not in self.seen
            letters, mails = self.run(self.world.letters(id_)), self.run(self.world.mails(id_))
            if id_ in open_ and (letters or mails):
                assert "cancelled" in letters + mails, "its service is told that it is over"
            self._in_order(letters or mails)
        assert not self.run(self.world.rows("SELECT FROM reading WHERE participant_id = $1", person))

    @rule(way=ways, retired=st.booleans())
    def the_directory_changes(self, way: str, retired: bool) -> None:
        sql = "UPDATE service SET retired = $2 WHERE service_id = $1"
        self.run(self.world.rows(sql, self.world.services[way], retired))

    # --- what holds

    def _check(self) -> None:
        assert not self.world.broken, self.world.broken
        self.seen: dict[UUID, Seen] = self.run(self.world.look())
        feed = self.run(self.world.rows("SELECT FROM messaging.outbox WHERE stream = 'FEED'"))
        assert not feed, "the feed tells nothing of referrals"
        for id_, each in self.seen.items():
            self._along_the_table(each)
            self._waits_for_what_can_come(id_, each)
            self._in_order(each.letters or each.mails)
            assert each.readings == len(self.fetched.get(id_, [])), "every fetch is recorded, and nothing else"
            assert each.details == 0 or each.row["state"] in OPEN, "details go when it ends"
            self._is_known_to_have_gone(id_, each)

    def _along_the_table(self, each: Seen) -> None:
        state, way = None, self._way(each)
        for step in each.steps:
            if step["state"] is None:
                continue
            part = PARTS.get(step["by"].partition(":")[0], "person")
            if state is None:
                assert (step["state"], part) == ("draft", "worker")
            elif (state, step["state"], part) not in allowed():
                recorded = part == "worker" and way != "partner" and (state, step["state"], "service") in allowed()
                assert recorded, f"{step['by']} set {state} to {step['state']}"
            state = step["state"]
        assert state == each.row["state"]

    def _waits_for_what_can_come(self, id_: UUID, each: Seen) -> None:
        """A timer runs exactly while it can be of use."""
        state, late = each.row["state"], {gone.key.removesuffix(f":{id_}") for gone in self.late}
        waiting = each.timers | {each_ for each_ in late if f"{each_}:{id_}" in {gone.key for gone in self.late}}
        running = any(consent["ended_at"] is None for consent in each.consents)
        assert ("referral-decide" in waiting) == (state in WITH_SERVICE) or "referral-decide" in late
        assert ("referral-end-consent" in waiting) == running or "referral-end-consent" in late
        if state != "requested":
            assert not each.timers & {"referral-remind", "referral-tell-worker"}
        elif "no-answer" not in each.why:
            assert "referral-tell-worker" in waiting
        due = each.row["decide_by"]
        if due is not None and due <= self.world.time.time and "referral-decide" not in late:
            assert each.row["decide_step"] is not None, "it isn't open without a word, or someone was told"

    def _in_order(self, told: list[str]) -> None:
        """What the service was told makes sense in this order."""
        ends = [at for at, verb in enumerate(told) if verb in ("cancelled", "entered-in-error")]
        assert not told or told[0] == "requested"
        assert told.count("requested") <= 1
        assert told.count("reminded") <= 1
        if ends:
            assert set(told[ends[0] :]) <= {"cancelled", "entered-in-error", "access-ended"}

    def _is_known_to_have_gone(self, id_: UUID, each: Seen) -> None:
        """What was fetched is either still consented to, or was told to go."""
        if self._way(each) == "phone" or not self.fetched.get(id_):
            return
        under = [consent for consent in each.consents if consent["fetched_at"] is not None]
        told = each.letters if self._way(each) == "partner" else each.mails
        closed = [consent for consent in under if consent["ended_at"] is not None and consent["ending"] != "replaced"]
        replaced = [consent for consent in under if consent["ending"] == "replaced"]
        assert len(closed) <= told.count("access-ended") <= len(closed) + len(replaced)
        if each.row["state"] in ENDED - {"completed"}:
            assert all(consent["ended_at"] is not None for consent in each.consents)

    def _fetched(self, id_: UUID, before: Seen, answer: Answer) -> None:
        """Only while it is open, only under a consent that runs, only the fields that it names."""
        assert answer.result is not None
        assert before.row["state"] in WITH_SERVICE
        (consent,) = [each for each in before.consents if each["ended_at"] is None]
        assert consent["until"] > self.world.time.time
        for name in get_args(ReferralField):
            assert answer.result[name] is None or name in consent["fields"], f"{name} was not consented to"
        assert set(answer.result["fields"]) <= set(consent["fields"])

    # --- how it is done

    def _drafts(self, who: int, way: str) -> None:
        command = DraftReferral(
            participant_id=self.world.people[who], service_id=self.world.services[way], kind="household"
        )
        answer = self.run(self.world.ask(command, actor=f"worker:{self.world.here.marie}"))
        if answer.status == "accepted":
            details = WriteDetails(referral_id=answer.result["referral_id"], **DETAILS)
            self.run(self.world.get(details, actor=f"worker:{self.world.here.marie}"))
        self._check()

    def _does(self, message: Command | Query, id_: UUID, actor: str) -> Answer:
        how, message_id = self._as(actor, id_), new_id()
        answer: Answer = self.run(self.world.ask(message, message_id=message_id, **how))
        note(f"{self.world.time.time:%d %b %H:%M} {actor}: {type(message).__name__} → {answer.status} "
             f"{[each.message for each in answer.problems]}")  # fmt: skip
        assert answer.status == "accepted" or all(each.code != "failed" for each in answer.problems), answer
        if isinstance(message, Command):
            self.sent.append((message, how, message_id, answer))
        if isinstance(message, FetchDetails) and answer.status == "accepted":
            self.fetched.setdefault(id_, []).append(1)
        if actor in ("foreign", "other"):
            assert answer.status == "rejected"
            unknown = message.model_copy(update={"referral_id": new_id()})
            assert self.run(self.world.problems(unknown, **how)) == answer.problems, "it could be told from nothing"
        self._check()
        return answer

    def _as(self, actor: str, id_: UUID) -> dict[str, Any]:
        """Who sends it. `foreign`: another partner. `other`: another person, or the link of another referral."""
        seen = self.seen[id_]
        if actor == "service":
            by_partner = self._way(seen) == "partner"
            return {"sender": PARTNER} if by_partner else {"actor": f"contact:{id_}"}
        if actor == "foreign":
            return {"sender": STRANGER}
        person = seen.row["participant_id"]
        return {"actor": {
            "worker": f"worker:{self.world.here.marie}", "person": f"participant:{person}",
            "holder": f"participant:{self.world.people[1]}", "other": f"participant:{UUID(int=7)}",
        }[actor]}  # fmt: skip

    def _way(self, seen: Seen) -> str:
        return next(way for way, id_ in self.world.services.items() if id_ == seen.row["service_id"])

    def _of(self, seen: Seen, person: UUID) -> bool:
        return bool(seen.row["participant_id"] == person)

    def _holders(self, who: int) -> list[UUID]:
        return [self.world.people[1]] if who == 0 and self.world.people[1] not in self.gone else []

    def _ids(self) -> list[UUID]:
        return list(self.seen)

    def _pick(self, which: int) -> UUID:
        ids: Collection[UUID] = self._ids()
        return [*ids][which % len(ids)]

    def _consent(self, id_: UUID, fields: list[ReferralField], after: int) -> GiveReferralConsent:
        return GiveReferralConsent(referral_id=id_, fields=fields, how="spoken", until=self._in(after))

    def _in(self, hours_: int) -> Any:
        return self.world.time.time + timedelta(hours=hours_)

    def _passes(self, by_: timedelta) -> None:
        ends = self.world.time.time + by_
        while self.world.time.time < ends:
            self.world.time.time = min(ends, self.world.time.time + timedelta(days=1))
            for gone in self.run(self.world.gone_off()):
                note(f"   {gone.key}")
                self.run(self.world.tell(gone.event, message_id=gone.id))
                self.arrived.append((gone.event, gone.id))
        self._check()

    def _arrives(self, event: Event, id_: UUID) -> None:
        note(f"   late: {event.model_dump_json()}")
        self.run(self.world.tell(event, message_id=id_))
        self.arrived.append((event, id_))
        self._check()


@pytest.mark.timeout(0)
def test_what_is_promised_of_referrals_holds_whatever_happens(
    postgres: str, nats_server: NatsServer, request: Any
) -> None:
    """No fetch without a consent, only named fields, states along the table, timers while they can be of use, every
    fetch recorded, letters in order: after each step."""
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
