"""What every test of pages may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import MakeStack
from tests.notify.setting import whole
from tests.pages.street import Street, on_a_street


@pytest.fixture(scope="module")
async def street(module_stack: MakeStack) -> AsyncIterator[Street]:
    """Neighbours and their worker, on profiles, exchange and notify, shared by the tests of a module."""
    async with whole(module_stack, pages_port=0) as made, on_a_street(made) as found:
        yield found
