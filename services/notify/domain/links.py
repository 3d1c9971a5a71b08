"""Links in mails: for one holder, one purpose and one matter, until a moment. What each purpose allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

HolderKind = Literal["participant", "worker", "contact"]
Purpose = Literal[
    "invitation", "proposal", "exchange", "gathering", "circle", "referral", "page", "unsubscribe", "desk", "service",
]  # fmt: skip
"""What a link opens, and what its matter is:

- `invitation`: answer it; an invitation. `proposal`: say yes, not this time, not now; an exchange.
- `exchange`: how it stands: move, cancel, finish, how it was, thanks, take it back; an exchange.
- `gathering`: come or not; a gathering. `circle`: agree or decline; the participant who asks.
- `referral`: how a referral of one's own stands, and withdraw its consent; a referral.
- `page`: one's own page, for a session; without a matter. `unsubscribe`: no more of this kind of mail (`detail`).
- `desk`: the worker's desk, for a session; `detail` says where in it, as a path.
- `service`: answer a referral as the contact of a service; the holder is `contact` and the referral's id.
"""
PURPOSES: frozenset[Purpose] = frozenset(get_args(Purpose))
ONCE: frozenset[Purpose] = frozenset({"invitation", "circle", "desk"})
"""What acts once, and then says how it was answered. A `proposal` goes on as the page of what was agreed."""
Standing = Literal["open", "used", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link, without its token."""

    digest: bytes
    holder_kind: HolderKind
    holder_id: UUID
    purpose: Purpose
    matter_id: UUID | None
    acts_for: UUID | None
    """For whom, when the holder has their mandate; null: for themselves."""
    detail: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_for: UUID | None = None
    """The command that it did it by."""
    revoked_at: datetime | None = None

    @property
    def actor(self) -> str:
        """In whose name it asks: `participant:<id>`, `worker:<id>`, `contact:<referral id>`."""
        return f"{self.holder_kind}:{self.holder_id}"


@dataclass(frozen=True, slots=True)
class Session:
    """Someone who opened their own page, or the desk."""

    digest: bytes
    holder_kind: HolderKind
    holder_id: UUID
    acts_for: UUID | None
    """For whom, of those whose mandate they hold; null: for themselves."""
    expires_at: datetime

    @property
    def actor(self) -> str:
        return f"{self.holder_kind}:{self.holder_id}"


def standing(link: Link, now: datetime) -> Standing:
    """Whether it still does something. Revoked goes before used: then it shows nothing either."""
    if link.revoked_at is not None:
        return "revoked"
    if link.expires_at <= now:
        return "expired"
    return "used" if link.used_at is not None and link.purpose in ONCE else "open"
