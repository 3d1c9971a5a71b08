"""Invitations: who is asked when, what is answered, and what comes of it. Any answer is free, and so is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.exchange.domain import moments
from services.exchange.handlers import looking
from services.exchange.repository import candidates, exchanges
from shared import clock
from shared.contracts.exchange import (
    AllowKind,
    AnswerInvitation,
    AnswerProposal,
    ExchangeDropped,
    ExchangeInvited,
    ExchangeOpened,
    ExchangeProposed,
    Invitation,
    InvitationAnswer,
    InvitationAnswered,
    InvitationPage,
    InvitationRef,
    InviteNeighbour,
    ListInvitations,
    NextStepReached,
    OpenExchange,
    ReviewInvitation,
    ShowInvitation,
    WithdrawExchange,
    WorkerAsked,
    WorkerLooked,
)
from shared.ids import new_id
from shared.policy import load
from tests.conftest import MakeStack
from tests.exchange.looking_back import MARIE, WORKER, LookingBack, looking_back
from tests.exchange.street import Street, away

BRUSSELS = ZoneInfo("Europe/Brussels")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def back(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    async with looking_back(module_stack) as made:
        yield made


@pytest.fixture
async def loose(module_stack: MakeStack) -> AsyncIterator[LookingBack]:
    """Where the policy lets strangers be asked without the worker, and three at once."""
    policy = load()
    changed = policy.invitations.model_copy(update={"strangers_after_worker": False})
    async with looking_back(module_stack, policy=policy.model_copy(update={"invitations": changed})) as made:
        yield made


@pytest.fixture(autouse=True)
async def daytime(back: LookingBack) -> None:
    await until(back, 11)


async def until(back: LookingBack, hour: int) -> None:
    """Move on to the next time that it is this late in the neighbourhood."""
    local = clock.now().astimezone(BRUSSELS)
    then = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then <= local:
        then = (local + DAY).replace(hour=hour, minute=0, second=0, microsecond=0)
    back.move(then - local)


class Asking(Street):
    """The same street, with what is said in it."""

    async def friend(self, **more: Any) -> UUID:
        """A neighbour whom the opener has met."""
        found = await self.neighbour(**more)
        await self.met(self.opener, found)
        return found

    async def opens(self, **more: Any) -> UUID:
        values = {"opening": "ask", "kind": "coffee", "words": "Koffie, iemand?"} | more
        command = OpenExchange(participant_id=self.opener, **values)
        return (await self.back.get(command, actor=f"participant:{self.opener}")).exchange_id  # type: ignore[no-any-return]

    async def to(self, participant_id: UUID, exchange_id: UUID) -> Any:
        rows = await self.back.rows(
            "SELECT * FROM invitation WHERE participant_id = $1 AND exchange_id = $2", participant_id, exchange_id
        )
        return rows[0] if rows else None

    async def stages(self, exchange_id: UUID) -> dict[UUID, str]:
        rows = await self.back.rows("SELECT participant_id, stage FROM invitation WHERE exchange_id = $1", exchange_id)
        return {row["participant_id"]: row["stage"] for row in rows}

    async def stage(self, exchange_id: UUID) -> str:
        return (await self.back.rows("SELECT stage FROM exchange WHERE exchange_id = $1", exchange_id))[0][0]  # type: ignore[no-any-return]

    async def answers(
        self, participant_id: UUID, exchange_id: UUID, answer: InvitationAnswer, **how: Any
    ) -> InvitationRef:
        command, actor = await self._answer(participant_id, exchange_id, answer, **how)
        return await self.back.get(command, actor=actor)  # type: ignore[no-any-return]

    async def refuses(self, participant_id: UUID, exchange_id: UUID, answer: InvitationAnswer, **how: Any) -> str:
        command, actor = await self._answer(participant_id, exchange_id, answer, **how)
        return (await self.back.refused(command, actor=actor))[0]

    async def steps(self, participant_id: UUID) -> list[str]:
        return [each.step for each in await self.back.told(NextStepReached, participant_id=participant_id)]

    async def _answer(
        self, participant_id: UUID, exchange_id: UUID, answer: InvitationAnswer, *, actor: str = "", **how: Any
    ) -> tuple[AnswerInvitation, str]:
        id_ = (await self.to(participant_id, exchange_id))["invitation_id"]
        return AnswerInvitation(invitation_id=id_, answer=answer, **how), actor or f"participant:{participant_id}"


# --- who is asked when


async def test_an_acquaintance_is_asked_at_once_a_stranger_after_the_worker_has_seen_it(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend, stranger = await street.friend(), await street.neighbour()
    exchange_id = await street.opens()
    assert await street.stages(exchange_id) == {friend: "asked", stranger: "held"}
    assert await street.steps(friend) == ["invited"]
    assert await street.steps(stranger) == []
    (asked,) = await back.told(WorkerAsked, exchange_id=exchange_id)
    assert (asked.to, asked.worker_id) == ("see-invitation", MARIE)
    assert await street.stage(exchange_id) == "inviting"
    assert len(await back.told(ExchangeInvited, exchange_id=exchange_id)) == 1
    row = await street.to(friend, exchange_id)
    assert row["reasons"][:2] == ["acquainted", "enjoys-it"]
    assert row["worker_id"] == MARIE


async def test_while_all_wait_for_the_worker_it_stays_open(back: LookingBack) -> None:
    street = await Asking.of(back)
    stranger = await street.neighbour()
    exchange_id = await street.opens()
    assert await street.stage(exchange_id) == "open"
    id_ = (await street.to(stranger, exchange_id))["invitation_id"]
    assert (await back.get(ReviewInvitation(invitation_id=id_, send=True), actor=WORKER)).stage == "asked"
    assert await street.stage(exchange_id) == "inviting"
    assert await street.steps(stranger) == ["invited"]
    assert (await street.to(stranger, exchange_id))["reviewed_by"] == WORKER


async def test_the_policy_may_let_strangers_be_asked_at_once(loose: LookingBack) -> None:
    await until(loose, 11)
    street = await Asking.of(loose)
    stranger = await street.neighbour()
    exchange_id = await street.opens()
    assert await street.stages(exchange_id) == {stranger: "asked"}


async def test_a_few_are_asked_at_a_time_for_each_that_is_wanted(back: LookingBack) -> None:
    street = await Asking.of(back)
    for _ in range(8):
        await street.friend()
    assert len(await street.stages(await street.opens())) == 3
    assert len(await street.stages(await street.opens(people=2))) == 6


async def test_what_the_worker_holds_back_nobody_hears_of_and_the_next_comes(back: LookingBack) -> None:
    street = await Asking.of(back)
    for rings in (0, 0, 0, 5):
        await street.neighbour(cell=away(rings))
    exchange_id = await street.opens()
    before = await street.stages(exchange_id)
    assert list(before.values()) == ["held"] * 3
    one = next(iter(before))
    id_ = (await street.to(one, exchange_id))["invitation_id"]
    assert (await back.get(ReviewInvitation(invitation_id=id_, send=False), actor=WORKER)).stage == "held-back"
    after = await street.stages(exchange_id)
    assert (len(after), after[one]) == (4, "held-back")
    assert await street.steps(one) == []
    assert (await back.get(ReviewInvitation(invitation_id=id_, send=False), actor=WORKER)).stage == "held-back"
    assert (await back.get(ReviewInvitation(invitation_id=id_, send=True), actor=WORKER)).stage == "asked"
    assert (await back.get(ReviewInvitation(invitation_id=id_, send=True), actor=WORKER)).stage == "asked"
    assert await back.refused(ReviewInvitation(invitation_id=id_, send=False), actor=WORKER) == (
        "too_late", "invitation_id",
    )  # fmt: skip
    code, _ = await back.refused(ReviewInvitation(invitation_id=id_, send=True), actor=f"participant:{one}")
    assert code == "not_allowed"


@pytest.mark.parametrize("how", ["sent", "held back", "asked by name", "paused"])
async def test_once_the_worker_has_looked_it_is_told_so_that_nobody_is_asked_to_again(
    back: LookingBack, how: str
) -> None:
    """Also when there is nothing to look at any more, as the neighbour takes no part for a while."""
    street = await Asking.of(back)
    stranger = await street.neighbour()
    exchange_id = await street.opens()
    id_ = (await street.to(stranger, exchange_id))["invitation_id"]
    assert not await back.told(WorkerLooked, exchange_id=exchange_id)
    if how == "asked by name":
        await back.get(InviteNeighbour(exchange_id=exchange_id, participant_id=stranger), actor=WORKER)
    elif how == "paused":
        await back.someone(street.place, id_=stranger, version=9, status="paused")
    else:
        await back.get(ReviewInvitation(invitation_id=id_, send=how == "sent"), actor=WORKER)
    (looked,) = await back.told(WorkerLooked, exchange_id=exchange_id)
    assert (looked.invitation_id, looked.neighbourhood_id) == (id_, street.place)


async def test_nobody_is_disturbed_in_their_quiet_hours(back: LookingBack) -> None:
    street = await Asking.of(back)
    usual = await street.friend()
    early = await street.friend(quiet_hours={"start": "01:00", "end": "02:00"})
    await until(back, 22)
    exchange_id = await street.opens()
    assert await street.stages(exchange_id) == {usual: "waiting", early: "asked"}
    assert await street.steps(usual) == []
    await until(back, 8)
    await back.fire()
    assert (await street.stages(exchange_id))[usual] == "waiting"
    await until(back, 9)
    await back.fire()
    assert (await street.stages(exchange_id))[usual] == "asked"
    assert await street.steps(usual) == ["invited"]
    asked_at = (await street.to(usual, exchange_id))["asked_at"]
    assert not moments.quiet(asked_at, load().invitations.quiet_hours, BRUSSELS)


async def test_while_all_sleep_it_stays_open_and_who_is_gone_by_morning_hears_nothing(back: LookingBack) -> None:
    street = await Asking.of(back)
    one, other = await street.friend(), await street.friend()
    await until(back, 22)
    exchange_id = await street.opens()
    assert await street.stage(exchange_id) == "open"
    await back.someone(street.place, id_=one, version=2, out_of_matching=True, talents=[{"kind": "coffee"}])
    await until(back, 9)
    await back.fire()
    assert await street.stages(exchange_id) == {one: "taken-back", other: "asked"}
    assert await street.steps(one) == []
    assert await street.stage(exchange_id) == "inviting"


@pytest.mark.parametrize(("way", "days"), [("email", 3), ("phone", 8), ("letter", 8), ("organisation", 8)])
async def test_deadlines_leave_room_for_a_letter(back: LookingBack, way: str, days: int) -> None:
    street = await Asking.of(back)
    friend = await street.friend(reached_by=way)
    exchange_id = await street.opens()
    row = await street.to(friend, exchange_id)
    assert row["answer_by"] == row["asked_at"] + days * DAY
    soon = clock.now() + 2 * DAY
    row = await street.to(friend, await street.opens(when={"at": soon}))
    assert row["answer_by"] == soon


async def test_a_ceiling_is_never_exceeded_also_when_two_look_at_once(back: LookingBack) -> None:
    place = await back.place()
    openers = [await Asking.of(back) for _ in range(8)]
    for each in openers:
        each.place, each.opener = place, await back.someone(place)
    busy = [await openers[0].neighbour(ceiling=2) for _ in range(2)]
    for each in openers:
        for one in busy:
            await each.met(each.opener, one)
    opened = await asyncio.gather(*(each.opens() for each in openers))
    counted = [(await openers[0].stages(exchange_id)).get(one) for exchange_id in opened for one in busy]
    assert counted.count("asked") == 4, counted
    async with back.transaction() as tx:
        assert await candidates.room(tx, busy) == set()


async def test_when_fewer_are_found_it_looks_again_in_a_few_days(back: LookingBack) -> None:
    street = await Asking.of(back)
    exchange_id = await street.opens()
    assert f"look-again:{exchange_id}" in await back.timers()
    friend = await street.friend()
    back.move(2 * DAY)
    await back.fire()
    assert await street.stages(exchange_id) == {friend: "asked"}


# --- the worker asks


async def test_the_worker_may_ask_whom_they_think_of(back: LookingBack) -> None:
    """Also for what has no kind, and someone of whom nothing is known that fits."""
    street = await Asking.of(back)
    neighbour = await street.neighbour(enjoys=None)
    exchange_id = await street.opens()
    command = InviteNeighbour(exchange_id=exchange_id, participant_id=neighbour)
    ref = await back.get(command, actor=WORKER)
    assert ref.stage == "asked"
    assert await back.get(command, actor=WORKER) == ref
    assert await street.steps(neighbour) == ["invited"]
    row = await street.to(neighbour, exchange_id)
    assert (row["reasons"], row["reviewed_by"]) == (["asked-by-worker"], WORKER)
    assert await street.stage(exchange_id) == "inviting"
    await street.answers(neighbour, exchange_id, "no")
    assert (await back.refused(command, actor=WORKER))[0] == "answered"
    assert (await back.refused(command, actor=f"participant:{street.opener}"))[0] == "not_allowed"


async def test_who_is_held_for_the_worker_is_sent_by_asking_them(back: LookingBack) -> None:
    street = await Asking.of(back)
    stranger = await street.neighbour(ceiling=1)
    exchange_id = await street.opens()
    ref = await back.get(InviteNeighbour(exchange_id=exchange_id, participant_id=stranger), actor=WORKER)
    assert (ref.stage, await street.stages(exchange_id)) == ("asked", {stranger: "asked"})


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"status": "paused"}, "paused"), ({"status": "left"}, "left"), ({"out_of_matching": True}, "not_to_be_asked"),
        ({"ceiling": 0}, "not_to_be_asked"),
    ],
)  # fmt: skip
async def test_also_a_worker_does_not_ask_who_is_not_to_be_asked(
    back: LookingBack, values: dict[str, Any], code: str
) -> None:
    street = await Asking.of(back)
    neighbour = await street.neighbour(**values)
    command = InviteNeighbour(exchange_id=await street.opens(), participant_id=neighbour)
    assert (await back.refused(command, actor=WORKER))[0] == code


async def test_a_worker_does_not_ask_the_opener_nor_who_lives_elsewhere_nor_for_what_is_over(back: LookingBack) -> None:
    street, other = await Asking.of(back), await Asking.of(back)
    exchange_id, neighbour = await street.opens(), await street.neighbour()
    for who in (street.opener, other.opener):
        command = InviteNeighbour(exchange_id=exchange_id, participant_id=who)
        assert (await back.refused(command, actor=WORKER))[0] == "not_to_be_asked"
    unknown = InviteNeighbour(exchange_id=exchange_id, participant_id=new_id())
    assert (await back.refused(unknown, actor=WORKER))[0] == "unknown_id"
    await back.get(WithdrawExchange(exchange_id=exchange_id), actor=f"participant:{street.opener}")
    command = InviteNeighbour(exchange_id=exchange_id, participant_id=neighbour)
    assert (await back.refused(command, actor=WORKER))[0] == "wrong_stage"


# --- answers


async def test_a_yes_is_put_before_the_side_that_opened_it_and_the_others_are_told_kindly(back: LookingBack) -> None:
    street = await Asking.of(back)
    one, other = await street.friend(), await street.friend()
    exchange_id = await street.opens()
    assert (await street.answers(one, exchange_id, "yes")).stage == "yes"
    assert await street.stage(exchange_id) == "proposed"
    assert await street.steps(one) == ["invited", "waiting"]
    assert await street.steps(other) == ["invited", "arranged"]
    assert (await street.steps(street.opener))[-1] == "found"
    (told,) = await back.told(InvitationAnswered, exchange_id=exchange_id)
    assert (told.participant_id, told.answer) == (one, "yes")
    row = (await back.rows("SELECT first_yes_at FROM exchange WHERE exchange_id = $1", exchange_id))[0]
    assert row["first_yes_at"] is not None


async def test_no_is_free_needs_no_reason_and_somebody_else_is_asked(back: LookingBack) -> None:
    street = await Asking.of(back)
    first = [await street.friend() for _ in range(3)]
    next_one = await street.friend(cell=away(6))
    exchange_id = await street.opens()
    assert set(await street.stages(exchange_id)) == set(first)
    assert (await street.answers(first[0], exchange_id, "no")).stage == "no"
    assert (await street.stages(exchange_id))[next_one] == "asked"
    assert await street.steps(first[0]) == ["invited"]
    assert "cancelled" not in await street.steps(street.opener)


async def test_not_now_is_asked_again_at_most_once_weeks_later(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend = await street.friend()
    exchange_id = await street.opens()
    await street.answers(friend, exchange_id, "not-now")
    back.move(20 * DAY)
    await back.fire()
    assert (await street.stages(exchange_id))[friend] == "not-now"
    back.move(DAY)
    await back.fire()
    row = await street.to(friend, exchange_id)
    assert (row["stage"], row["again"], row["answered_at"]) == ("asked", True, None)
    assert await street.steps(friend) == ["invited", "invited-again"]
    await street.answers(friend, exchange_id, "not-now")
    back.move(22 * DAY)
    await back.fire()
    assert await street.steps(friend) == ["invited", "invited-again"]
    assert not [key for key in await back.timers() if str(row["invitation_id"]) in key]


async def test_not_now_is_not_asked_again_when_it_is_over_or_they_were_asked_enough(back: LookingBack) -> None:
    street = await Asking.of(back)
    enough, over = await street.friend(), await Asking.of(back)
    gone = await over.friend()
    first, second = await street.opens(), await over.opens()
    await street.answers(enough, first, "not-now")
    await over.answers(gone, second, "not-now")
    await back.get(WithdrawExchange(exchange_id=second), actor=f"participant:{over.opener}")
    assert f"invitation:{(await over.to(gone, second))['invitation_id']}" not in await back.timers()
    back.move(20 * DAY)
    for _ in range(4):
        await street.invited(enough, "no", days_ago=0)
    back.move(2 * DAY)
    await back.fire()
    assert await street.steps(enough) == ["invited"]
    assert await over.steps(gone) == ["invited"]


async def test_never_this_kind_is_remembered_until_they_take_it_back(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend = await street.friend()
    exchange_id = await street.opens()
    assert (await street.answers(friend, exchange_id, "never")).stage == "never"
    assert await street.order() == []
    command = InviteNeighbour(exchange_id=await street.opens(), participant_id=friend)
    assert (await back.refused(command, actor=WORKER))[0] == "not_to_be_asked"
    await back.get(AllowKind(participant_id=friend, kind="coffee"), actor=f"participant:{friend}")
    assert await street.order() == [friend]
    allow = AllowKind(participant_id=friend, kind="coffee")
    assert (await back.refused(allow, actor=f"participant:{new_id()}"))[0] == "unknown_id"


async def test_never_can_still_be_said_after_another_answer_and_when_it_is_over(back: LookingBack) -> None:
    street = await Asking.of(back)
    one, other = await street.friend(), await street.friend()
    exchange_id = await street.opens()
    await street.answers(one, exchange_id, "no")
    assert (await street.answers(one, exchange_id, "never")).stage == "never"
    await back.get(WithdrawExchange(exchange_id=exchange_id), actor=f"participant:{street.opener}")
    assert (await street.answers(other, exchange_id, "never")).stage == "taken-back"
    assert await street.order() == []


async def test_silence_is_an_answer_and_is_never_chased(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend, letter = await street.friend(), await street.friend(reached_by="letter")
    exchange_id = await street.opens()
    back.move(3 * DAY)
    await back.fire()
    assert await street.stages(exchange_id) == {friend: "silent", letter: "asked"}
    assert await street.steps(friend) == ["invited"]
    back.move(5 * DAY)
    await back.fire()
    assert await street.stages(exchange_id) == {friend: "silent", letter: "silent"}
    assert await street.refuses(friend, exchange_id, "yes") == "too_late"


async def test_answered_twice_the_same_is_one_answer(back: LookingBack) -> None:
    street = await Asking.of(back)
    one = await street.friend()
    exchange_id = await street.opens()
    for answer in ("no", "no"):
        assert (await street.answers(one, exchange_id, answer)).stage == "no"  # type: ignore[arg-type]
    assert len(await back.told(InvitationAnswered, exchange_id=exchange_id)) == 1
    assert await street.refuses(one, exchange_id, "yes") == "answered"
    assert await street.refuses(one, exchange_id, "not-now") == "answered"


@pytest.mark.parametrize("answer", ["no", "not-now", "never"])
async def test_a_yes_can_be_taken_back_until_both_agreed(back: LookingBack, answer: InvitationAnswer) -> None:
    street = await Asking.of(back)
    one = await street.friend()
    exchange_id = await street.opens()
    await street.answers(one, exchange_id, "yes")
    assert (await street.answers(one, exchange_id, answer)).stage == answer
    assert (await street.stages(exchange_id))[one] == answer
    assert await street.stage(exchange_id) == "open"
    assert (await street.steps(street.opener))[-1] == "cancelled"
    id_ = (await street.to(one, exchange_id))["invitation_id"]
    assert (f"invitation:{id_}" in await back.timers()) == (answer == "not-now")


async def test_a_yes_stands_once_both_agreed(back: LookingBack) -> None:
    street = await Asking.of(back)
    one = await street.friend()
    exchange_id = await street.opens()
    await street.answers(one, exchange_id, "yes")
    await back.get(AnswerProposal(exchange_id=exchange_id, answer="yes"), actor=f"participant:{street.opener}")
    assert await street.refuses(one, exchange_id, "no") == "answered"
    assert (await street.answers(one, exchange_id, "yes")).stage == "yes"
    assert await street.stage(exchange_id) == "agreed"


async def test_after_withdrawal_an_answer_comes_too_late_and_is_told_so_kindly(back: LookingBack) -> None:
    street = await Asking.of(back)
    one = await street.friend()
    exchange_id = await street.opens()
    await back.get(WithdrawExchange(exchange_id=exchange_id), actor=f"participant:{street.opener}")
    assert await street.steps(one) == ["invited", "taken-back"]
    for answer in ("yes", "no", "not-now"):
        assert await street.refuses(one, exchange_id, answer) == "too_late"  # type: ignore[arg-type]


async def test_who_says_yes_after_another_did_is_not_refused(back: LookingBack) -> None:
    street = await Asking.of(back)
    one, other = await street.friend(), await street.friend()
    exchange_id = await street.opens()
    await street.answers(one, exchange_id, "yes")
    for _ in range(2):
        assert (await street.answers(other, exchange_id, "yes")).stage == "arranged"
    assert (await street.to(other, exchange_id))["answered_at"] is not None
    assert await street.refuses(other, exchange_id, "no") == "too_late"
    assert "said-yes-before" in await street.why(other)


async def test_two_neighbours_saying_yes_in_the_same_millisecond_make_one_agreement(back: LookingBack) -> None:
    """Two connections, two transactions; both are answered kindly, and one of them is put forward."""
    for _ in range(6):
        street = await Asking.of(back)
        pair = [await street.friend(), await street.friend()]
        exchange_id = await street.opens()
        refs = await asyncio.gather(*(street.answers(each, exchange_id, "yes") for each in pair))
        assert sorted(ref.stage for ref in refs) == ["arranged", "yes"]
        assert len(await back.told(ExchangeProposed, exchange_id=exchange_id)) == 1
        await back.get(AnswerProposal(exchange_id=exchange_id, answer="yes"), actor=f"participant:{street.opener}")
        agreed = await back.rows("SELECT participant_id FROM agreement WHERE exchange_id = $1", exchange_id)
        assert [row[0] for row in agreed] == [
            ref_of for ref_of, ref in zip(pair, refs, strict=True) if ref.stage == "yes"
        ]


async def test_the_worker_records_an_answer_given_by_phone_or_at_the_door(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend, stranger = await street.friend(), await street.neighbour()
    exchange_id = await street.opens(people=2)
    await street.answers(friend, exchange_id, "not-now", actor=WORKER, how="phone")
    row = await street.to(friend, exchange_id)
    assert (row["answered_by"], row["how"]) == (WORKER, "phone")
    assert (await street.answers(stranger, exchange_id, "yes", actor=WORKER, how="door")).stage == "yes"
    assert (await street.to(stranger, exchange_id))["asked_at"] is not None


async def test_who_holds_a_mandate_answers_and_nobody_else_does(back: LookingBack) -> None:
    holder = new_id()
    street = await Asking.of(back)
    friend = await street.friend(mandate_holder_ids=[holder])
    exchange_id = await street.opens()
    for stranger in (street.opener, new_id()):
        assert await street.refuses(friend, exchange_id, "yes", actor=f"participant:{stranger}") == "unknown_id"
    assert (await street.answers(friend, exchange_id, "no", actor=f"participant:{holder}")).stage == "no"
    unknown = AnswerInvitation(invitation_id=new_id(), answer="yes")
    assert (await back.refused(unknown, actor=WORKER))[0] == "unknown_id"


async def test_an_answer_is_a_sign_of_life(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend = await street.friend()
    exchange_id = await street.opens()
    back.move(DAY)
    await street.answers(friend, exchange_id, "no")
    heard_at = (await back.rows("SELECT heard_at FROM participant WHERE participant_id = $1", friend))[0][0]
    assert clock.now() - heard_at < timedelta(minutes=1)


# --- their own wish


async def proposed(street: Asking) -> UUID:
    """A draft of the system for the wish of the opener, sent on by the worker."""
    exchange_id = await street.back.had(
        street.place, street.opener, stage="draft", by_system=True, opened_at=None, drafted_at=clock.now()
    )
    async with street.back.transaction() as tx:
        exchange = await exchanges.locked(tx, exchange_id)
        assert exchange is not None
        await looking.ask_one(tx, exchange, street.opener, own=True)
        pending = tx._pending
        for key, timer in pending.timers.items():
            assert key.startswith("invitation:")
            assert timer is not None
    return exchange_id


async def test_who_has_a_wish_is_asked_first_whether_they_would_like_it(back: LookingBack) -> None:
    street = await Asking.of(back, wishes=[{"kind": "coffee"}])
    friend = await street.friend(talents=[{"kind": "coffee", "words": "ik zet graag koffie"}])
    exchange_id = await proposed(street)
    assert await street.stages(exchange_id) == {street.opener: "asked"}
    id_ = (await street.to(street.opener, exchange_id))["invitation_id"]
    shown: Invitation = await back.get(ShowInvitation(invitation_id=id_), actor=f"participant:{street.opener}")
    assert (shown.own, shown.minutes_on_foot) == (True, None)
    assert shown.pleasure is not None
    assert shown.pleasure.words == "ik zet graag koffie"
    assert str(friend) not in shown.model_dump_json()
    await street.answers(street.opener, exchange_id, "yes")
    assert len(await back.told(ExchangeOpened, exchange_id=exchange_id)) == 1
    assert (await street.stages(exchange_id))[friend] == "asked"
    assert await street.refuses(street.opener, exchange_id, "no") == "answered"
    await street.answers(friend, exchange_id, "yes")
    assert await street.stage(exchange_id) == "proposed"


@pytest.mark.parametrize("answer", ["no", "never"])
async def test_a_wish_whose_own_person_would_not_like_it_ends_and_nobody_hears(
    back: LookingBack, answer: Literal["no", "never"]
) -> None:
    street = await Asking.of(back)
    friend = await street.friend()
    exchange_id = await proposed(street)
    await street.answers(street.opener, exchange_id, answer)
    assert await street.stage(exchange_id) == "expired"
    assert len(await back.told(ExchangeDropped, exchange_id=exchange_id)) == 1
    assert await street.steps(friend) == []


async def test_not_now_to_ones_own_wish_waits_and_comes_back_once(back: LookingBack) -> None:
    street = await Asking.of(back)
    exchange_id = await proposed(street)
    await street.answers(street.opener, exchange_id, "not-now")
    assert await street.stage(exchange_id) == "draft"
    back.move(21 * DAY)
    await back.fire()
    assert (await street.stages(exchange_id))[street.opener] == "asked"
    await street.answers(street.opener, exchange_id, "not-now")
    assert await street.stage(exchange_id) == "expired"


# --- what it looks like


async def test_an_invitation_names_the_pleasure_and_hides_who_it_is(back: LookingBack) -> None:
    street = await Asking.of(back, wishes=[{"kind": "coffee", "words": "een klapke doen"}])
    friend = await street.friend(cell=away(3))
    exchange_id = await street.opens()
    id_ = (await street.to(friend, exchange_id))["invitation_id"]
    shown: Invitation = await back.get(ShowInvitation(invitation_id=id_), actor=f"participant:{friend}")
    assert (shown.words, shown.kind, shown.opening, shown.often) == ("Koffie, iemand?", "coffee", "ask", "once")
    assert (shown.minutes_on_foot, shown.worker_id, shown.reasons) == (15, MARIE, [])
    assert shown.pleasure is not None
    assert shown.pleasure.words == "een klapke doen"
    assert str(street.opener) not in shown.model_dump_json()
    seen: Invitation = await back.get(ShowInvitation(invitation_id=id_), actor=WORKER)
    assert "acquainted" in seen.reasons
    for actor in (f"participant:{street.opener}", f"participant:{new_id()}"):
        assert (await back.refused(ShowInvitation(invitation_id=id_), actor=actor))[0] == "unknown_id"
    assert (await back.refused(ShowInvitation(invitation_id=new_id()), actor=WORKER))[0] == "unknown_id"


async def test_an_offer_shows_the_talent_of_who_offers(back: LookingBack) -> None:
    street = await Asking.of(back, talents=[{"kind": "coffee", "words": "taart bij de koffie"}])
    friend = await street.friend(wishes=[{"kind": "coffee"}])
    exchange_id = await street.opens(opening="offer")
    id_ = (await street.to(friend, exchange_id))["invitation_id"]
    shown: Invitation = await back.get(ShowInvitation(invitation_id=id_), actor=f"participant:{friend}")
    assert shown.opening == "offer"
    assert shown.pleasure is not None
    assert shown.pleasure.words == "taart bij de koffie"


async def test_to_who_was_not_asked_yet_it_does_not_exist(back: LookingBack) -> None:
    street = await Asking.of(back)
    stranger = await street.neighbour()
    exchange_id = await street.opens()
    id_ = (await street.to(stranger, exchange_id))["invitation_id"]
    me = f"participant:{stranger}"
    assert (await back.refused(ShowInvitation(invitation_id=id_), actor=me))[0] == "unknown_id"
    assert await street.refuses(stranger, exchange_id, "yes") == "unknown_id"
    page: InvitationPage = await back.get(ListInvitations(participant_id=stranger), actor=me)
    assert page.invitations == []
    assert (await back.get(ShowInvitation(invitation_id=id_), actor=WORKER)).stage == "held"


async def test_invitations_are_listed_for_the_worker_and_for_who_was_asked(back: LookingBack) -> None:
    street = await Asking.of(back)
    friend, stranger = await street.friend(), await street.neighbour()
    opened = [await street.opens() for _ in range(3)]
    await street.answers(friend, opened[0], "no")

    async def listed(actor: str = WORKER, **query: Any) -> list[tuple[UUID, str]]:
        page: InvitationPage = await back.get(ListInvitations(**query), actor=actor)
        return [(each.exchange_id, each.stage) for each in page.invitations]

    me = f"participant:{friend}"
    assert await listed(me, participant_id=friend) == [
        (opened[2], "asked"), (opened[1], "asked"), (opened[0], "no"),
    ]  # fmt: skip
    assert await listed(me, participant_id=friend, open_only=True) == [(opened[2], "asked"), (opened[1], "asked")]
    assert {each for each, _ in await listed(neighbourhood_id=street.place, stage="held")} == set(opened)
    assert sorted(stage for _, stage in await listed(exchange_id=opened[0])) == ["held", "no"]
    first: InvitationPage = await back.get(ListInvitations(participant_id=stranger, limit=2), actor=WORKER)
    rest: InvitationPage = await back.get(ListInvitations(participant_id=stranger, after=first.next), actor=WORKER)
    assert (len(first.invitations), len(rest.invitations), rest.next) == (2, 1, None)
    assert (await back.refused(ListInvitations(exchange_id=opened[0]), actor=me))[0] == "missing"
    assert (await back.refused(ListInvitations(participant_id=stranger), actor=me))[0] == "unknown_id"


async def test_a_timer_that_comes_too_early_or_twice_changes_nothing(back: LookingBack) -> None:
    from shared.contracts.exchange import InvitationDue

    street = await Asking.of(back)
    friend = await street.friend()
    exchange_id = await street.opens()
    id_ = (await street.to(friend, exchange_id))["invitation_id"]
    for to in ("ask", "end", "ask-again", "end"):
        await back.tell(
            InvitationDue(neighbourhood_id=street.place, exchange_id=exchange_id, invitation_id=id_, to=to)  # type: ignore[arg-type]
        )
    assert await street.stages(exchange_id) == {friend: "asked"}
    await back.tell(
        InvitationDue(neighbourhood_id=street.place, exchange_id=new_id(), invitation_id=new_id(), to="end")
    )  # fmt: skip
    assert await street.steps(friend) == ["invited"]


def test_quiet_hours_may_run_past_midnight() -> None:
    hours = load().invitations.quiet_hours
    night = datetime(2027, 3, 2, 23, tzinfo=BRUSSELS)
    assert moments.after_quiet(night, hours, BRUSSELS) == datetime(2027, 3, 3, 9, tzinfo=BRUSSELS)
