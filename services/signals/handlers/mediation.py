"""Mediation: the worker who has the signal helps two people whose exchange went wrong."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain import mediation as domain
from services.signals.domain import signals
from services.signals.domain.mediation import Mediation
from services.signals.domain.signals import Signal
from services.signals.handlers import access, working
from services.signals.repository import mediation as repository
from services.signals.repository import people
from shared.access import WORKER, Actor
from shared.contracts.signals import (
    EndMediation,
    MediationEnded,
    MediationRef,
    MediationStarted,
    RecordMediationTalk,
    StartMediation,
)
from shared.ids import new_id
from shared.messaging import Transaction, handles


@handles(StartMediation)
async def start_mediation(command: StartMediation, tx: Transaction) -> MediationRef:
    """Between who the signal is about and another."""
    signal, actor = await working.seen(tx, command.signal_id, WORKER)
    signals.refuse_not_theirs(signal, actor)
    domain.check_two(signal, command.participant_id, command.other_id)
    last = await repository.last_of(tx, signal.signal_id)
    if last is not None and last.ended_at is None:
        return domain.ref(domain.same_two(last, command.participant_id, command.other_id))
    for id_, field in ((command.participant_id, "participant_id"), (command.other_id, "other_id")):
        await _known(tx, id_, field)
    made = Mediation(
        new_id(), signal.signal_id, command.participant_id, command.other_id, (), together=False, started_at=tx.now
    )
    await repository.add(tx, made)
    await working.keep(tx, signals.changed(signal), actor, "mediation-started", MediationStarted)
    return domain.ref(made)


@handles(RecordMediationTalk)
async def record_mediation_talk(command: RecordMediationTalk, tx: Transaction) -> MediationRef:
    """With one of the two, or with both."""
    _, mediation, _ = await _theirs(tx, command.mediation_id)
    spoke = domain.spoke(mediation, command.participant_id)
    await repository.save(tx, spoke)
    return domain.ref(spoke)


@handles(EndMediation)
async def end_mediation(command: EndMediation, tx: Transaction) -> MediationRef:
    """Agreed, or not: either is an end."""
    signal, mediation, actor = await _theirs(tx, command.mediation_id)
    if mediation.ended_at is not None and mediation.agreed == command.agreed:
        return domain.ref(mediation)
    ended = domain.ended(mediation, agreed=command.agreed, now=tx.now)
    await repository.save(tx, ended)
    says = {"agreed": command.agreed}
    await working.keep(tx, signals.changed(signal), actor, "mediation-ended", MediationEnded, fact_says=says)
    return domain.ref(ended)


async def _theirs(tx: Transaction, mediation_id: UUID) -> tuple[Signal, Mediation, Actor]:
    """A mediation of who has its signal, which is locked first; to others there is none."""
    found = await repository.read(tx, mediation_id)
    if found is None:
        raise access.unknown("mediation_id")
    signal, actor = await working.seen(tx, found.signal_id, WORKER, "mediation_id")
    again = await repository.read(tx, mediation_id)
    if again is None or again.signal_id != signal.signal_id:
        raise access.unknown("mediation_id")
    signals.refuse_not_theirs(signal, actor, "mediation_id")
    return signal, again, actor


async def _known(tx: Transaction, participant_id: UUID, field: str) -> None:
    if await people.person(tx, participant_id) is None:
        raise access.unknown(field)
