"""Notes: encrypted, for the signal's worker and their backup alone; each reading is recorded with it."""

from __future__ import annotations

from uuid import UUID

from services.signals.domain.showing import first_that_fit
from services.signals.domain.signals import WITH_NOTES, Happened, Signal, refuse_stage
from services.signals.handlers import access, working
from services.signals.repository import notes as repository
from services.signals.repository import people, signals
from services.signals.secrecy import Sealed
from shared.access import ANYONE, IN_PERSON, WORKER, Actor, who
from shared.contracts.signals import ListReadings, Note, NoteRef, Notes, ReadingPage, ReadNotes, WriteNote
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(WriteNote)
async def write_note(command: WriteNote, tx: Transaction) -> NoteRef:
    """By a worker, or by whoever raised it."""
    actor = who(tx, ANYONE)
    signal = await _to_write(tx, actor, command.signal_id)
    refuse_stage(signal, WITH_NOTES)
    if command.about != "signal" and actor.kind != "worker":
        raise Rejected("not_allowed", "about is for workers alone, who set a rule aside: leave it out", "about")
    note_id = new_id()
    sealed = tx.settings.cipher.seal(command.note)
    await repository.add(tx, note_id, signal.signal_id, command.about, str(actor), sealed)
    await signals.add_step(tx, signal.signal_id, Happened("note-written", str(actor)))
    return NoteRef(note_id=note_id, signal_id=signal.signal_id)


@handles(ReadNotes)
async def read_notes(query: ReadNotes, tx: Transaction) -> Notes:
    """For its worker and their backup."""
    signal, actor = await working.seen(tx, query.signal_id, WORKER)
    if actor.uuid not in await readers(tx, signal):
        raise Rejected(
            "not_allowed", "signal_id has notes for its worker and their backup alone: ask them", "signal_id"
        )
    refuse_stage(signal, WITH_NOTES)
    await repository.record_reading(tx, signal.participant_id, str(actor), "notes", signal_id=signal.signal_id)
    found = await opened(tx, signal.signal_id, query.after)
    shown = first_that_fit(found)
    more = shown[-1].note_id if len(shown) < len(found) else None
    return Notes(signal_id=signal.signal_id, notes=shown, next=more)


@handles(ListReadings)
async def list_readings(query: ListReadings, tx: Transaction) -> ReadingPage:
    """Who read what, and when."""
    person = await access.person(tx, query.participant_id, IN_PERSON)
    found = await repository.readings(tx, person.participant_id, query.after, query.limit + 1)
    return ReadingPage(
        readings=[reading for _, reading in found[: query.limit]],
        next=found[query.limit - 1][0] if len(found) > query.limit else None,
    )


async def readers(tx: Transaction, signal: Signal) -> set[UUID]:
    """Who may read its notes: who has it, or until it is taken who was told of it; and who stands in for them."""
    told = {signal.worker_id} if signal.worker_id else await signals.told_of(tx, signal.signal_id)
    last_id = signal.worker_id or signal.told_id
    place = await people.neighbourhood(tx, signal.neighbourhood_id)
    last = await people.worker(tx, last_id) if last_id else None
    backups = [last.backup_id if last else None]
    if place is not None and last_id is not None and place.worker_id == last_id:
        backups.append(place.backup_id)
    return {*told, *(each for each in backups if each is not None)}


async def opened(tx: Transaction, signal_id: UUID, after: UUID | None = None) -> list[Note]:
    """The notes of a signal, as they were written."""
    cipher = tx.settings.cipher
    return [
        Note(
            note_id=row["note_id"], about=row["about"], written_by=row["written_by"], written_at=row["written_at"],
            note=cipher.open(Sealed(row["token"], row["key_id"])),
        )
        for row in await repository.of_signal(tx, signal_id, after)
    ]  # fmt: skip


async def _to_write(tx: Transaction, actor: Actor, signal_id: UUID) -> Signal:
    """A signal to write a note with; to whoever didn't raise it and isn't a worker there, there is none. Who raised it
    for someone needs their mandate, or grant, for a note as well."""
    if actor.kind in ("worker", "operator"):
        return (await working.seen(tx, signal_id, ANYONE))[0]
    signal = await signals.locked(tx, signal_id)
    if signal is None or signal.raised_by != str(actor):
        raise access.unknown("signal_id")
    await access.person(tx, signal.participant_id, ANYONE, "signal_id")
    return signal
