"""A neighbourhood to look around in, brought in through commands as anyone would. Loaded twice, it is there once."""

from __future__ import annotations

from deploy.demo import care, directory, life, people
from deploy.demo.horizon import Horizon
from deploy.demo.people import BRUGSE_POORT, BUURTPUNT, HORIZON, PEOPLE, RABOT
from deploy.partners import Office
from deploy.trouble import Trouble
from shared.messaging.client import Client, Refused, Unanswered


async def load(client: Client, office: Office) -> None:
    """Bring it in; `office` lets the demo's partner in. Raises Trouble when something is refused, which no demo should
    be."""
    try:
        found, workers = await people.bring_in(client)
        worker = f"worker:{workers['marie']}"
        await life.happen(client, found, worker)
        await directory.bring_in(client)
        async with Horizon.connected(office) as horizon:
            await care.happen(client, found, worker, horizon)
    except Refused as refused:
        raise Trouble(f"The demo can't be loaded: {refused}.") from refused
    except (Unanswered, TimeoutError) as unanswered:
        raise Trouble(f"The demo can't be loaded: {unanswered}.") from unanswered


__all__ = ["BRUGSE_POORT", "BUURTPUNT", "HORIZON", "PEOPLE", "RABOT", "load"]
