"""What people choose from, and what is said of a mistake: message ids, said where they are used."""

from __future__ import annotations

from shared.contracts.exchange import (
    GatheringStage,
    HowItWas,
    InvitationAnswer,
    InvitationStage,
    Often,
    ProposalAnswer,
    Stage,
)
from shared.contracts.notify import MailGroup
from shared.contracts.profiles import ConsentField, DayPart, OnWordOf, Recorded, Way
from shared.contracts.types import Weekday


def marked(id_: str) -> str:
    """A message id that is translated where it is used."""
    return id_


LANGUAGE_NAMES = {
    "nl": "Nederlands", "fr": "Français", "en": "English", "de": "Deutsch", "tr": "Türkçe", "ar": "العربية",
    "bg": "Български", "pl": "Polski", "ro": "Română", "es": "Español", "it": "Italiano", "pt": "Português",
    "uk": "Українська", "ru": "Русский", "so": "Soomaali", "ps": "پښتو", "fa": "فارسی", "sk": "Slovenčina",
    "sq": "Shqip", "el": "Ελληνικά",
}  # fmt: skip
"""Each as it calls itself."""

WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS: dict[DayPart, str] = {
    "morning": marked("Morning"),
    "afternoon": marked("Afternoon"),
    "evening": marked("Evening"),
}
OFTEN: dict[Often, str] = {
    "once": marked("Once"),
    "a-few-times": marked("A few times"),
    "daily": marked("Every day"),
    "weekly": marked("Every week"),
    "every-two-weeks": marked("Every two weeks"),
    "monthly": marked("Every month"),
}
INVITATION_ANSWERS: dict[InvitationAnswer, tuple[str, str]] = {
    "yes": (marked("Yes, gladly"), marked("You hear from us as soon as the other side has looked.")),
    "not-now": (marked("Not now"), marked("We ask once more, some weeks from now, if it is still open.")),
    "no": (marked("No, thank you"), marked("That is fine. You don't have to say why.")),
    "never": (marked("Never this kind of thing"), marked("We don't ask you for this again.")),
}
PROPOSAL_ANSWERS: dict[ProposalAnswer, tuple[str, str]] = {
    "yes": (marked("Yes, gladly"), marked("You both get each other's contact, and agree the rest together.")),
    "not-this-time": (marked("Not this time"), marked("We look for someone else. You don't have to say why.")),
    "not-now": (marked("Not now"), marked("We ask you once more, some weeks from now.")),
}
HOW_IT_WAS: dict[HowItWas, tuple[str, str]] = {
    "good": (marked("Good"), ""),
    "fine": (marked("All right"), ""),
    "not-good": (marked("Not good"), marked("Only the worker sees this, and gets in touch with you.")),
    "did-not-happen": (marked("It did not happen"), ""),
}
INVITATION_STAGES: dict[InvitationStage, str] = {
    "held": marked("The worker looks at this question first."),
    "waiting": marked("This question has not been asked yet."),
    "asked": marked("This question waits for your answer."),
    "yes": marked("You said yes. You hear from us as soon as the other side has looked."),
    "not-now": marked("You said: not now. We ask once more, some weeks from now, if it is still open."),
    "no": marked("You said no. That is fine, and nobody asks why."),
    "never": marked("You said: never this kind of thing. We don't ask you for this again."),
    "silent": marked("The time to answer is over. That is fine: no answer is an answer too."),
    "arranged": marked("Others have said yes. It is arranged, thank you."),
    "taken-back": marked("This is no longer asked."),
    "held-back": marked("This is no longer asked."),
}
STAGES: dict[Stage, str] = {
    "draft": marked("Only the worker sees this."),
    "open": marked("We look for a neighbour who would enjoy it."),
    "inviting": marked("We have asked neighbours, and wait for their answer."),
    "proposed": marked("A neighbour said yes. It waits for the one who began."),
    "agreed": marked("You have agreed."),
    "done": marked("It is done."),
    "withdrawn": marked("It was taken back."),
    "expired": marked("It ended: its time was over."),
    "handed-over": marked("The worker looks at this, and gets in touch with you."),
}
GATHERING_STAGES: dict[GatheringStage, str] = {
    "planned": marked("It takes place."),
    "held": marked("It is over."),
    "cancelled": marked("It does not take place."),
}
CONSENT_FIELDS: dict[ConsentField, str] = {
    "name": marked("your name"),
    "languages": marked("the languages you speak"),
    "reach": marked("how you can be reached"),
    "talents": marked("what you like to do for others"),
    "wishes": marked("what you would enjoy"),
    "availability": marked("when you are usually free"),
}
RECORDED: dict[Recorded, str] = {
    "spoken": marked("in a talk"),
    "phone": marked("by phone"),
    "written": marked("in writing"),
    "online": marked("on this page"),
}
ON_WORD_OF: dict[OnWordOf, str] = {
    "participant": marked("on your own word"),
    "relative": marked("on the word of family or a friend"),
    "worker": marked("on the word of a worker"),
    "organisation": marked("on the word of an organisation"),
}
PURPOSES = {
    "newsletter": marked("a newsletter"),
    "ask-on-behalf": marked("asking something for you"),
}

WAYS: dict[Way, str] = {
    "email": marked("By e-mail"),
    "phone": marked("By phone: the worker calls you"),
    "letter": marked("By letter, or a knock on the door"),
    "organisation": marked("Through an organisation that passes it on"),
}
REACHED: dict[Way, str] = {
    "email": marked("by e-mail"),
    "phone": marked("by telephone"),
    "letter": marked("by letter, or at the door"),
    "organisation": marked("through an organisation"),
}
MAIL_GROUPS: dict[MailGroup, tuple[str, str]] = {
    "invitations": (
        marked("Questions from neighbours"),
        marked("When someone asks or offers something that may suit you."),
    ),
    "gatherings": (marked("Gatherings"), marked("When there is coffee, a game, something to do together.")),
    "steps": (marked("What you asked or offered"), marked("At each step: we look, someone was found.")),
    "afterwards": (marked("Afterwards"), marked("How it was, and a word of thanks.")),
    "circle": (marked("Your circle"), marked("When someone asks whether you can fall back on each other.")),
}
SERVICES = {
    "profiles": marked("Who you are and what you like"),
    "exchange": marked("What you asked, offered and did together"),
    "signals": marked("What workers follow up with you"),
    "notify": marked("What we wrote to you"),
}
HELD = {
    "participant": marked("What is known of you"),
    "enjoyment": marked("What you like"),
    "consent": marked("Consents"),
    "consents": marked("Consents"),
    "mandate": marked("Mandates"),
    "visit": marked("Visits"),
    "fetch": marked("Who looked at it"),
    "reading": marked("Who looked at it"),
    "tie": marked("People you know"),
    "acquaintance": marked("People you know"),
    "circle": marked("Your circle"),
    "possible_double": marked("Entries that may be the same person"),
    "merged_entry": marked("Entries that became one"),
    "exchange": marked("What you asked or offered"),
    "invitation": marked("Questions from neighbours"),
    "agreement": marked("What you agreed"),
    "experience": marked("How it was for you"),
    "thanks": marked("Words of thanks"),
    "deviation": marked("Where a rule was set aside"),
    "never_kind": marked("What you are never asked for"),
    "gathering": marked("Gatherings"),
    "guest": marked("Gatherings you were asked to"),
    "series": marked("Gatherings that recur"),
    "signal": marked("What was noticed"),
    "signal_step": marked("What was done with it"),
    "note": marked("Notes"),
    "mediation": marked("Mediation"),
    "referral": marked("Referrals"),
    "referral_step": marked("What happened with a referral"),
    "referral_consent": marked("Consents to a referral"),
    "referral_details": marked("Details for a referral"),
    "mail": marked("Mails to you"),
    "task": marked("Calls and letters to you"),
    "digest_item": marked("What a worker was to look at"),
    "link": marked("Links in mails"),
    "page_session": marked("When your page was open"),
    "does_without": marked("Mails you do without"),
    "failing_address": marked("That mail came back"),
}
"""Kinds of what services hold, as one reads them; another is shown as it is called."""
REFERRAL_STEPS = {
    "accept": marked("We take it on"),
    "reject": marked("We can't take it on"),
    "start": marked("We have begun"),
    "hold": marked("It has to wait"),
    "complete": marked("It has come to its end"),
    "fail": marked("It did not work out"),
    "cancel": marked("It is no longer going ahead"),
}

SAID = {
    "saved": marked("It has been saved."),
    "thanks": marked("Thank you for your word. It has been passed on."),
    "moved": marked("The moment has changed. The others have been told."),
    "cancelled": marked("It has been cancelled. The others have been told."),
    "finished": marked("Thank you. It is done."),
    "how": marked("Thank you for telling."),
    "with-worker": marked("It is with the worker now, who gets in touch with you."),
    "taken-back": marked("It has been taken back."),
    "opened": marked("It has been opened."),
    "coming": marked("You come: nice! We have noted it."),
    "not-coming": marked("You don't come this time. That is fine."),
    "planned": marked("The gathering is planned."),
    "asked": marked("We have asked. You hear from us when there is an answer."),
    "agreed": marked("You can fall back on each other from now on."),
    "declined": marked("That is fine. The other one is not told."),
    "stepped-out": marked("You have stepped out. The other one is not told."),
    "withdrawn": marked("It has been withdrawn. Access has ended at once."),
    "mandate-given": marked("They can act for you from now on."),
    "mandate-ended": marked("The mandate has ended."),
    "paused": marked("You have paused. We ask you nothing for a while."),
    "resumed": marked("Welcome back. Your pause has ended."),
    "mail": marked("It has been saved. We write to you like that from now on."),
    "answered": marked("Thank you for your answer."),
    "acts-for": marked("You now act for someone else."),
    "acts-for-oneself": marked("You act for yourself again."),
    "full": marked("Every seat was just taken. We are sorry: there will be other times."),
    "gathering-cancelled": marked("It has been cancelled. Who was to come is told."),
    "next-received": marked("Only the worker sees it now. You open it when you like."),
    "next-with-worker": marked("The worker looks at it with you, and gets in touch. You don't have to do anything."),
    "next-looking": marked("We look for a neighbour who would enjoy it. You hear from us."),
    "next-waiting": marked("We look for a neighbour who would enjoy it. You hear from us."),
    "next-found": marked("Someone has been found. Look below."),
    "returned": marked("Welcome back!"),
    "seen": marked("It has been noted that you have seen it."),
    "noted": marked("Thank you. It has been noted, and the worker is told."),
    "allowed": marked("You can be asked for this again."),
}
"""With which sentence a page begins, after something was done."""

MISTAKES = {
    "missing": marked("Fill this in."),
    "sure": marked("Tick this box first."),
    "value_error": marked("Look at this once more."),
    "one_moment": marked("Choose a day, or a day of the week, and not both."),
    "choose": marked("Choose one."),
    "day": marked("Write a day, like 12/05/2026."),
    "time": marked("Write a time, like 14:00."),
    "number": marked("Write a whole number."),
    "string_too_long": marked("This is too long. Make it shorter."),
    "too_long": marked("This is too much. Make it shorter."),
    "greater_than_equal": marked("This number is too small."),
    "less_than_equal": marked("This number is too large."),
    "email": marked("This is no e-mail address. Write it like marie@example.org."),
    "phone": marked("This is no phone number. Write it like 09 123 45 67."),
    "in_the_past": marked("This lies in the past. Choose a later moment."),
    "too_far": marked("This lies too far ahead. Choose an earlier moment."),
    "not_in_order": marked("It ends before it begins. Turn the two around."),
    "too_late": marked("This is over, which is nobody's fault. There will be other things."),
    "wrong_stage": marked("This can't be done any more: meanwhile it stands otherwise. Look at how it stands."),
    "answered": marked("There is an answer already, and one is enough. Call the worker to change it."),
    "agreed": marked("This was agreed before."),
    "closed": marked("This was dealt with before."),
    "not_asked": marked("There is no open question about this."),
    "too_many": marked("There are as many as there can be. End one first."),
    "too_many_people": marked("For so many people, plan a gathering."),
    "too_few_seats": marked("More people come already than there would be seats."),
    "unknown_kind": marked("Choose one from the list."),
    "bad_rule": marked("This rhythm gives no days. Choose another."),
    "paused": marked("You have paused. End your pause first."),
    "left": marked("This is for who takes part. Come back first."),
    "same_person": marked("Choose someone other than yourself."),
    "elsewhere": marked("This is for people of another neighbourhood."),
    "unknown_id": marked("We don't know this (any more). Choose again."),
    "not_allowed": marked("You can't do this here. Call the worker."),
    "no_mandate": marked("You can't act for this person any more."),
    "no_consent": marked("There is no consent that runs. Call the worker."),
    "says_something": marked("Choose one from the list, or say it in your own words."),
}
OTHER_MISTAKE = marked("Look at this once more.")
