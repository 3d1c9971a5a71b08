"""Anything that fits a contract, on people who are there, gone, merged or never were: answered, never failed at."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from shared import clock
from shared.contracts import load, subjects
from shared.contracts.envelope import Answer, Command, Contract, Envelope, Query
from shared.contracts.profiles import EraseParticipant, LeaveNetwork, MergeParticipants
from shared.contracts.schemas import schemas
from shared.ids import new_id
from shared.messaging.incoming import Incoming
from tests.contracts.strategies import fitting
from tests.handling import ELSEWHERE, ORGANISATION, PLACE
from tests.profiles.people import People

MODULES = ("participants", "mandates", "circles", "erasure", "person")
ASKED: dict[str, type[Contract]] = {
    type_: contract
    for type_, contract in load().items()
    if issubclass(contract, (Command, Query))
    and contract.__module__.rsplit(".", 1)[-1] in MODULES
    and contract not in (EraseParticipant, MergeParticipants, LeaveNetwork)
}
SCHEMAS = schemas()
PLACES = {"neighbourhood_id": [PLACE, ELSEWHERE, "atlantis"], "organisation_id": [ORGANISATION, "nobody"]}
MESSAGES = some.sampled_from(sorted(ASKED)).flatmap(
    lambda type_: some.tuples(some.just(type_), fitting(SCHEMAS[type_], SCHEMAS[type_]))
)
_TARGETS: list[UUID] = []
"""Who the examples are about: the same people all along, in whatever state earlier ones left them."""
ACTORS = some.sampled_from(["worker", "operator", "person", "other"])


async def some_people(people: People) -> list[UUID]:
    """Two who are there, and one each who left, was merged, was erased, or never was."""
    there = [
        await people.register(f"Target {n}", reach={"by": "phone", "phone": "0470 00 00 0" + str(n)}) for n in (1, 2)
    ]
    left, survivor, merged, erased = [await people.register(f"Target {n}") for n in range(3, 7)]
    await people.get(LeaveNetwork(participant_id=left))
    await people.get(MergeParticipants(survivor_id=survivor, double_id=merged))
    await people.get(EraseParticipant(participant_id=erased))
    return [*there, left, survivor, merged, erased, new_id()]


async def sent(people: People, type_: str, data: Any, actor: str) -> Answer:
    contract = ASKED[type_]
    subject = subjects.request(contract, "cli", "profiles")  # type: ignore[arg-type]
    envelope = Envelope(id=new_id(), type=type_, source="test", time=clock.now(), actor=actor)
    return await people.processor.ask(Incoming(subject, envelope.headers(), json.dumps(data).encode()))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    message=MESSAGES,
    actor=ACTORS,
    picks=some.lists(some.sampled_from([0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6]), min_size=6, max_size=6),
)
async def test_whatever_fits_the_contract_is_answered(
    people: People, message: tuple[str, dict[str, Any]], actor: str, picks: list[int]
) -> None:
    type_, data = message
    known = _TARGETS or await some_people(people)
    _TARGETS[:] = known
    ids = iter(picks)
    for field in data:
        if field.endswith("_id") and field not in ("mandate_id", "consent_id", "erasure_id", *PLACES, "worker_id"):
            data[field] = str(known[next(ids)])
        elif field in PLACES:
            data[field] = PLACES[field][next(ids) % len(PLACES[field])]
    actors = {
        "worker": people.worker,
        "operator": "operator",
        "person": f"participant:{known[0]}",
        "other": f"participant:{known[1]}",
    }
    answer = await sent(people, type_, data, actors[actor])
    codes = {problem.code for problem in answer.problems}
    assert "failed" not in codes, type_
    assert all(problem.message for problem in answer.problems)
    assert answer.status == "accepted" or codes
