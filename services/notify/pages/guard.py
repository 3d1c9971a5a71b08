"""How often the pages may be used, from one address and with one link: kept in the database, by a hash."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from services.notify.domain import tokens
from services.notify.pages import trouble
from services.notify.repository import links as repository
from shared.messaging import Transaction


@dataclass(frozen=True)
class Limit:
    """So many times in so long a while."""

    what: str
    most: int
    within: timedelta


WRONG_LINKS = Limit("wrong-links", 30, timedelta(minutes=10))
"""From one address: who tries tokens."""
POSTS = Limit("posts", 600, timedelta(minutes=10))
"""From one address: a library, a service centre, or a telephone network stands behind one."""
POSTS_OF_ONE = Limit("posts-of-one", 60, timedelta(minutes=10))
"""With one link, or in one session."""
ASKED_LINKS = Limit("asked-links", 20, timedelta(hours=1))
"""From one address."""
ASKED_LINKS_FOR_ONE = Limit("asked-links-for-one", 3, timedelta(hours=1))
"""To one mailbox."""


async def count(tx: Transaction, limit: Limit, key: str) -> bool:
    """Count one use. Whether that was within the limit."""
    digest = tokens.hidden(tx.settings.secret(), limit.what, key)
    return await repository.count_use(tx, digest, tx.now + limit.within) <= limit.most


def too_often(limit: Limit) -> trouble.Stop:
    return trouble.too_often(int(limit.within.total_seconds()))


def place(host: str) -> str:
    """From where someone comes: an IPv4 address, or the /64 of an IPv6 one, of which one has as many as one likes."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
