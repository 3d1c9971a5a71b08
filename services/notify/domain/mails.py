"""Mails: which there are, who can do without which, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.notify import MailGroup, MailStage, MailTo
from shared.ids import id_from

GROUPS: Mapping[str, MailGroup] = {
    "invited": "invitations", "invited-again": "invitations",
    "gathering-invited": "gatherings",
    "received": "steps", "with-worker": "steps", "looking": "steps", "waiting": "steps", "arranged": "steps",
    "taken-back": "steps", "not-this-time": "steps", "resting": "steps", "nobody-yet": "steps", "ended": "steps",
    "introduced": "steps", "welcome": "steps",
    "how-was-it": "afterwards", "thanked": "afterwards",
    "circle-asked": "circle", "circle-agreed": "circle",
}  # fmt: skip
"""What a participant can do without. What is not here is always told."""

IN_A_PAUSE = frozenset(
    {"agreed", "moment-changed", "cancelled", "gathering-changed", "gathering-cancelled", "new-link", "referral-ended"}
)
"""What somebody hears also while they pause: it is about what they agreed to, or asked for at this moment."""

AT_ONCE = frozenset({"new-link", "desk-link", "test"})
"""What someone waits for at a screen: no quiet hours hold it back."""

PRESSING = frozenset({"moment-changed", "cancelled", "gathering-changed", "gathering-cancelled"})
"""What a worker hears at once when they are to ring somebody about it: an evening can depend on it."""

MORE_THAN_ONCE = frozenset(
    {
        "received", "with-worker", "looking", "found", "not-this-time", "resting", "agreed", "moment-changed",
        "cancelled", "nobody-yet", "ended", "thanked", "gathering-changed", "waiting", "arranged", "taken-back",
        "circle-asked", "new-link", "desk-link", "test", "referral-reminder", "access-ended", "signal", "escalated",
        "signal-offered", "referral-answered", "referral-silent", "referral-decide", "consent-ran-out",
        "visit-overdue", "referral-consent", "mandate-given", "mandate-held", "ring-service",
    }
)  # fmt: skip
"""What can be told again of the same matter, when it comes to stand so again; then each time it is another mail."""

AFTER_A_QUESTION = frozenset({"arranged", "taken-back", "not-this-time"})
"""What is told only to who was asked by a mail that went out, or a task that was done."""

TAKES_BACK = AFTER_A_QUESTION | {"gathering-cancelled"}
"""What is not told to who was to be asked, and wasn't yet."""

TO_THEM_ALONE = frozenset({"mandate-given"})
"""What nobody is told in their place."""

IN_WRITING = frozenset({"welcome"})
"""What nobody is rung about: their worker said it when they met."""

ASK_A_SERVICE = frozenset({"referral-asked", "referral-reminder"})
"""What a service has to hear some way or other."""

QUESTIONS = frozenset({"invited", "invited-again", "gathering-invited"})
"""What somebody is asked."""

ANSWERED = "they have answered"
"""Why a question is not asked any more of who answered it unasked: they know of the matter as if it had been."""

_WHERE_IT_STANDS = frozenset(
    {
        "received", "with-worker", "looking", "invited", "invited-again", "waiting", "found", "resting", "nobody-yet",
        "agreed", "moment-changed",
    }
)  # fmt: skip
"""How an exchange stands for someone: as soon as it stands otherwise, there is nothing left to tell of this."""
_HOW_IT_ENDED = frozenset({"arranged", "taken-back", "not-this-time", "ended"})
"""What somebody is told also when they never heard of the rest; then one word of it is enough."""
_WORDS = frozenset({"cancelled", "how-was-it", "thanked"})
"""What stands by itself: an evening depends on it, it asks something, or it is another's word."""
_STEPS = _WHERE_IT_STANDS | _HOW_IT_ENDED | _WORDS
_REPLACED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_WHERE_IT_STANDS | _HOW_IT_ENDED, _STEPS),
    "cancelled": frozenset({"cancelled"}),
    "gathering-invited": frozenset({"gathering-cancelled"}),
    "gathering-changed": frozenset({"gathering-changed", "gathering-cancelled"}),
    "circle-asked": frozenset({"circle-agreed"}),
    "referral-consent": frozenset({"referral-consent", "referral-ended"}),
    "referral-ended": frozenset({"referral-consent"}),
}
"""What of a matter there is no need to tell any more, once this is to be told of it."""

SAYS_IT_TOO: Mapping[str, str] = {"gathering-changed": "gathering-invited"}
"""What needs no telling while this waits: that one is written when it is told, as things are by then."""

ENDS: Mapping[str, frozenset[str]] = {
    "opened": frozenset({"received", "with-worker", "ended"}),
    "handed-over": _WHERE_IT_STANDS,
    "released": _WHERE_IT_STANDS | {"how-was-it"},
    "agreed": _WHERE_IT_STANDS - {"invited", "invited-again"},
    "done": _WHERE_IT_STANDS,
    "over": _WHERE_IT_STANDS | {"how-was-it"},
    "gathering-over": frozenset({"gathering-invited", "gathering-changed"}),
    "referral-over": frozenset({"referral-consent"}),
}
"""What of a matter is over with what happened to it: there is nothing left to tell of it, whoever did not hear it."""


def replaces(later: str, earlier: str) -> bool:
    """Whether, of two mails on one matter to one person, the later one leaves nothing of the earlier to tell."""
    return later in _REPLACED_BY.get(earlier, ())


def replaced_by(later: str) -> list[str]:
    """The kinds that it leaves nothing of."""
    return sorted(each for each in _REPLACED_BY if replaces(later, each))


REPLACEABLE = tuple(sorted(_REPLACED_BY))


def replacing(earlier: str) -> list[str]:
    """The kinds that leave nothing of it."""
    return sorted(_REPLACED_BY.get(earlier, ()))


@dataclass(frozen=True, slots=True)
class Matter:
    """What a mail is about, by ids."""

    exchange_id: UUID | None = None
    invitation_id: UUID | None = None
    gathering_id: UUID | None = None
    signal_id: UUID | None = None
    referral_id: UUID | None = None
    participant_id: UUID | None = None
    """Of whom it is, when it is for a worker."""
    other_id: UUID | None = None

    @property
    def thread(self) -> UUID:
        """The same for all mails on one matter."""
        for each in (self.referral_id, self.signal_id, self.exchange_id, self.gathering_id, self.participant_id):
            if each is not None:
                return id_from("thread", str(each))
        return id_from("thread", str(self.other_id))


NOTHING = Matter()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that waits, or has ended."""

    mail_id: UUID
    kind: str
    to_kind: MailTo
    to_id: UUID | None
    due_at: datetime
    made_at: datetime
    matter: Matter = NOTHING
    acts_for: UUID | None = None
    """For whom, when it goes to who holds their mandate."""
    neighbourhood_id: str | None = None
    thread: UUID = NOTHING.thread
    message_id: UUID | None = None
    """The event that it came of: ids of events go up, so that of two on one matter the later one is known."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Words of contracts that came with it, such as a step or an urgency."""
    address: str | None = None
    """Of a mail to try out."""
    stage: MailStage = "waiting"
    attempts: int = 0
    reason: str | None = None
    ended_at: datetime | None = None

    @property
    def about(self) -> UUID | None:
        """The participant whose it is: who gets it, or for whom somebody else does."""
        return self.acts_for or self.to_id

    @property
    def actor(self) -> str:
        """In whose name its content is asked."""
        return f"{self.to_kind}:{self.to_id}" if self.to_kind in ("participant", "worker") else "operator"


def mail_id(kind: str, matter: Matter, person: UUID | None, event_id: UUID, more: str = "") -> UUID:
    """The same for what is the same to a person: told twice, it is sent once."""
    parts = [str(each) for each in (matter.invitation_id or matter.exchange_id, matter.gathering_id, matter.signal_id,
                                    matter.referral_id, matter.participant_id, matter.other_id, person)]  # fmt: skip
    return id_from("mail", kind, *parts, more, str(event_id) if kind in MORE_THAN_ONCE else "")
