"""Who may do what: the exports of the services' account, the rights of each of its users, and a partner's account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploy.nats import jwt
from deploy.nats.jwt import Claims, Key, Scope
from shared.contracts.subjects import CLI, COMMANDS, DESK, EVENTS, FEED, PARTNER, ROOT, STATE

BOOTSTRAP, JANITOR, SYSTEM = "bootstrap", "janitor", "system"
OWN_USERS = (BOOTSTRAP, JANITOR, CLI, DESK)
"""Users beside the services, in the same account."""
RESERVED = frozenset({*OWN_USERS, SYSTEM, "profiles", "exchange", "signals", "notify", "deploy", "any", "weefsel"})
"""Names that no partner can take."""
LIMITS = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
PARTNER_LIMITS = {
    "conn": 5,
    "subs": 50,
    "payload": 32 * 1024,
    "leaf": 1,
    "imports": 20,
    "exports": 0,
    "wildcards": False,
    "disallow_bearer": True,
}
_SECOND = 10**9


def exports() -> list[Claims]:
    """What partners can be let in to. They never change when a partner joins: each import needs a token of its own."""
    singleton = (
        f"{ROOT}.cmd.*.>",
        f"{ROOT}.rpc.*.>",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.API.CONSUMER.RESET.*.*",
        "$JS.ACK.*.*.>",
    )
    # A pull waits for up to 30 s (the consumer's max_expires): its way back must stay open for longer.
    stream = ("$JS.API.CONSUMER.MSG.NEXT.*.*",)
    return [
        *(_export(subject, "Singleton", 10 * _SECOND) for subject in singleton),
        *(_export(subject, "Stream", 35 * _SECOND) for subject in stream),
    ]


def scopes(services: Sequence[str]) -> dict[str, Scope]:
    """The rights of every user of the services' account, by name."""
    own = {
        BOOTSTRAP: Scope(
            BOOTSTRAP,
            ["$JS.API.INFO", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>", f"{ROOT}.state.deploy.>"],
            [_inbox(BOOTSTRAP)],
        ),
        JANITOR: Scope(
            JANITOR,
            [
                *(f"$JS.API.STREAM.{verb}.{STATE}" for verb in ("INFO", "MSG.GET", "MSG.DELETE")),
                *_consuming(EVENTS, JANITOR),
                f"{ROOT}.event.deploy.*.erasure.confirmed",
            ],
            [_inbox(JANITOR)],
        ),
        CLI: _listening_sender(CLI),
        DESK: _sender(DESK),
    }
    return own | {name: _service(name) for name in services}


def system_scope() -> Scope:
    """The system user: gives the server accounts, and takes them away."""
    claims = [f"$SYS.REQ.CLAIMS.{verb}" for verb in ("UPDATE", "DELETE")]
    return Scope(SYSTEM, [*claims, "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"], [_inbox(SYSTEM)])


def partner_scope(partner: str, commands: Iterable[str], queries: Iterable[str]) -> Scope:
    """`commands` and `queries` are `<service>.<entity>.<verb>`: each stands as one exact subject."""
    commands = sorted(commands)
    asked = sorted({*commands, *queries})
    publish = [f"weefsel.cmd.{each}" for each in commands] + [f"weefsel.rpc.{each}" for each in asked]
    for stream in (FEED, PARTNER):
        publish += [_local(verb, stream, partner) for verb in _VERBS]
        publish += _acks(stream, consumer(partner))
    return Scope(
        partner,
        publish,
        ["_INBOX.>"],
        limits={
            "subs": PARTNER_LIMITS["subs"],
            "payload": PARTNER_LIMITS["payload"],
            "allowed_connection_types": ["STANDARD", "WEBSOCKET", "LEAFNODE"],
        },
    )


def partner_imports(partner: str, account: str, *, exporter: str, signer: Key) -> list[Claims]:
    """Its own commands and requests, its own consumers and nothing else, each with a token signed for it."""

    def an_import(subject: str, local: str | None = None) -> Claims:
        token = jwt.activation(subject, account, account=exporter, signer=signer)
        claim: Claims = {"name": subject, "subject": subject, "account": exporter, "type": "service", "token": token}
        return claim | ({"local_subject": local} if local else {})

    imports = [an_import(f"{ROOT}.{kind}.{partner}.>", f"weefsel.{kind}.>") for kind in ("cmd", "rpc")]
    for stream in (FEED, PARTNER):
        name = consumer(partner)
        imports += [
            an_import(f"$JS.API.CONSUMER.{verb}.{stream}.{name}", _local(verb, stream, partner)) for verb in _VERBS
        ]
        imports += [an_import(subject) for subject in _acks(stream, name)]
    return imports


def consumer(partner: str) -> str:
    """The name of a partner's durable consumers."""
    return f"p_{partner}"


_VERBS = ("MSG.NEXT", "INFO", "RESET")


def _local(verb: str, stream: str, partner: str) -> str:
    """As a partner's client asks it, with `js_options={"prefix": "weefsel.js"}`."""
    return f"weefsel.js.CONSUMER.{verb}.{stream}.{consumer(partner)}"


def _export(subject: str, response: str, threshold: int) -> Claims:
    return {
        "name": subject,
        "subject": subject,
        "type": "service",
        "token_req": True,
        "response_type": response,
        "response_threshold": threshold,
    }


def _service(name: str) -> Scope:
    """Writes its events, feed, state, dead letters, and letters to partners; reads its own consumers and requests."""
    return Scope(
        name,
        [
            f"{ROOT}.event.{name}.>",
            f"{ROOT}.feed.*.{name}.>",
            f"{ROOT}.state.{name}.>",
            f"{ROOT}.to.*.>",
            f"{ROOT}.dead.*.{name}.*",
            *(subject for stream in (COMMANDS, EVENTS, STATE) for subject in _consuming(stream, name)),
        ],
        [_inbox(name), f"{ROOT}.rpc.*.{name}.>"],
        replies=True,
    )


def _sender(name: str) -> Scope:
    """Sends commands and requests in its own name, and hears what its requests are answered. It reads no stream."""
    return Scope(name, [f"{ROOT}.cmd.{name}.>", f"{ROOT}.rpc.{name}.>"], [_inbox(name)])


def _listening_sender(name: str) -> Scope:
    """A sender that also reads the answers to its commands on PARTNER. For an operator alone.

    It reads by a push consumer to its inbox, without acknowledgement. The right to create one is bound to its own
    letters, and there is no right to pull: a pull's subject names a consumer, which could be a partner's. The name of
    the consumer that it creates is its own choice, and could be a partner's too.
    """
    sender = _sender(name)
    reading = [f"$JS.API.CONSUMER.CREATE.{PARTNER}.*.{ROOT}.to.{name}.>", f"$JS.FC.{PARTNER}.>"]
    return Scope(name, [*sender.publish, *reading], sender.subscribe)


def _consuming(stream: str, durable: str) -> list[str]:
    return [*(f"$JS.API.CONSUMER.{verb}.{stream}.{durable}" for verb in ("INFO", "MSG.NEXT")), *_acks(stream, durable)]


def _acks(stream: str, durable: str) -> list[str]:
    """Both forms: without and with the domain and account that newer servers put in front."""
    return [f"$JS.ACK.{stream}.{durable}.>", f"$JS.ACK.*.*.{stream}.{durable}.>"]


def _inbox(name: str) -> str:
    return f"_INBOX_{name}.>"
