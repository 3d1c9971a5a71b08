"""The worker's desk, as a browser without scripts sees it."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.pages.street import Street
from tests.pages.visitor import Visitor


async def at_the_desk(street: Street) -> Visitor:
    """A browser with the worker's desk open, from the link in a mail."""
    visitor = street.visitor()
    door = await visitor.see(await street.link("desk", worker=street.worker_id))
    inside = await visitor.send(door.form("form"))
    assert inside.status == 200, inside.text
    return visitor


@pytest.fixture(scope="module")
async def jos(street: Street) -> UUID:
    return await street.someone("Jos Peeters", talents=[{"kind": "garden"}], wishes=[{"kind": "coffee"}])


PAGES = (
    "/desk", "/desk/people", "/desk/newcomers", "/desk/attention", "/desk/exchanges", "/desk/exchanges/open",
    "/desk/gatherings", "/desk/gatherings/plan", "/desk/register", "/desk/me", "/desk/me/away", "/desk/me/hours",
    "/desk/more", "/desk/visit", "/desk/answer", "/desk/introduce", "/desk/refer",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_of_the_desk_opens(street: Street, jos: UUID, path: str) -> None:
    visitor = await at_the_desk(street)
    page = await visitor.see(path)
    assert page.status == 200, page.text
    assert len(page.response.body) < 100_000
