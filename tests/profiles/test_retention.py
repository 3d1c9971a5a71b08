"""Whatever nobody acts on expires: each kind of record of profiles has its time, and the policy says which."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.operations import RunRetention
from shared.contracts.profiles import (
    AgreeToCircle,
    AskIntoCircle,
    DeclineCircle,
    DismissDouble,
    GiveConsent,
    GiveMandate,
    LeaveNetwork,
    ParticipantErased,
    RecordVisit,
    ShowParticipant,
    WithdrawConsent,
)
from shared.policy import load
from tests.handling import ORGANISATION, PLACE, later
from tests.profiles.people import People


async def run(people: People) -> dict[str, int]:
    removed: dict[str, int] = (await people.get(RunRetention(), actor="operator")).removed
    return removed


async def test_each_kind_of_record_has_its_time(people: People) -> None:
    """Not a day before it; and what runs is kept however old it is."""
    keep = load().retention
    who, other, asked = [await people.register(name) for name in ("Kept Long", "Long Kept Other", "Asked Long Ago")]
    twin = await people.register("Long Kept")
    await people.get(DismissDouble(first_id=who, second_id=twin))
    ended = GiveConsent(
        participant_id=who, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="spoken",
        until=later(9),
    )  # fmt: skip
    ref = await people.get(ended)
    await people.grant("keeper", PLACE)
    await people.get(ShowParticipant(participant_id=who), sender="keeper")
    await people.get(WithdrawConsent(participant_id=who, consent_id=ref.consent_id))
    await people.get(GiveConsent.model_validate(ended.model_dump() | {"until": later(9_000)}))
    await people.get(GiveMandate(participant_id=who, holder_id=other, on_word_of="participant", until=later(2)))
    await people.get(GiveMandate(participant_id=other, holder_id=who, on_word_of="participant"))
    await people.get(AskIntoCircle(participant_id=who, other_id=asked))
    await people.get(DeclineCircle(participant_id=asked, other_id=who))
    await people.get(AskIntoCircle(participant_id=who, other_id=other))
    await people.get(AgreeToCircle(participant_id=other, other_id=who))
    await people.get(RecordVisit(participant_id=who))
    await people.get(LeaveNetwork(participant_id=twin))
    people.move(timedelta(days=2, hours=1))
    await people.fire()

    longest = {
        "circle_questions": keep.circle_questions, "participants": keep.participants_left, "doubles": keep.doubles,
        "consents": keep.consents_ended, "fetches": keep.fetches, "visits": keep.visits,
        "mandates": keep.mandates_ended, "erasures": keep.erasures,
    }  # fmt: skip
    passed, seen = 2, set()
    for days in sorted(set(longest.values())):
        people.move(timedelta(days=days - passed - 1))
        early = await run(people)
        assert not {kind for kind, at in longest.items() if at >= days and early.get(kind)}, early
        people.move(timedelta(days=3))
        passed = days + 2
        seen |= {kind for kind, count in (await run(people)).items() if count}
    assert seen >= set(longest) - {"erasures", "doubles"}, "the double went with the twin who left"
    assert len(await people.told(ParticipantErased, participant_id=twin)) == 1
    assert len(await people.rows("SELECT 1 FROM consent WHERE participant_id = $1", who)) == 1, "it still runs"
    assert len(await people.rows("SELECT 1 FROM mandate WHERE holder_id = $1", who)) == 1
    assert len(await people.rows("SELECT 1 FROM tie WHERE agreed_at IS NOT NULL AND ended_at IS NULL")) == 1


async def test_who_left_long_ago_is_erased_everywhere(people: People) -> None:
    """Not only deleted here: every service is asked to."""
    who = await people.register("Left Long Ago")
    await people.get(LeaveNetwork(participant_id=who))
    people.move(timedelta(days=load().retention.participants_left - 1))
    await run(people)
    assert not await people.told(ParticipantErased, participant_id=who)
    people.move(timedelta(days=2))
    assert (await run(people))["participants"] == 1
    assert len(await people.told(ParticipantErased, participant_id=who)) == 1
    assert (await people.refused(ShowParticipant(participant_id=who)))[0] == "erased"
