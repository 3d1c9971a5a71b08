"""The demo's partner: a local service centre whose own software answers referrals, as any partner's would."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import nats
from nats.aio.client import Client as Nats

from deploy.demo.people import BRUGSE_POORT, HORIZON, RABOT
from deploy.partners import Office
from deploy.secret_files import write_secret
from shared import clock
from shared.contracts.envelope import Answer, Command, Envelope, Query
from shared.contracts.subjects import parts
from shared.ids import new_id
from shared.messaging.client import Refused

NAME = "horizon"
_ANSWERS = ("see", "accept", "reject", "start", "hold", "complete", "fail", "cancel", "look")
COMMANDS = [*(f"signals.referral.{verb}" for verb in _ANSWERS), "signals.details.fetch"]


@dataclass(frozen=True)
class Horizon:
    """A connection with the partner's own credentials: what it may not do, NATS refuses."""

    connection: Nats

    @classmethod
    @asynccontextmanager
    async def connected(cls, office: Office) -> AsyncIterator[Self]:
        """Let in, with a new key each time: the demo keeps none."""
        admission = await office.add(NAME, HORIZON, [BRUGSE_POORT, RABOT], COMMANDS, new_key=True)
        with tempfile.TemporaryDirectory() as folder:
            credentials = Path(folder) / "horizon.creds"
            write_secret(credentials, admission.credentials())
            connection = await nats.connect(office.nats_url, user_credentials=str(credentials), name=NAME)
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def ask(self, message: Command | Query) -> Any:
        """By request and reply. Raises Refused."""
        of = parts(message)
        envelope = Envelope(id=new_id(), type=message.TYPE, source=NAME, time=clock.now())
        headers = envelope.headers()
        del headers["Nats-Msg-Id"]
        reply = await self.connection.request(
            f"weefsel.rpc.{of.service}.{of.entity}.{of.verb}", message.model_dump_json().encode(), 10, headers=headers
        )
        answer = Answer.model_validate_json(reply.data)
        if answer.status == "rejected":
            raise Refused(answer.problems)
        return message.RESULT.model_validate(answer.result or {})
