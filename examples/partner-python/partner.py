"""A partner of Weefsel in one file: follows the feed of its neighbourhoods, registers people, and asks on their behalf.

It knows three things: the AsyncAPI file (where to send, where to read), the JSON Schemas beside it (what to send), and
its credentials (who it is). Nothing here is imported from Weefsel.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import ssl
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from faststream.nats import NatsBroker, NatsCredentials
from nats.errors import ConnectionClosedError, NoRespondersError
from nats.js import JetStreamContext
from nats.js.errors import APIError

REGISTER = "profiles.participant.register.v1"


@dataclass(frozen=True)
class Weefsel:
    """What the AsyncAPI file and the schemas say."""

    document: dict[str, Any]
    schemas: Path

    @classmethod
    def read(cls, asyncapi: Path, schemas: Path) -> Weefsel:
        return cls(yaml.safe_load(asyncapi.read_text(encoding="utf-8")), schemas)

    @property
    def api_prefix(self) -> str:
        return str(self.document["x-jetstream"]["apiPrefix"])

    def consumer(self, stream: str, partner: str) -> tuple[str, int]:
        """The name of our durable consumer of a stream, and how much one pull may ask."""
        settings = self.document["x-jetstream"]["streams"][stream]
        return settings["consumer"].format(partner=partner), settings["maxBatch"]

    def address(self, kind: str, type_: str) -> str:
        """Where a command (`commands`) or a request (`requests`) of this type goes."""
        channel: dict[str, Any] = self.document["channels"][f"{kind}.{type_.rpartition('.')[0]}"]
        return str(channel["address"])

    def check(self, type_: str, data: object) -> None:
        """Raises jsonschema.ValidationError. A type without a schema is newer than our copy: let it pass."""
        file = self.schemas / f"{type_}.json"
        if file.exists():
            schema = json.loads(file.read_text(encoding="utf-8"))
            checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
            checker.validate(data)


def partner_in(credentials: Path) -> str:
    """Our name, as the operator wrote it into the credentials."""
    token = credentials.read_text(encoding="ascii").splitlines()[1]
    claims = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["name"])


def connection(options: argparse.Namespace, weefsel: Weefsel, **callbacks: Any) -> NatsBroker:
    """To the municipality's NATS; over TLS when its authority is given, with our certificate."""
    context = None
    if options.ca:
        context = ssl.create_default_context(cafile=options.ca)
        context.load_cert_chain(options.cert, options.key)
    return NatsBroker(
        options.url,
        security=NatsCredentials(str(options.creds), ssl_context=context),
        js_options={"prefix": weefsel.api_prefix},
        max_reconnect_attempts=-1,
        logger=None,
        **callbacks,
    )


def show(what: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"what": what, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def follow(options: argparse.Namespace, weefsel: Weefsel, partner: str) -> None:
    """Print the feed and our letters, until Ctrl-C. The server remembers how far we came."""
    gone = asyncio.Event()

    async def closed() -> None:
        gone.set()

    async def failed(error: Exception) -> None:
        """A server that is away comes back; one that does not let us in any more won't change its mind."""
        if "authorization" in str(error).lower():
            gone.set()

    broker = connection(options, weefsel, closed_cb=closed, error_cb=failed)
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(gone.wait())]
    try:
        await broker.connect()
        jetstream = broker.connection.jetstream(prefix=weefsel.api_prefix)
        for stream in ("FEED", "PARTNER"):
            consumer, batch = weefsel.consumer(stream, partner)
            queue = await jetstream.pull_subscribe_bind(consumer, stream)
            waiting.append(asyncio.create_task(read(weefsel, queue, batch)))
        show("following", partner=partner)
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(ConnectionClosedError):
            for task in done:
                task.result()
    finally:
        for task in waiting:
            task.cancel()
        with contextlib.suppress(Exception):  # there is nothing to hang up properly when the line was cut
            await broker.stop()
    sys.exit("the server does not let us in any more: ask the operator")


async def read(weefsel: Weefsel, queue: JetStreamContext.PullSubscription, batch: int) -> None:
    """Print what comes, until the connection is closed for good.

    Not with FastStream's `PullSub`: from Python 3.12 on, that never lets go of the processor after such a close.
    """
    while True:
        try:
            messages = await queue.fetch(batch, timeout=5)
        except TimeoutError:  # nothing new
            continue
        except APIError:  # the server restarts
            await asyncio.sleep(1)
            continue
        for message in messages:
            body, headers = json.loads(message.data), message.headers or {}
            weefsel.check(headers.get("ce-type", ""), body)
            show(headers.get("ce-type", ""), id=headers.get("ce-id"), data=body)
            await message.ack()  # only now: what is not acknowledged within a minute comes again


async def send(broker: NatsBroker, weefsel: Weefsel, type_: str, data: dict[str, Any], id_: uuid.UUID) -> None:
    """Durably: once it is stored it will be answered, in our letters. The same id may be sent again."""
    weefsel.check(type_, data)
    async with broker:
        stored = await broker.publish(
            data,
            weefsel.address("commands", type_),
            stream="COMMANDS",
            headers=envelope(type_, id_),
            timeout=5,
        )
    show("stored", id=str(id_), sequence=stored.seq)


async def ask(broker: NatsBroker, weefsel: Weefsel, type_: str, data: dict[str, Any], id_: uuid.UUID) -> None:
    """By request and reply: the answer comes at once, or not at all."""
    weefsel.check(type_, data)
    async with broker:
        subject = weefsel.address("requests", type_)
        try:
            reply = await broker.request(data, subject, headers=envelope(type_, id_), timeout=10)
        except (TimeoutError, NoRespondersError):
            show("unanswered", id=str(id_), advice="ask again with the same id")
            return
        answer = await reply.decode()
    weefsel.check("any.command.answered.v1", answer)
    show("answered", id=str(id_), data=answer)


def envelope(type_: str, id_: uuid.UUID) -> dict[str, str]:
    """CloudEvents attributes, in headers."""
    return {
        "ce-specversion": "1.0",
        "ce-id": str(id_),
        "ce-type": type_,
        "ce-source": "partner-python",
        "ce-time": datetime.now(UTC).isoformat(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--asyncapi", type=Path, required=True, help="the AsyncAPI file of Weefsel")
    parser.add_argument("--schemas", type=Path, required=True, help="the folder of JSON Schemas")
    parser.add_argument("--creds", type=Path, required=True, help="the credentials that the operator gave you")
    parser.add_argument("--url", default="nats://127.0.0.1:7422", help="tls://… for a server with certificates")
    parser.add_argument("--ca", help="authority.crt; with --cert and --key")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    verbs = parser.add_subparsers(dest="does", required=True)
    verbs.add_parser("follow", help="print the feed of your neighbourhoods, and your letters")
    for name, meaning in (("send", "a command, durably"), ("ask", "a command or query, and wait for the answer")):
        sending = verbs.add_parser(name, help=meaning)
        sending.add_argument("file", type=Path, help="its JSON, such as person.json")
        sending.add_argument("--type", default=REGISTER, help=f"what it is; {REGISTER} when not said")
        sending.add_argument("--id", type=uuid.UUID, default=None, help="that of an earlier try, to try again")
    options = parser.parse_args()

    weefsel = Weefsel.read(options.asyncapi, options.schemas)
    if options.does == "follow":
        work = follow(options, weefsel, partner_in(options.creds))
    else:
        data = json.loads(options.file.read_text(encoding="utf-8"))
        does = send if options.does == "send" else ask
        work = does(connection(options, weefsel), weefsel, options.type, data, options.id or uuid.uuid4())
    try:
        asyncio.run(work)
    except jsonschema.ValidationError as error:
        sys.exit(f"{getattr(options, 'file', 'a message')}: {error.json_path}: {error.message}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
