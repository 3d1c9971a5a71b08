"""Mediation: with each of the two first, then together; it ends agreed or not. What was said has no field."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.exchange import MediationAsked
from shared.contracts.signals import (
    AnswerOffer,
    CloseSignal,
    EndMediation,
    Mediation,
    MediationEnded,
    MediationRef,
    MediationStarted,
    OfferSignal,
    RecordMediationTalk,
    StartMediation,
    TakeSignal,
)
from shared.ids import new_id
from tests.signals.neighbourhood import Place, Signals, by, me
from tests.signals.raising import about, raised, show, taken


async def started(signals: Signals) -> tuple[Place, UUID, UUID, MediationRef]:
    """After someone said that an exchange was not good, Marie helps the two."""
    place = await signals.place()
    who, other = await signals.someone(place), await signals.someone(place)
    await signals.tell(
        MediationAsked(neighbourhood_id=place.neighbourhood_id, exchange_id=new_id(), participant_id=who)
    )
    (signal,) = await about(signals, who)
    await signals.get(TakeSignal(signal_id=signal.signal_id), **by(place.marie))
    start = StartMediation(signal_id=signal.signal_id, participant_id=who, other_id=other)
    ref: MediationRef = await signals.get(start, **by(place.marie))
    assert await signals.get(start, **by(place.marie)) == ref, "once is enough"
    return place, who, other, ref


async def talk(signals: Signals, ref: MediationRef, with_whom: UUID | None, worker_id: UUID) -> MediationRef:
    command = RecordMediationTalk(mediation_id=ref.mediation_id, participant_id=with_whom)
    found: MediationRef = await signals.get(command, **by(worker_id))
    return found


async def mediation(signals: Signals, ref: MediationRef) -> Mediation:
    found = (await show(signals, ref.signal_id)).mediation
    assert found is not None
    return found


async def test_the_worker_speaks_with_each_of_the_two_first_and_then_with_both(signals: Signals) -> None:
    place, who, other, ref = await started(signals)
    together = RecordMediationTalk(mediation_id=ref.mediation_id)
    for each in (who, other):
        assert await signals.refused(together, **by(place.marie)) == ("wrong_stage", "mediation_id")
        assert (await talk(signals, ref, each, place.marie)).stage == "separately"
    assert (await talk(signals, ref, None, place.marie)).stage == "together"
    await signals.get(EndMediation(mediation_id=ref.mediation_id, agreed=True), **by(place.marie))
    await signals.get(CloseSignal(signal_id=ref.signal_id, outcome="mediation"), **by(place.marie))
    found = await show(signals, ref.signal_id)
    assert (found.outcome, found.mediation and found.mediation.stage) == ("mediation", "agreed")
    assert len(await signals.told(MediationStarted, signal_id=ref.signal_id)) == 1
    (ended,) = await signals.told(MediationEnded, signal_id=ref.signal_id)
    assert ended.agreed is True
    steps = [step.what for step in found.steps]
    assert steps[-3:] == ["mediation-started", "mediation-ended", "closed"]


async def test_that_it_comes_to_nothing_can_be_said_at_any_time_and_that_they_agreed_once_both_were_heard(
    signals: Signals,
) -> None:
    place, who, _, ref = await started(signals)
    agreed = EndMediation(mediation_id=ref.mediation_id, agreed=True)
    await talk(signals, ref, who, place.marie)
    assert await signals.refused(agreed, **by(place.marie)) == ("wrong_stage", "mediation_id")
    no = EndMediation(mediation_id=ref.mediation_id, agreed=False)
    assert (await signals.get(no, **by(place.marie))).stage == "not-agreed"
    assert (await signals.get(no, **by(place.marie))).stage == "not-agreed"
    assert await signals.refused(agreed, **by(place.marie)) == ("wrong_stage", "mediation_id")
    late = RecordMediationTalk(mediation_id=ref.mediation_id, participant_id=who)
    assert await signals.refused(late, **by(place.marie)) == ("wrong_stage", "mediation_id")


async def test_it_is_seen_by_its_worker_and_by_nobody_of_the_two(signals: Signals) -> None:
    """The worker helps when an exchange went wrong; to others there is no such mediation."""
    place, who, other, ref = await started(signals)
    elsewhere = await signals.place(organisation_id="welzijn-rabot")
    command = RecordMediationTalk(mediation_id=ref.mediation_id, participant_id=who)
    for actor in (me(who), me(other)):
        assert (await signals.refused(command, **actor))[0] == "not_allowed"
    stranger = await signals.problems(command, **by(elsewhere.marie))
    nothing = await signals.problems(command.model_copy(update={"mediation_id": new_id()}), **by(elsewhere.marie))
    assert stranger == nothing
    assert await signals.refused(command, **by(place.karim)) == ("not_yours", "mediation_id")


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("themselves", ("same_person", "other_id")),
        ("two others", ("other_person", "participant_id")),
        ("nobody", ("unknown_id", "other_id")),
    ],
)
async def test_it_is_between_who_the_signal_is_about_and_one_other(
    signals: Signals, who: str, refusal: tuple[str, str]
) -> None:
    place = await signals.place()
    one, other, third = [await signals.someone(place) for _ in range(3)]
    ref = await taken(signals, place, participant_id=one, kind="mediation")
    two: dict[str, Any] = {"themselves": (one, one), "two others": (other, third), "nobody": (one, new_id())}
    start = StartMediation(signal_id=ref.signal_id, participant_id=two[who][0], other_id=two[who][1])
    assert await signals.refused(start, **by(place.marie)) == refusal


async def test_who_is_none_of_the_two_is_not_spoken_with(signals: Signals) -> None:
    place, _, _, ref = await started(signals)
    command = RecordMediationTalk(mediation_id=ref.mediation_id, participant_id=await signals.someone(place))
    assert await signals.refused(command, **by(place.marie)) == ("unknown_id", "participant_id")


async def test_only_who_has_the_signal_mediates_and_it_goes_along_when_they_hand_over(signals: Signals) -> None:
    place, who, _, ref = await started(signals)
    await signals.get(OfferSignal(signal_id=ref.signal_id, worker_id=place.karim), **by(place.marie))
    await signals.get(AnswerOffer(signal_id=ref.signal_id, agreed=True), **by(place.karim))
    assert (await talk(signals, ref, who, place.karim)).stage == "separately"
    late = RecordMediationTalk(mediation_id=ref.mediation_id, participant_id=who)
    assert await signals.refused(late, **by(place.marie)) == ("not_yours", "mediation_id")
    assert (await mediation(signals, ref)).spoken_with == [who]


async def test_a_signal_with_a_mediation_that_goes_on_is_not_closed_and_without_one_not_as_mediation(
    signals: Signals,
) -> None:
    place, who, _, ref = await started(signals)
    close = CloseSignal(signal_id=ref.signal_id, outcome="talk")
    assert await signals.refused(close, **by(place.marie)) == ("wrong_stage", "signal_id")
    third = await signals.someone(place)
    other = StartMediation(signal_id=ref.signal_id, participant_id=who, other_id=third)
    assert await signals.refused(other, **by(place.marie)) == ("wrong_stage", "signal_id")
    mine = await taken(signals, place)
    without = CloseSignal(signal_id=mine.signal_id, outcome="mediation")
    assert await signals.refused(without, **by(place.marie)) == ("wrong_stage", "outcome")


async def test_what_nobody_has_is_taken_first(signals: Signals) -> None:
    place = await signals.place()
    one, other = await signals.someone(place), await signals.someone(place)
    ref = await raised(signals, place, participant_id=one, kind="mediation")
    start = StartMediation(signal_id=ref.signal_id, participant_id=one, other_id=other)
    assert await signals.refused(start, **by(place.marie)) == ("wrong_stage", "signal_id")
