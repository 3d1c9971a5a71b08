"""The circle as values: two people, any order of asking, answering and stepping out; a no is never told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.profiles.domain import circles as domain
from services.profiles.domain.circles import MOST_TIES, Tie
from shared.ids import new_id
from shared.messaging import Rejected

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
MARIA, JEF = sorted((new_id(), new_id()))
SIDES = st.sampled_from([MARIA, JEF])


class Pair(RuleBasedStateMachine):
    """Two people. `open` is what each believes of their own question, from what they did and were told."""

    def __init__(self) -> None:
        super().__init__()
        self.tie: Tie | None = None
        self.now = START
        self.open: set[UUID] = set()
        self.agreed = False
        self.said_no: set[UUID] = set()
        """Who said no or stepped out, and hasn't asked or agreed since."""

    def attempt(self, decide: Any, *arguments: Any) -> bool:
        """Returns whether it was accepted."""
        self.now += timedelta(minutes=1)
        try:
            after = decide(self.tie, *arguments, self.now)
        except Rejected as rejected:
            assert all(problem.code and problem.message and problem.field for problem in rejected.problems)
            return False
        assert after != self.tie or after is None
        self.tie = after or self.tie
        return True

    @rule(by=SIDES)
    def ask(self, by: UUID) -> None:
        other = JEF if by == MARIA else MARIA
        waits_before = self.waits(other)
        assert self.attempt(domain.ask, by, other, 0)
        self.said_no.discard(by)
        if not self.agreed and other in self.open:
            self.now_agreed()
        elif not self.agreed:
            self.open.add(by)
            assert self.waits(other) == (waits_before or other not in self.said_no), "a no is asked nothing again"

    @rule(by=SIDES)
    def agree(self, by: UUID) -> None:
        other = JEF if by == MARIA else MARIA
        accepted = self.attempt(domain.agree, by)
        assert accepted == (self.agreed or other in self.open)
        if accepted and not self.agreed:
            self.now_agreed()

    @rule(by=SIDES)
    def decline(self, by: UUID) -> None:
        seen = self.seen_by(self.other(by))
        if self.waits(by):
            self.said_no.add(by)
        self.attempt(domain.decline, by)
        assert self.seen_by(self.other(by)) == seen, "the other sees what they saw before"
        assert not self.waits(by)

    @rule(by=SIDES)
    def step_out(self, by: UUID) -> None:
        was_agreed = self.agreed
        assert self.attempt(domain.step_out, by), "stepping out is always possible"
        self.open.discard(by)
        if was_agreed:
            self.agreed = False
            self.said_no.add(by)

    @invariant()
    def each_sees_what_they_did_and_were_told(self) -> None:
        for one in (MARIA, JEF):
            seen = domain.as_seen(self.tie, one, self.other(one)).status
            assert (seen == "agreed") == self.agreed
            ties = [self.tie] if self.tie else []
            assert bool(domain.unanswered(ties, one)) == (one in self.open)
            assert bool(domain.members(ties, one)) == self.agreed
            if one in self.open:
                assert seen == "asked"

    @invariant()
    def who_said_no_is_not_asked_again(self) -> None:
        for one in self.said_no:
            assert not self.waits(one)

    def now_agreed(self) -> None:
        self.agreed = True
        self.open.clear()
        self.said_no.clear()

    def other(self, one: UUID) -> UUID:
        return JEF if one == MARIA else MARIA

    def waits(self, one: UUID) -> bool:
        """Whether someone waits for this one's answer."""
        return bool(domain.to_answer([self.tie] if self.tie else [], one))

    def seen_by(self, one: UUID) -> Any:
        ties = [self.tie] if self.tie else []
        return domain.as_seen(self.tie, one, self.other(one)), domain.unanswered(ties, one), domain.members(ties, one)


TestPair = Pair.TestCase
TestPair.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


def test_it_takes_two_to_agree() -> None:
    """Nobody is put in a circle by the other's word alone."""
    asked = domain.ask(None, MARIA, JEF, 0, START)
    assert asked is not None
    assert asked.state == "asked"
    with pytest.raises(Rejected):
        domain.agree(asked, MARIA, START)
    agreed = domain.agree(asked, JEF, START)
    assert agreed is not None
    assert agreed.state == "agreed"


def test_a_circle_is_small() -> None:
    with pytest.raises(Rejected):
        domain.ask(None, MARIA, JEF, MOST_TIES, START)


def test_oneself_is_no_circle() -> None:
    with pytest.raises(Rejected):
        domain.ask(None, MARIA, MARIA, 0, START)


TIES = st.builds(
    lambda agreed, ended, asker: (agreed, ended, asker), st.booleans(), st.sampled_from([0, 1, 2]), st.booleans()
)


@given(with_survivor=st.lists(TIES, max_size=4), with_double=st.lists(TIES, max_size=4), between=st.booleans())
def test_merged_entries_have_one_tie_with_each_other_person(
    with_survivor: list[Any], with_double: list[Any], between: bool
) -> None:
    """And none with themselves; an agreement of either entry stays one."""
    survivor, double = new_id(), new_id()
    others = [new_id() for _ in range(4)]
    ties = [a_tie(survivor, other, *how) for other, how in zip(others, with_survivor, strict=False)]
    ties += [a_tie(double, other, *how) for other, how in zip(others, with_double, strict=False)]
    ties += [a_tie(survivor, double, True, 0, True)] if between else []
    merged = domain.merge(survivor, double, ties)
    assert all(survivor in (tie.first_id, tie.second_id) and tie.first_id < tie.second_id for tie in merged)
    assert all(double not in (tie.first_id, tie.second_id, tie.asked_by, tie.ended_by) for tie in merged)
    assert len({tie.other(survivor) for tie in merged}) == len(merged)
    agreed = {member for tie in ties if tie.state == "agreed" for member in (tie.first_id, tie.second_id)}
    assert set(domain.members(merged, survivor)) == agreed - {survivor, double}


def a_tie(one: UUID, other: UUID, agreed: bool, ended: int, asker: bool) -> Tie:
    first, second = sorted((one, other))
    return Tie(
        first, second, one if asker else other, START, START if agreed else None,
        (None, one, other)[ended], START if ended else None,
    )  # fmt: skip
