"""A person's copy of all that notify holds on them."""

from __future__ import annotations

from services.notify.repository import copy as repository
from services.notify.repository import people
from shared.access import IN_PERSON, check_person, who
from shared.contracts.person import CopyOfPerson, PersonCopy
from shared.messaging import Rejected, Transaction, handles

PAGE = 20
"""Things in a page: the largest of them still fit in one reply."""


@handles(CopyOfPerson)
async def copy_of_person(query: CopyOfPerson, tx: Transaction) -> PersonCopy:
    """One page of it."""
    actor = who(tx, IN_PERSON)
    person = await people.person(tx, query.participant_id)
    if person is None:
        raise Rejected("unknown_id", "participant_id is no participant that we know: check the id", "participant_id")
    check_person(actor, person, IN_PERSON, "participant_id")
    items = await repository.held(tx, person.participant_id, (query.page - 1) * PAGE, PAGE + 1)
    return PersonCopy(
        service="notify", participant_id=person.participant_id, page=query.page,
        next_page=query.page + 1 if len(items) > PAGE else None, items=items[:PAGE],
    )  # fmt: skip
