"""The server of the pages, beside the handlers of notify."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from services.notify.asking import Asker
from services.notify.pages import mailing
from services.notify.pages.app import application
from services.notify.pages.context import Context
from services.notify.pages.templates import environment
from shared.messaging import health
from shared.messaging.service import Base


@contextlib.asynccontextmanager
async def pages(base: Base) -> AsyncIterator[int]:
    """Serve the pages until it is left; yields the port."""
    settings = base.settings
    async with Asker.open(settings) as asker:
        context = Context(
            settings, asker, base.processor.within, base.processor.looking, mailing.send_link, environment(),
            settings.secret(),
        )  # fmt: skip
        async with health.serving(application(context), settings.pages_host, settings.pages_port) as port:
            yield port
