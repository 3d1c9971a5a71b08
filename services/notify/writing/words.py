"""What mails call what the contracts name, each said as it stands in a letter."""

from __future__ import annotations

from typing import get_args

from services.notify.writing.data import What
from shared.contracts.exchange import MatchReason, Why
from shared.contracts.signals import ReferralField, ReferralOutcome, ReferralReason, ReferralState, SignalCause


def marked(id_: str) -> str:
    """A message id that is translated where it is used."""
    return id_


STATE: dict[ReferralState, str] = {
    "draft": marked("It has not been sent yet."),
    "requested": marked("It has been sent, and waits for an answer."),
    "accepted": marked("The service takes it on."),
    "rejected": marked("The service can't take it on."),
    "in-progress": marked("The service has begun."),
    "on-hold": marked("It waits for a while."),
    "completed": marked("It has come to its end."),
    "failed": marked("It did not work out."),
    "cancelled": marked("It does not go on."),
    "entered-in-error": marked("It was made by mistake."),
}
REASON: dict[ReferralReason, str] = {
    "no-capacity": marked("There is no place at the moment"),
    "waiting-list": marked("There is a waiting list"),
    "not-eligible": marked("The service is not meant for this situation"),
    "other-service-fits-better": marked("Another service fits better"),
    "could-not-reach": marked("The person could not be reached"),
    "declined-by-person": marked("The person would rather not"),
    "found-another-way": marked("It was solved in another way"),
    "waits-for-person": marked("It waits for the person"),
    "waits-for-documents": marked("It waits for papers"),
    "moved-away": marked("The person has moved"),
    "consent-withdrawn": marked("The person took back their consent"),
    "consent-ran-out": marked("The consent ran out"),
    "no-answer": marked("No answer came"),
    "person-left": marked("The person no longer takes part"),
    "service-ended": marked("The service no longer exists"),
    "other": marked("Another reason: ring them to hear more"),
}
OUTCOME: dict[ReferralOutcome, str] = {
    "helped": marked("It worked out"),
    "declined-by-person": marked("The person would rather not"),
    "could-not-be-reached": marked("The person could not be reached"),
    "not-eligible": marked("The service is not meant for this situation"),
    "no-capacity": marked("There is no place at the moment"),
    "other": marked("Something else"),
}
FIELD: dict[ReferralField, str] = {
    "name": marked("your name"),
    "reach": marked("how you can be reached"),
    "address": marked("your address"),
    "languages": marked("the languages you speak"),
    "question": marked("what you would like, in the words you agreed on"),
}
CAUSE: dict[SignalCause, str] = {
    "noticed": marked("Somebody noticed it."),
    "limit": marked("It came from a question that is more than neighbours do for each other."),
    "drift": marked("The same small thing came back again and again."),
    "nobody-found": marked("Nobody was found yet for what was asked."),
    "silence": marked("It has been quiet for a while."),
    "not-good": marked("Somebody said that it did not go well."),
    "referral-ended": marked("It came from a referral that has ended."),
    "consent-ran-out": marked("It came from a consent that has run out."),
    "task-undone": marked("Nobody rang, or brought the letter, in time."),
}
WHY: dict[Why, str] = {
    "not-small": marked("It is more than we ask of neighbours."),
    "structural": marked("It is asked on a fixed rhythm."),
    "drift": marked("The same thing has come back often in the last weeks."),
    "in-doubt": marked("The words do not tell whether it is small. You know best."),
    "asked": marked("The person would like you to look at it."),
}
MATCH: dict[MatchReason, str] = {
    "acquainted": marked("they know each other"),
    "circle": marked("they are in each other's circle"),
    "enjoys-it": marked("likes doing this"),
    "wished-for-it": marked("would enjoy this"),
    "near": marked("lives nearby"),
    "same-language": marked("speaks the same language"),
    "free-then": marked("is usually free then"),
    "not-asked-lately": marked("was not asked anything lately"),
    "likes-a-turn": marked("likes to do something in turn"),
    "said-yes-before": marked("said yes before"),
    "said-not-now-before": marked('said "not now" before'),
    "silent-before": marked("did not answer before"),
    "much-rests-on-them": marked("already does a lot"),
    "asked-by-worker": marked("you chose them yourself"),
}
GROUPS: tuple[tuple[str, tuple[What, ...]], ...] = (
    (marked("Today, if you can"), ("signal", "mediation-asked", "signal-back", "signal-offered")),
    (marked("Ring or visit"), ("ring", "letter", "organisation", "visit")),
    (
        marked("Look before it goes on"),
        ("see-invitation", "see-half-question", "decide", "send-on", "limit-reached", "welcome-people"),
    ),
    (
        marked("Referrals"),
        ("referral-decide", "referral-silent", "referral-answered", "referral-closed", "consent-ran-out"),
    ),
    (
        marked("A reason to drop by"),
        ("nobody-found", "fell-silent", "knows-nobody", "much-rests-on-them", "one-way"),
    ),
    (marked("Put in order"), ("address-fails",)),
)
"""The parts of a digest, by what can be done; the first is what waits least well."""
WHAT: dict[What, str] = {
    "see-invitation": marked("{name}: a question you look at first"),
    "see-half-question": marked("{name}: a half question, for your eyes alone"),
    "decide": marked("{name}: is this a small thing?"),
    "send-on": marked("{name}: a wish that someone nearby would enjoy"),
    "welcome-people": marked("A gathering that has no host any more"),
    "signal": marked("{name}: a signal"),
    "signal-back": marked("{name}: a signal that rested until today"),
    "signal-offered": marked("{name}: a colleague asks you to take over a signal"),
    "mediation-asked": marked("{name}: said that it did not go well"),
    "limit-reached": marked("{name}: more than neighbours do for each other"),
    "referral-answered": marked("{name}: a service answered"),
    "referral-silent": marked("{name}: a service does not answer"),
    "referral-decide": marked("{name}: keep waiting, or stop?"),
    "referral-closed": marked("{name}: a referral has ended"),
    "consent-ran-out": marked("{name}: a consent has run out"),
    "visit": marked("{name}: a first visit"),
    "ring": marked("{name}: to ring"),
    "letter": marked("{name}: a letter to bring or post"),
    "organisation": marked("{name}: a message to pass on"),
    "address-fails": marked("{name}: mail comes back"),
    "knows-nobody": marked("{name}: knows nobody here yet"),
    "fell-silent": marked("{name}: not heard of for a while"),
    "nobody-found": marked("{name}: nobody found yet"),
    "much-rests-on-them": marked("{name}: does a lot for others"),
    "one-way": marked("{name}: it has all gone one way lately"),
}


assert {what for _, group in GROUPS for what in group} == set(WHAT) == set(get_args(What))
