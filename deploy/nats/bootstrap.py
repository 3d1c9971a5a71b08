"""The bootstrap job: the services' account, the streams, the consumers. Safe to run again: it changes what differs."""

from __future__ import annotations

from collections.abc import Sequence

from deploy.nats import api, consumers, jwt, streams
from deploy.nats.accounts import BOOTSTRAP, JANITOR, SYSTEM
from deploy.nats.keys import Keys


async def bootstrap(url: str, keys: Keys, services: Sequence[str], *, replicas: int = 1) -> list[str]:
    """Bring the server to what this release needs; returns what was done, a phrase each. Empty when all was well.

    `replicas` is 1 on one machine, 3 on a cluster. Raises Trouble with what the server refused.
    """
    done = await _account(url, keys)
    async with api.connected(url, keys, BOOTSTRAP) as client:
        done += await streams.apply(client, replicas)
        for name in services:
            done += await consumers.apply(client, name, consumers.of_service(name, consumers.listener(name)))
        done += await consumers.apply(client, JANITOR, consumers.of_janitor())
    return done


async def _account(url: str, keys: Keys) -> list[str]:
    wanted = keys.account_jwt()
    async with api.connected(url, keys, SYSTEM) as system:
        known = await api.account_as_known(system, keys.account)
        if known and jwt.same(known, wanted):
            return []
        await api.push_account(system, wanted)
    return ["account updated" if known else "account made"]
