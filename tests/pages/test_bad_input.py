"""Whatever stands in an address or a form, a page says what to do: none of them fails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from services.notify.pages import registry
from shared.ids import new_id
from tests.conftest import MakeStack
from tests.pages.office import Office, opened
from tests.pages.visitor import Visitor

NAMES = (
    "after", "show", "said", "choice", "kind", "participant", "participant_id", "as", "exchange", "exchange_id",
    "signal", "signal_id", "words", "name", "q", "place", "neighbourhood_id", "stage", "lang", "page", "who", "day",
    "until", "service", "service_id", "other", "other_id", "worker_id", "invitation_id", "state", "back", "reason",
)  # fmt: skip
VALUES = ("x", "9" * 400)


@pytest.fixture(scope="module")
async def office(module_stack: MakeStack) -> AsyncIterator[Office]:
    async with opened(module_stack) as made:
        yield made


async def _at_home(office: Office) -> Visitor:
    visitor = office.visitor()
    shown = await visitor.see(await office.link("page", participant=office.people["martine"]))
    await visitor.send(shown.forms[0])
    return visitor


def _addresses(office: Office, who: str) -> list[str]:
    """Every page of a session, for something that is there, and for something that isn't."""
    there = {
        "signals": "signal", "referrals": "asked", "exchanges": "agreed", "gatherings": "gathering",
        "exchange": "agreed", "gathering": "gathering", "invitations": "invitation", "referral": "asked",
    }  # fmt: skip
    found = []
    for entry in registry.ENTRIES:
        part = entry.path.split("/")[2] if entry.path.count("/") > 1 else ""
        id_ = office.things[there[part]] if part in there else office.people["martine"]
        if entry.who == who and "/close" not in entry.path:
            found += [re.sub(r"{[^}]*}", str(each), entry.path) for each in (id_, new_id())]
    return sorted(set(found))


@pytest.mark.parametrize("who", ["participant", "worker"])
async def test_no_address_makes_a_page_fail(office: Office, who: str) -> None:
    visitor = await (_at_home(office) if who == "participant" else office.at_the_desk())
    queries = [urlencode(dict.fromkeys(NAMES, value)) for value in VALUES]
    addresses = [f"{path}?{query}" for path in _addresses(office, who) for query in queries]
    assert [each for each in addresses if (await visitor.ask("GET", each)).status >= 500] == []
