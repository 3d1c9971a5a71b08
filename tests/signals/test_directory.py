"""The directory: what is brought in is found, shown, and kept when it is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.contracts.signals import ListDirectorySources, SearchDirectory, ShowService
from tests.conftest import MakeStack
from tests.signals.directories import Directory, directories, organised


@pytest.fixture(scope="module")
async def handlers(module_stack: MakeStack) -> AsyncIterator[Directory]:
    async with directories(module_stack) as made:
        yield made


@pytest.fixture
async def directory(handlers: Directory) -> Directory:
    """Nothing was brought in yet."""
    await handlers.empty()
    return handlers


async def test_what_is_brought_in_is_found_and_shown(directory: Directory) -> None:
    rows = organised(
        {"id": "s-1", "name": "Poetshulp aan huis", "description": "Hulp bij het poetsen. Elke week.", "fees": "€ 9"},
        {"id": "s-2", "name": "Café linguistique", "description": "On parle français."},
    )
    done = await directory.bring("kaart", rows)
    assert (done.rows.new, done.services.new, done.refused) == (3, 2, [])
    assert await directory.names(words="poetsen") == ["Poetshulp aan huis"]
    assert await directory.names(words="cafe") == ["Café linguistique"]
    assert sorted(await directory.names()) == ["Café linguistique", "Poetshulp aan huis"]
    shown = await directory.get(ShowService(service_id="s-1"))
    assert (shown.organisation_name, shown.summary, shown.fees) == ("Het Steunpunt", "Hulp bij het poetsen.", "€ 9")


async def test_the_same_again_changes_nothing(directory: Directory) -> None:
    rows = organised({"id": "s-1", "name": "Poetshulp"}, {"id": "s-2", "name": "Taalles"})
    await directory.bring("kaart", rows)
    again = await directory.bring("kaart", rows)
    assert (again.rows.new, again.rows.changed, again.rows.gone, again.rows.same) == (0, 0, 0, 3)
    assert (again.services.same, again.services.changed) == (2, 0)
