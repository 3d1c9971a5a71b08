"""A participant's life as values: whatever happens in whatever order, what must hold holds."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.profiles.domain import participants as domain
from services.profiles.domain.participants import Participant
from shared.contracts.profiles import (
    ChangeParticipant,
    ContactKept,
    Enjoyment,
    Home,
    MoveParticipant,
    ParticipantKept,
    Reach,
    RegisterParticipant,
)
from shared.ids import new_id
from shared.messaging import Rejected
from shared.policy import load

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
PLACES = st.sampled_from(["brugse-poort", "rabot", "sluizeken"])
KINDS, WORDS = st.sampled_from(["meal", "game", "lift"]), st.sampled_from([None, "soep", "schaak"])
ENJOYMENTS = st.lists(st.builds(Enjoyment, kind=KINDS, words=WORDS), max_size=20)
HOMES = st.one_of(st.none(), st.builds(Home, lat=st.floats(-85, 85), lon=st.floats(-179, 179)))


def someone(name: str = "Maria Peeters", **more: Any) -> Participant:
    """A person registered at START; `more` replaces what they are."""
    command = RegisterParticipant(name=name, neighbourhood_id="brugse-poort", on_word_of="participant")
    person = domain.register(command, new_id(), sender="cli", registered_by="operator", now=START)
    return replace(person, **more)


class Life(RuleBasedStateMachine):
    """One person, asked to do anything at any time; a rejection changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.person = someone()
        self.now = START

    def attempt(self, decide: Any, *arguments: Any) -> None:
        before = self.person
        try:
            self.person = decide(before, *arguments)
        except Rejected as rejected:
            assert all(problem.code and problem.message and problem.field for problem in rejected.problems)
            return
        assert self.person.version in (before.version, before.version + 1)
        assert (self.person == before) == (self.person.version == before.version)

    @rule(hours=st.integers(1, 24 * 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        if domain.pause_is_over(self.person, self.now):
            self.attempt(domain.resume)
            assert self.person.status == "active"

    @rule(talents=ENJOYMENTS, wishes=ENJOYMENTS, home=HOMES, ceiling=st.one_of(st.none(), st.integers(0, 100)))
    def change(self, talents: Any, wishes: Any, home: Any, ceiling: Any) -> None:
        self.attempt(
            domain.change,
            ChangeParticipant(
                participant_id=self.person.participant_id, talents=talents, wishes=wishes, home=home, ceiling=ceiling
            ),
        )

    @rule(days=st.one_of(st.none(), st.integers(-5, 60)))
    def pause(self, days: int | None) -> None:
        self.attempt(domain.pause, None if days is None else self.now + timedelta(days=days), self.now)

    @rule()
    def resume(self) -> None:
        self.attempt(domain.resume)

    @rule()
    def leave(self) -> None:
        self.attempt(domain.leave, self.now)
        assert self.person.status == "left", "leaving is always possible"

    @rule()
    def come_back(self) -> None:
        self.attempt(domain.come_back, self.now)
        assert self.person.status != "left", "coming back is always possible"

    @rule(place=PLACES, home=HOMES)
    def move(self, place: str, home: Any) -> None:
        before = self.person
        command = MoveParticipant(participant_id=before.participant_id, neighbourhood_id=place, home=home)
        self.attempt(domain.move, command, self.now)
        if self.person != before:
            assert self.person.cell == domain.cell_of(home), "the old home is forgotten"
            assert self.person.visited_at is None

    @rule(out=st.booleans())
    def out_of_matching(self, out: bool) -> None:
        self.attempt(domain.set_out_of_matching, out)

    @rule()
    def visit(self) -> None:
        self.attempt(domain.visited, self.now)
        assert self.person.visited_at is not None

    @precondition(lambda self: self.person.status != "left")
    @rule()
    def who_is_in_the_network_can_be_taken_out_of_matching(self) -> None:
        status = self.person.status
        self.attempt(domain.set_out_of_matching, True)
        assert (self.person.out_of_matching, self.person.status) == (True, status)

    @invariant()
    def what_must_hold(self) -> None:
        person = self.person
        assert (person.status == "left") == (person.left_at is not None)
        assert person.paused_until is None or person.status == "paused"
        assert person.status != "merged"
        assert len(person.talents) == len(set(map(repr, person.talents)))
        assert person.newcomer_since <= self.now

    @invariant()
    def what_is_told_is_what_is_held_and_no_more(self) -> None:
        for told in (domain.kept(self.person), domain.contact(self.person)):
            assert (told.version, told.status, told.removed) == (self.person.version, self.person.status, False)
            assert type(told).model_validate_json(told.model_dump_json()) == told
            if told.status == "left":
                assert told.model_fields_set == {"participant_id", "version", "neighbourhood_id", "status"}


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Peeters", "Peeters  Maria"),
        ("Zoë D’Hondt", "zoe d'hondt"),
        ("Jean-Pierre Dubois", "JEAN PIERRE DUBOIS"),
        ("Ñandú", "nandu"),
        ("Straße", "STRASSE"),
    ],
)
def test_two_spellings_of_a_name_are_the_same(one: str, other: str) -> None:
    assert domain.name_key(one) == domain.name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Maria", "Marie"), ("李小龍", "王小龍"), ("🌻", "🌹"), ("مريم", "منال")])
def test_two_names_are_not_the_same(one: str, other: str) -> None:
    assert domain.name_key(one) != domain.name_key(other)
    assert domain.name_key(one)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0470 12 34 56", "+32 470 12 34 56", True),
        ("09 233 44 55", "+32 (0)9/233.44.55", True),
        ("0470 12 34 56", "0470 12 34 57", False),
    ],
)
def test_a_number_is_the_same_with_and_without_country_code(one: str, other: str, same: bool) -> None:
    assert (domain.phone_key(one) == domain.phone_key(other)) is same


def test_a_number_of_few_digits_is_nobodys() -> None:
    assert domain.phone_key("112 112") is None
    assert domain.phone_key(None) is None
    assert domain.email_key(" Maria@Example.ORG ") == "maria@example.org"


@given(lat=st.floats(-89.9, 89.9), lon=st.floats(-180, 180))
def test_of_a_home_only_the_cell_is_kept(lat: float, lon: float) -> None:
    cell = domain.cell_of(Home(lat=lat, lon=lon))
    assert cell is not None
    assert domain.cell_of(Home(cell=cell)) == cell
    assert str(lat) not in cell


def test_a_kind_must_be_on_the_policys_list() -> None:
    """All that are wrong are named at once."""
    wrong = [Enjoyment(kind="meal"), Enjoyment(kind="surgery"), Enjoyment(words="anything at all")]
    with pytest.raises(Rejected) as caught:
        domain.check_kinds(load(), wrong, wrong)
    assert [problem.field for problem in caught.value.problems] == ["talents.1.kind", "wishes.1.kind"]


def test_what_protects_someone_holds_from_either_of_two_entries() -> None:
    """Merging: the survivor says what both said; a pause, a low ceiling and out of matching are never lost."""
    survivor = someone(ceiling=10, talents=(Enjoyment(kind="meal"),))
    double = someone(
        status="paused", paused_until=None, ceiling=2, out_of_matching=True, talents=(Enjoyment(kind="game"),),
        reach=Reach(by="email", email="maria@example.org"), registered_at=START - timedelta(days=9),
    )  # fmt: skip
    merged, tombstone = domain.merge(survivor, double)
    assert (merged.status, merged.paused_until, merged.ceiling, merged.out_of_matching) == ("paused", None, 2, True)
    assert [each.kind for each in merged.talents] == ["meal", "game"]
    assert (merged.reach.by, merged.reach.email) == ("letter", "maria@example.org")
    assert merged.registered_at == double.registered_at
    assert (tombstone.status, tombstone.merged_into, tombstone.name) == ("merged", survivor.participant_id, "")


def test_nothing_of_a_person_is_left_in_a_merged_entry() -> None:
    """Only ids, times, where it came from and where it was."""
    double = someone(
        name="Secret Name", address="Secret street", cell="891fa4a1a0fffff",
        reach=Reach(by="email", email="secret@example.org"), talents=(Enjoyment(words="secret talent"),),
        wishes=(Enjoyment(words="secret wish"),), languages=("secret",),
    )  # fmt: skip
    _, tombstone = domain.merge(someone(), double)
    assert "secret" not in repr(tombstone).lower()
    for told in (domain.kept(tombstone), domain.contact(tombstone)):
        assert (told.removed, told.merged_into) == (True, tombstone.merged_into)
        assert told.model_fields_set == {"participant_id", "version", "removed", "merged_into"}


@given(
    until=st.lists(st.one_of(st.none(), st.integers(1, 90)), min_size=2, max_size=2),
    paused=st.lists(st.booleans(), min_size=2, max_size=2),
)
def test_a_merged_pause_ends_no_earlier_than_either(until: list[int | None], paused: list[bool]) -> None:
    one, other = (
        someone(
            status="paused" if is_paused else "active",
            paused_until=START + timedelta(days=days) if days and is_paused else None,
        )
        for days, is_paused in zip(until, paused, strict=True)
    )
    merged, _ = domain.merge(one, other)
    assert (merged.status == "paused") == any(paused)
    for each in (one, other):
        if each.status == "paused":
            assert merged.paused_until is None or (each.paused_until and merged.paused_until >= each.paused_until)


def test_merging_with_oneself_or_into_who_left_is_refused() -> None:
    one = someone()
    with pytest.raises(Rejected):
        domain.merge(one, one)
    with pytest.raises(Rejected):
        domain.merge(domain.leave(one, START), someone())


def test_a_partner_sees_the_fields_that_a_consent_names_and_no_other() -> None:
    whole = domain.details(someone(reach=Reach(by="email", email="maria@example.org"), cell="891fa4a1a0fffff"))
    seen = domain.limited(whole, ["name", "wishes"])
    given_fields = {name for name, value in seen.model_dump().items() if value is not None}
    assert given_fields == {"participant_id", "version", "name", "wishes"}


def test_no_address_and_no_origin_is_told() -> None:
    """What profiles knows beyond its two states stays there."""
    held = {field.name for field in fields(Participant)}
    told = {*ParticipantKept.model_fields, *ContactKept.model_fields}
    assert held - told == {
        "address", "sender", "registered_by", "on_word_of", "reference", "registered_at", "newcomer_since",
        "visited_at", "left_at",
    }  # fmt: skip
