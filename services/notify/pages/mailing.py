"""A new link for who asks for one: mailed to the address that is known, and nobody is told whether one is."""

from __future__ import annotations

from services.notify.handlers import telling
from services.notify.repository import people
from shared.messaging import Transaction


async def send_link(tx: Transaction, email: str) -> None:
    """To each person and worker with this address, a link to their own page or desk."""
    for person in await people.people_at(tx, email):
        await telling.new_link(tx, person)
    for worker in await people.workers_at(tx, email):
        await telling.desk_link(tx, worker)
