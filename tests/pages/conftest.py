"""What every test of pages may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import MakeStack
from tests.notify.setting import whole
from tests.pages.street import Street, on_a_street
from tests.untranslated import listening


@pytest.fixture(scope="module")
async def street(module_stack: MakeStack) -> AsyncIterator[Street]:
    """Neighbours and their worker, on profiles, exchange and notify, shared by the tests of a module."""
    async with whole(module_stack, pages_port=0) as made, on_a_street(made) as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def everything_is_translated() -> Iterator[None]:
    """Nothing that a test of this module made the pages or mails say lacks a translation."""
    with listening() as heard:
        yield
    assert not heard, sorted(heard)
