"""What every test of signals may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import MakeStack
from tests.signals import neighbourhood
from tests.signals.neighbourhood import Signals


@pytest.fixture(scope="module")
async def signals(module_stack: MakeStack) -> AsyncIterator[Signals]:
    """Handlers on a real database, without a broker, shared by the tests of a module."""
    async with neighbourhood.signals(module_stack) as made:
        yield made
