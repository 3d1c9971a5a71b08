"""Anything that fits a contract, on workers and places that are there, ended or never were: answered, never failed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from shared import clock
from shared.contracts import load, subjects
from shared.contracts.envelope import Command, Contract, Envelope, Query
from shared.contracts.profiles import EndWorker, RegisterNeighbourhood, RegisterOrganisation, RegisterWorker
from shared.contracts.schemas import schemas
from shared.ids import new_id
from shared.messaging.incoming import Incoming
from tests.contracts.strategies import fitting
from tests.handling import ORGANISATION, PLACE
from tests.profiles.people import People

ASKED: dict[str, type[Contract]] = {
    type_: contract
    for type_, contract in load().items()
    if issubclass(contract, (Command, Query)) and contract.__module__.rsplit(".", 1)[-1] in ("workers", "places")
}
SCHEMAS = schemas()
MESSAGES = some.sampled_from(sorted(ASKED)).flatmap(
    lambda type_: some.tuples(some.just(type_), fitting(SCHEMAS[type_], SCHEMAS[type_]))
)
TOKENS = {
    "neighbourhood_id": [PLACE, "second", "atlantis"],
    "organisation_id": [ORGANISATION, "another", "nobody"],
}
WORKERS: list[str] = []
"""Who the examples are about: three who work, one who has ended, one who never was."""


async def some_workers(people: People) -> list[str]:
    await people.get(RegisterOrganisation(organisation_id="another", names={"nl": "Ander"}))
    await people.get(
        RegisterNeighbourhood(neighbourhood_id="second", names={"nl": "Twee"}, organisation_id=ORGANISATION)
    )
    ids = []
    for number, organisation in enumerate([ORGANISATION, ORGANISATION, "another", ORGANISATION]):
        command = RegisterWorker(name="W", email=f"any{number}@x.example", organisation_id=organisation)
        ids.append((await people.get(command)).worker_id)
    await people.get(EndWorker(worker_id=ids[3]))
    return [str(each) for each in (*ids, new_id())]


def aimed(data: Any, picks: list[int]) -> Any:
    """With ids that mean something in place of drawn ones, most of the time."""
    for name, value in data.items():
        pick = picks[len(name) % len(picks)]
        if name in TOKENS:
            data[name] = TOKENS[name][pick % 3]
        elif name == "neighbourhood_ids":
            data[name] = TOKENS["neighbourhood_id"][: pick % 4]
        elif name in ("worker_id", "backup_id", "coordinator_id") and value is not None:
            data[name] = WORKERS[pick]
    return data


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=MESSAGES, picks=some.lists(some.integers(0, 4), min_size=3, max_size=3))
async def test_whatever_fits_the_contract_is_answered(
    people: People, message: tuple[str, dict[str, Any]], picks: list[int]
) -> None:
    WORKERS[:] = WORKERS or await some_workers(people)
    type_, data = message
    data = aimed(data, picks)
    subject = subjects.request(ASKED[type_], "cli", "profiles")  # type: ignore[arg-type]
    envelope = Envelope(id=new_id(), type=type_, source="test", time=clock.now(), actor="operator")
    answer = await people.processor.ask(Incoming(subject, envelope.headers(), json.dumps(data).encode()))
    codes = {problem.code for problem in answer.problems}
    assert "failed" not in codes, type_
    assert all(problem.message for problem in answer.problems)
    assert answer.status == "accepted" or codes


async def test_what_is_not_for_partners_or_participants_is_refused(people: People) -> None:
    for contract in ASKED.values():
        message = contract.model_validate(contract.EXAMPLE)
        if isinstance(message, Command):
            assert (await people.refused(message, sender="a-partner"))[0] == "not_allowed"
            assert (await people.refused(message, actor=f"participant:{new_id()}"))[0] == "not_allowed"
