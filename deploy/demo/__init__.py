"""A neighbourhood to look around in, brought in through commands as anyone would. Loaded twice, it is there once."""

from __future__ import annotations

from deploy.demo import life, people
from deploy.demo.people import BRUGSE_POORT, BUURTPUNT, HORIZON, PEOPLE, RABOT
from deploy.trouble import Trouble
from shared.messaging.client import Client, Refused, Unanswered


async def load(client: Client) -> None:
    """Bring it in. Raises Trouble when something is refused, which no demo should be."""
    try:
        found, workers = await people.bring_in(client)
        await life.happen(client, found, f"worker:{workers['marie']}")
    except Refused as refused:
        raise Trouble(f"The demo can't be loaded: {refused}.") from refused
    except Unanswered as unanswered:
        raise Trouble(f"The demo can't be loaded: {unanswered}.") from unanswered


__all__ = ["BRUGSE_POORT", "BUURTPUNT", "HORIZON", "PEOPLE", "RABOT", "load"]
