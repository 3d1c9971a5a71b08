"""Two releases side by side: what one does not know yet waits for the other."""

from __future__ import annotations

from shared.messaging import Service
from shared.messaging.handlers import Handlers
from shared.settings import ServiceSettings
from tests.messaging import toy
from tests.messaging.conftest import Toy
from tests.messaging.toy import Noted
from tests.waiting import eventually


async def test_type_that_this_release_does_not_know_waits_for_the_next(surrounded: Toy) -> None:
    """Its consumer has the newer filters already: the bootstrap job comes first."""
    older = Service("toy", ServiceSettings, handlers=[toy])
    known = older.handlers.by_type
    older.handlers = Handlers({type_: found for type_, found in known.items() if type_ != Noted.TYPE})
    settings = surrounded.stack.settings("toy", retry_after=(0.1,) * 200)
    async with older.running(settings):
        await surrounded.publish(Noted(neighbourhood_id="here", n=1))
        await eventually(lambda: surrounded.rows("SELECT FROM messaging.failure WHERE attempts > 1"))
    async with surrounded.running():
        await eventually(lambda: surrounded.seen("noted"))
        await surrounded.idle()
    assert await surrounded.seen("noted") == [1]
    assert await surrounded.dead() == []
    assert await surrounded.rows("SELECT FROM messaging.failure") == []
