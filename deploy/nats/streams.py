"""The streams: what each keeps, for how long, and what it refuses. Made and changed by the bootstrap job alone."""

from __future__ import annotations

from typing import Any

from nats.aio.client import Client

from deploy.nats import api
from shared.contracts.subjects import ADVISORIES, COMMANDS, DEAD_LETTERS, EVENTS, FEED, PARTNER, ROOT, STATE

Config = dict[str, Any]

_SECOND = 10**9
_DAY = 86_400 * _SECOND
_REPEATS = 600 * _SECOND
_KB, _MB = 1024, 1024**2


def configs(replicas: int = 1) -> list[Config]:
    """All streams, as the server's API takes them; times in nanoseconds, sizes in bytes."""

    def stream(name: str, subject: str, **settings: Any) -> Config:
        limits = {"storage": "file", "retention": "limits", "discard": "new", "duplicate_window": _REPEATS}
        return {"name": name, "subjects": [subject], "num_replicas": replicas, **limits, **settings}

    # Only services publish here: a relay's window is stored as one batch, with one fsync.
    outgoing: Config = {"allow_atomic": True}
    return [
        stream(EVENTS, f"{ROOT}.event.*.*.*.*", max_age=30 * _DAY, max_msg_size=16 * _KB, **outgoing),
        stream(STATE, f"{ROOT}.state.*.*.*", max_msgs_per_subject=1, **outgoing),
        stream(FEED, f"{ROOT}.feed.*.*.*.*", max_age=14 * _DAY, max_msg_size=8 * _KB, max_consumers=400, **outgoing),
        stream(PARTNER, f"{ROOT}.to.*.*.*.*", max_age=30 * _DAY, max_msg_size=16 * _KB, allow_msg_ttl=True, **outgoing),
        stream(
            COMMANDS,
            f"{ROOT}.cmd.*.*.*.*",
            retention="workqueue",
            max_age=7 * _DAY,
            max_msg_size=32 * _KB,
            max_msgs_per_subject=1000,
            discard_new_per_subject=True,
            # As short as the server takes: an id belongs to its sender, and this window is shared by all of them.
            duplicate_window=_SECOND // 10,
        ),
        stream(
            ADVISORIES,
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
            retention="workqueue",
            max_age=14 * _DAY,
            max_bytes=8 * _MB,
            discard="old",
        ),
        stream(DEAD_LETTERS, f"{ROOT}.dead.*.*.*", max_age=14 * _DAY, max_bytes=32 * _MB, discard="old"),
    ]


async def apply(client: Client, replicas: int = 1) -> list[str]:
    """Make what is missing, update what differs; returns what was done, a phrase each."""
    done = []
    for config in configs(replicas):
        name = config["name"]
        try:
            known = (await api.call(client, f"STREAM.INFO.{name}"))["config"]
        except api.Refused as refused:
            if refused.code != api.STREAM_NOT_FOUND:
                raise
            await api.call(client, f"STREAM.CREATE.{name}", config)
            done.append(f"stream {name} made")
            continue
        if differs(config, known):
            await api.call(client, f"STREAM.UPDATE.{name}", config)
            done.append(f"stream {name} updated")
    return done


def differs(wanted: Config, known: Config) -> bool:
    """Whether a setting that we name is otherwise; the server leaves out what is empty or false."""
    return any(known.get(name) != value and (value or known.get(name)) for name, value in wanted.items())
