"""What every test of notify may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import MakeStack
from tests.notify.setting import Notified, Whole
from tests.notify.setting import notified as handlers_alone
from tests.notify.setting import whole as whole_stack
from tests.untranslated import listening


@pytest.fixture(scope="module")
async def notified(module_stack: MakeStack) -> AsyncIterator[Notified]:
    """Notify's handlers on a real database, without a broker, shared by the tests of a module."""
    async with handlers_alone(module_stack) as made:
        yield made


@pytest.fixture(scope="module")
async def whole(module_stack: MakeStack) -> AsyncIterator[Whole]:
    """Profiles, exchange and notify on real servers, and a catcher for their mail, shared by the tests of a module."""
    async with whole_stack(module_stack) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def everything_is_translated() -> Iterator[None]:
    """Nothing that a test of this module made the pages or mails say lacks a translation."""
    with listening() as heard:
        yield
    assert not heard, sorted(heard)
