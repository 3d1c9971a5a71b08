"""What mails call what the contracts name, each said as it stands in a letter: message ids, translated where used."""

from __future__ import annotations

from services.notify.writing.data import What
from shared.contracts.exchange import MatchReason, Why
from shared.contracts.signals import ReferralField, ReferralOutcome, ReferralReason, ReferralState, SignalCause, Urgency

STATE: dict[ReferralState, str] = {
    "draft": "It has not been sent yet.",
    "requested": "It has been sent, and waits for an answer.",
    "accepted": "The service takes it on.",
    "rejected": "The service can't take it on.",
    "in-progress": "The service has begun.",
    "on-hold": "It waits for a while.",
    "completed": "It has come to its end.",
    "failed": "It did not work out.",
    "cancelled": "It is not going ahead.",
    "entered-in-error": "It was made by mistake.",
}
REASON: dict[ReferralReason, str] = {
    "no-capacity": "There is no place at the moment",
    "waiting-list": "There is a waiting list",
    "not-eligible": "The service is not meant for this situation",
    "other-service-fits-better": "Another service fits better",
    "could-not-reach": "The person could not be reached",
    "declined-by-person": "The person would rather not",
    "found-another-way": "It was solved in another way",
    "waits-for-person": "It waits for the person",
    "waits-for-documents": "It waits for papers",
    "moved-away": "The person has moved",
    "consent-withdrawn": "The person took back their consent",
    "consent-ran-out": "The consent ran out",
    "no-answer": "No answer came",
    "person-left": "The person no longer takes part",
    "service-ended": "The service no longer exists",
    "other": "Another reason: ring them to hear more",
}
OUTCOME: dict[ReferralOutcome, str] = {
    "helped": "It worked out",
    "declined-by-person": "The person would rather not",
    "could-not-be-reached": "The person could not be reached",
    "not-eligible": "The service is not meant for this situation",
    "no-capacity": "There is no place at the moment",
    "other": "Something else",
}
FIELD: dict[ReferralField, str] = {
    "name": "your name",
    "reach": "how you can be reached",
    "address": "your address",
    "languages": "the languages you speak",
    "question": "what you would like, in the words you agreed on",
}
CAUSE: dict[SignalCause, str] = {
    "noticed": "Somebody noticed it.",
    "limit": "It came from a question that is more than neighbours do for each other.",
    "drift": "The same small thing came back again and again.",
    "nobody-found": "Nobody was found yet for what was asked.",
    "silence": "It has been quiet for a while.",
    "not-good": "Somebody said that it did not go well.",
    "referral-ended": "It came from a referral that has ended.",
    "consent-ran-out": "It came from a consent that has run out.",
    "task-undone": "Nobody rang, or brought the letter, in time.",
}
WHY: dict[Why, str] = {
    "not-small": "It is more than we ask of neighbours.",
    "structural": "It is asked on a fixed rhythm.",
    "drift": "The same thing has come back often in the last weeks.",
    "in-doubt": "The words do not tell whether it is small. You know best.",
    "asked": "The person would like you to look at it.",
}
URGENCY: dict[Urgency, str] = {
    "today": "Today",
    "this-week": "This week",
    "watch": "Keep an eye on it",
}
ESCALATED = {
    "signal": "A signal that nobody has taken",
    "referral": "A referral that waits for a decision",
    "asked": "A question that waits for a look",
}
MATCH: dict[MatchReason, str] = {
    "acquainted": "they know each other",
    "circle": "they are in each other's circle",
    "enjoys-it": "likes doing this",
    "wished-for-it": "would enjoy this",
    "near": "lives nearby",
    "same-language": "speaks the same language",
    "free-then": "is usually free then",
    "not-asked-lately": "was not asked anything lately",
    "likes-a-turn": "likes to do something in turn",
    "said-yes-before": "said yes before",
    "said-not-now-before": "said “not now” before",
    "silent-before": "did not answer before",
    "much-rests-on-them": "already does a lot",
    "asked-by-worker": "you chose them yourself",
}
GROUP = {
    "today": "Today, if you can",
    "ring": "Ring or visit",
    "look": "Look before it goes on",
    "referrals": "Referrals",
    "drop-by": "A reason to drop by",
    "order": "Put in order",
}
"""The parts of a digest, by what can be done; the first is what waits least well."""
GROUPED: dict[str, tuple[What, ...]] = {
    "today": ("signal", "mediation-asked", "signal-back", "signal-still", "signal-offered"),
    "ring": ("ring", "letter", "organisation", "visit"),
    "look": ("see-invitation", "see-half-question", "decide", "send-on", "limit-reached", "welcome-people"),
    "referrals": ("referral-decide", "referral-silent", "referral-answered", "referral-closed", "consent-ran-out"),
    "drop-by": ("nobody-found", "fell-silent", "knows-nobody", "much-rests-on-them", "one-way"),
    "order": ("address-fails", "double"),
}
WHAT: dict[What, str] = {
    "see-invitation": "{name}: a question you look at first",
    "see-half-question": "{name}: a half question, for your eyes alone",
    "decide": "{name}: is this a small thing?",
    "send-on": "{name}: a wish that someone nearby would enjoy",
    "welcome-people": "A gathering that has no host any more",
    "signal": "{name}: a signal",
    "signal-back": "{name}: a signal that rested until today",
    "signal-still": "{name}: a signal you took, and nothing was noted since",
    "signal-offered": "{name}: a colleague asks you to take over a signal",
    "mediation-asked": "{name}: said that it did not go well",
    "limit-reached": "{name}: more than neighbours do for each other",
    "referral-answered": "{name}: a service answered",
    "referral-silent": "{name}: a service does not answer",
    "referral-decide": "{name}: keep waiting, or stop?",
    "referral-closed": "{name}: a referral has ended",
    "consent-ran-out": "{name}: a consent has run out",
    "visit": "{name}: a first visit",
    "address-fails": "{name}: mail comes back",
    "knows-nobody": "{name}: knows nobody here yet",
    "fell-silent": "{name}: not heard of for a while",
    "nobody-found": "{name}: nobody found yet",
    "much-rests-on-them": "{name}: does a lot for others",
    "one-way": "{name}: it has all gone one way lately",
}
