"""A person's copy of all that signals holds on them. Notes are in it as they were written: for them, and for who may
read them anyway."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.signals.handlers import access, details, notes
from services.signals.repository import copy as repository
from services.signals.repository import notes as kept
from services.signals.repository import signals
from shared.access import IN_PERSON, Actor, who
from shared.contracts.person import CopiedItem, CopyOfPerson, PersonCopy
from shared.messaging import Transaction, handles

PAGE = 3
"""Things in a page: so many notes of the longest fit in one reply."""


@handles(CopyOfPerson)
async def copy_of_person(query: CopyOfPerson, tx: Transaction) -> PersonCopy:
    """One page of it."""
    actor = who(tx, IN_PERSON)
    person = await access.person(tx, query.participant_id, IN_PERSON)
    items = await repository.held(tx, person.participant_id, (query.page - 1) * PAGE, PAGE + 1)
    return PersonCopy(
        service="signals", participant_id=person.participant_id, page=query.page,
        next_page=query.page + 1 if len(items) > PAGE else None,
        items=[await _opened(tx, actor, person.participant_id, item) for item in items[:PAGE]],
    )  # fmt: skip


async def _opened(tx: Transaction, actor: Actor, participant_id: UUID, item: CopiedItem) -> CopiedItem:
    """What was encrypted as it was written. That a worker got a note so is recorded as any other reading."""
    if item.kind == "referral_details" and actor.kind != "operator":
        return await details.copied(tx, actor, participant_id, item)
    if item.kind != "note" or not await _may_read(tx, actor, participant_id, item.data):
        return item
    signal_id = UUID(item.data["signal_id"])
    if actor.kind == "worker":
        await kept.record_reading(tx, participant_id, str(actor), "notes", signal_id=signal_id)
    words = {str(each.note_id): each.note for each in await notes.opened(tx, signal_id)}
    return CopiedItem(kind=item.kind, data={**item.data, "note": words[item.data["note_id"]]})


async def _may_read(tx: Transaction, actor: Actor, participant_id: UUID, data: dict[str, Any]) -> bool:
    if actor.kind != "worker":
        return actor.kind == "participant" and actor.uuid == participant_id
    signal = await signals.read(tx, UUID(data["signal_id"]))
    return signal is not None and actor.uuid in await notes.readers(tx, signal)
