"""The JetStream API as it is on the wire: nats-py's own calls leave out settings that we need (`max_batch`)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error, NoRespondersError, TimeoutError  # noqa: A004 - theirs is another one
from nats.js.errors import NoStreamResponseError

from deploy.nats.keys import Keys
from deploy.trouble import Trouble
from shared.settings import NatsSettings

CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, MESSAGE_NOT_FOUND, MESSAGE_NOT_DELETED = 10014, 10059, 10037, 10057
_PATIENCE = 10.0


class Refused(Trouble):
    """The server said no."""

    def __init__(self, what: str, error: Mapping[str, Any]) -> None:
        self.code = int(error.get("err_code", error.get("code", 0)))
        super().__init__(f"NATS refused {what}: {error.get('description', error)} ({self.code})")


@asynccontextmanager
async def connected(url: str, keys: Keys, user: str) -> AsyncIterator[Client]:
    """A connection as one of our own users; certificates as WEEFSEL_NATS_CA, _CERT and _KEY say."""
    settings = NatsSettings(nats_credentials=keys.creds(user))

    async def ignore(error: Exception) -> None:
        """What goes wrong reaches whoever awaits an answer."""

    try:
        client = await nats.connect(
            url,
            name=user,
            user_credentials=str(settings.nats_credentials),
            inbox_prefix=f"_INBOX_{user}",
            tls=settings.tls(),
            connect_timeout=5,
            allow_reconnect=False,
            # Without these two it tries for two minutes before it says so.
            max_reconnect_attempts=1,
            reconnect_time_wait=0.2,
            error_cb=ignore,
        )
    except (OSError, Error) as error:
        raise Trouble(f"NATS at {url} does not let {user} in ({error}): is it running, with these keys?") from error
    try:
        yield client
    finally:
        await client.close()


async def call(client: Client, subject: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask `$JS.API.<subject>`. Raises Refused."""
    data = json.dumps(body).encode() if body else b""
    return _answer(subject, await _ask(client, f"$JS.API.{subject}", data))


async def publish(client: Client, subject: str, payload: bytes, headers: dict[str, str]) -> None:
    """Publish to a stream, and return once it is stored."""
    try:
        await client.jetstream(timeout=_PATIENCE).publish(subject, payload, headers=headers)
    except (NoStreamResponseError, TimeoutError) as error:
        raise Trouble(f"NATS did not store {subject} ({error}): run `weefsel bootstrap`, then try again") from error


async def push_account(client: Client, token: str) -> None:
    """Give the server an account. `client` is the system user; live clients follow at once."""
    _answer("the account", await _ask(client, "$SYS.REQ.CLAIMS.UPDATE", token.encode()))


async def account_as_known(client: Client, account: str) -> str:
    """The account's token that the server has; empty when it has none."""
    try:
        return (await client.request(f"$SYS.REQ.ACCOUNT.{account}.CLAIMS.LOOKUP", b"", timeout=_PATIENCE)).data.decode()
    except TimeoutError:
        return ""


async def remove_account(client: Client, token: str) -> None:
    """`token` is `jwt.removal`. Live clients of the account are cut."""
    _answer("the removal", await _ask(client, "$SYS.REQ.CLAIMS.DELETE", token.encode()))


async def _ask(client: Client, subject: str, data: bytes) -> bytes:
    try:
        return (await client.request(subject, data, timeout=_PATIENCE)).data
    except (NoRespondersError, TimeoutError) as error:
        raise Trouble(f"NATS gave no answer to {subject}: its log says why") from error


def _answer(what: str, data: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(data)
    if error := answer.get("error"):
        raise Refused(what, error)
    return answer


__all__ = [
    "CONSUMER_NOT_FOUND",
    "MESSAGE_NOT_DELETED",
    "MESSAGE_NOT_FOUND",
    "STREAM_NOT_FOUND",
    "Refused",
    "account_as_known",
    "call",
    "connected",
    "publish",
    "push_account",
    "remove_account",
]
