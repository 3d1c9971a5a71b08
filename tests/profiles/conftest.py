"""What every test of profiles may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import MakeStack
from tests.profiles.people import People
from tests.profiles.people import people as made_people


@pytest.fixture(scope="module")
async def people(module_stack: MakeStack) -> AsyncIterator[People]:
    """Handlers on a real database, without a broker, shared by the tests of a module."""
    async with made_people(module_stack) as made:
        yield made
