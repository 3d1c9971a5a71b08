"""Looking for neighbours: who is asked next, and who is let go when it is no longer asked."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.exchange.domain.exchanges import Exchange
from services.exchange.domain.invitations import Invitation
from shared.contracts.exchange import NextStep
from shared.messaging import Transaction


async def look(tx: Transaction, exchange: Exchange) -> Exchange:
    """Ask the likeliest neighbours, as many at once as the policy says for each that is still wanted. Returns it.

    The exchange is locked, `open` or `inviting`, and doesn't rest. Whom it takes a worker to ask is held for them; when
    fewer are found than could be asked, it looks again in a few days.
    """
    raise NotImplementedError


async def ask_one(tx: Transaction, exchange: Exchange, participant_id: UUID, *, own: bool) -> Invitation:
    """Ask this neighbour, at the worker's word; refused when they are not to be asked.

    With `own` it is the one whose wish it is. The stage of the exchange is up to who calls this.
    """
    raise NotImplementedError


async def release(tx: Transaction, exchange: Exchange, step: NextStep, *, but: Collection[UUID] = ()) -> None:
    """Let go of everyone who waits, was asked or said yes, except these participants; who knew of it is told `step`.

    With the step `arranged` others said yes; with any other it is no longer asked.
    """
    raise NotImplementedError
