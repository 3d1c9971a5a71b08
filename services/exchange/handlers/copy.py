"""A person's copy of all that exchange holds on them."""

from __future__ import annotations

from services.exchange.handlers import access
from services.exchange.repository import copy as repository
from shared.access import IN_PERSON
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.messaging import Transaction, handles

PAGE = 20
"""Things in a page: the largest of them still fit in one reply."""


@handles(CopyOfPerson)
async def copy_of_person(query: CopyOfPerson, tx: Transaction) -> PersonCopy:
    """One page of it."""
    person = await access.person(tx, query.participant_id, IN_PERSON)
    items = await repository.held(tx, person.participant_id, (query.page - 1) * PAGE, PAGE + 1)
    return PersonCopy(
        service="exchange", participant_id=person.participant_id, page=query.page,
        next_page=query.page + 1 if len(items) > PAGE else None, items=items[:PAGE],
    )  # fmt: skip
