"""Acquaintances: who has met, and introductions by a worker."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.exchange.domain.people import Person, refuse_absent
from services.exchange.handlers import access
from services.exchange.repository import people
from services.exchange.repository import ties as repository
from shared.access import OURS, STAFF, Actor, who
from shared.contracts.exchange import (
    AcquaintanceMade,
    AcquaintancePage,
    AcquaintanceRef,
    Introduce,
    ListAcquaintances,
    NextStepReached,
    Through,
)
from shared.messaging import Rejected, Transaction, handles


@handles(Introduce)
async def introduce(command: Introduce, tx: Transaction) -> AcquaintanceRef:
    """Both hear whom they met. Who had met before is told nothing new."""
    actor = who(tx, STAFF)
    if command.participant_id == command.other_id:
        raise Rejected("same_person", "other_id is the same person: name someone else", "other_id")
    fields = {command.participant_id: "participant_id", command.other_id: "other_id"}
    pair = {id_: await _taking_part(tx, id_, fields[id_]) for id_ in sorted(fields)}
    one, other = pair[command.participant_id], pair[command.other_id]
    if await met(tx, pair, "introduction", one.neighbourhood_id):
        await _tell_introduced(tx, actor, one, other)
        await _tell_introduced(tx, actor, other, one)
    return AcquaintanceRef(participant_id=one.participant_id, other_id=other.participant_id)


@handles(ListAcquaintances, reads=True)
async def list_acquaintances(query: ListAcquaintances, tx: Transaction) -> AcquaintancePage:
    """Whom a person has met."""
    await access.may(tx, [query.participant_id], OURS, "participant_id")
    access.known(await people.person(tx, query.participant_id))
    found = await repository.acquaintances(tx, query.participant_id, query.after, query.limit + 1)
    page = list(found[: query.limit])
    return AcquaintancePage(acquaintances=page, next=page[-1].participant_id if len(found) > query.limit else None)


async def met(tx: Transaction, participant_ids: Collection[UUID], through: Through, neighbourhood_id: str) -> bool:
    """These people have met, each with all others; told of those who had not before. Whether there were any."""
    pairs = await repository.acquaint(tx, participant_ids, through)
    for one, other in pairs:
        await tx.emit(
            AcquaintanceMade(neighbourhood_id=neighbourhood_id, participant_id=one, other_id=other, through=through)
        )
    return bool(pairs)


async def _taking_part(tx: Transaction, participant_id: UUID, field: str) -> Person:
    found = access.known(await people.present(tx, participant_id), field)
    refuse_absent(found, field)
    return found


async def _tell_introduced(tx: Transaction, actor: Actor, told: Person, other: Person) -> None:
    neighbourhood = await people.neighbourhood(tx, told.neighbourhood_id)
    on_duty = neighbourhood.worker_id if neighbourhood else None
    await tx.emit(
        NextStepReached(
            neighbourhood_id=told.neighbourhood_id, participant_id=told.participant_id, step="introduced",
            other_id=other.participant_id, worker_id=actor.uuid if actor.kind == "worker" else on_duty,
        )
    )  # fmt: skip
