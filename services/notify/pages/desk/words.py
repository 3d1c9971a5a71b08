"""What the desk calls what the contracts name: each value beside its words, which the catalogues translate."""

from __future__ import annotations

from services.notify.writing.words import CAUSE, MATCH, WHY
from services.notify.writing.words import OUTCOME as REFERRAL_OUTCOME
from services.notify.writing.words import REASON as REFERRAL_REASON

URGENCY = {"today": "Today", "this-week": "This week", "watch": "Keep an eye on it"}
SIGNAL_STAGE = {
    "open": "Nobody has it yet",
    "taken": "Somebody is at it",
    "snoozed": "Rests until later",
    "closed": "Closed",
    "merged": "Joined with another signal",
}
OUTCOME = {
    "keep-an-eye": "Keep an eye on it",
    "talk": "A talk",
    "introduction": "An introduction",
    "mediation": "A mediation",
    "gathering": "A gathering",
    "referral": "A referral",
    "nothing-to-do": "Nothing more to do",
}
SIGNAL_STEP = {
    "raised": "Raised",
    "told": "Told to {worker}",
    "taken": "Taken by {worker}",
    "offered": "Offered to {worker}",
    "offer-declined": "{worker} does not take it over",
    "handed-over": "Handed over to {worker}",
    "changed": "Changed",
    "snoozed": "Put off until later",
    "came-back": "Came back",
    "merged": "Joined with another signal",
    "reopened": "Opened again",
    "closed": "Closed",
    "mediation-started": "Mediation began",
    "mediation-ended": "Mediation ended",
    "note-written": "A note was written",
}
MEDIATION_STAGE = {
    "separately": "You speak with each of the two first.",
    "together": "You have spoken with each of the two. Now you can bring them together.",
    "agreed": "They came to an agreement.",
    "not-agreed": "They did not come to an agreement.",
}
NOTE_ABOUT = {
    "signal": "About the signal",
    "deviation": "Why a rule was set aside",
    "out-of-matching": "Why no questions between neighbours",
}
ON_WORD_OF = {
    "participant": "The person told me",
    "relative": "Somebody close to them told me",
    "worker": "I noticed it myself",
    "organisation": "An organisation told me",
}
ON_WHOSE_WORD = {
    "participant": "On the word of the person",
    "relative": "On the word of somebody close to them",
    "worker": "Noticed by a worker",
    "organisation": "On the word of an organisation",
}
RECORDED = {"spoken": "In a talk", "phone": "By phone", "written": "In writing", "online": "Online"}
ANSWER_HOW = {"phone": "By phone", "door": "At the door", "letter": "By letter"}
REFERRAL_STATE = {
    "draft": "Being prepared",
    "requested": "Asked, no answer yet",
    "accepted": "Accepted",
    "rejected": "Not accepted",
    "in-progress": "Under way",
    "on-hold": "On hold",
    "completed": "Completed",
    "failed": "Came to nothing",
    "cancelled": "Stopped",
    "entered-in-error": "Made by mistake",
}
REFERRAL_STEP = {
    "drafted": "Begun",
    "details-written": "Details filled in",
    "consented": "Consent recorded",
    "requested": "Put before the service",
    "seen": "Seen by the service",
    "reminded": "The service was reminded",
    "worker-told": "You were told that no answer came",
    "kept-open": "Kept open",
    "moved": "Changed",
    "consent-ended": "Consent ended",
}
REFERRAL_FIELD = {
    "name": "Name",
    "reach": "How to reach the person",
    "address": "Address",
    "languages": "Languages",
    "question": "The question",
}
CAPACITY = {"yes": "Has room", "no": "No room now", "unknown": "Ask whether there is room"}
OPENING = {"ask": "Asks", "offer": "Offers"}
STAGE = {
    "draft": "Not sent yet",
    "open": "Looking for neighbours",
    "inviting": "Neighbours have been asked",
    "proposed": "A neighbour said yes",
    "agreed": "Agreed",
    "done": "Done",
    "withdrawn": "Taken back",
    "expired": "Ended",
    "handed-over": "With the worker",
}
OFTEN = {
    "once": "Once",
    "a-few-times": "A few times",
    "weekly": "Every week",
    "every-two-weeks": "Every two weeks",
    "monthly": "Every month",
    "daily": "Every day",
}
INVITATION_STAGE = {
    "held": "Waits for your eye",
    "waiting": "Goes out after the quiet hours",
    "asked": "Waits for an answer",
    "yes": "Said yes",
    "not-now": "Not now",
    "no": "No",
    "never": "Never this",
    "silent": "No answer",
    "arranged": "Others said yes",
    "taken-back": "No longer asked",
    "held-back": "Not sent",
}
INVITATION_ANSWER = {
    "yes": "Yes, gladly",
    "not-now": "Not now, maybe later",
    "no": "No, not this one",
    "never": "Never ask me this",
}
ATTENTION = {
    "knows-nobody": "Has no circle yet and knows nobody here",
    "fell-silent": "It has been quiet for a while",
    "nobody-found": "Nobody was found yet",
    "much-rests-on-them": "A lot rests on this person",
    "one-way": "Everything went one way for a while",
}
PROPOSAL_ANSWER = {
    "yes": "Yes, gladly",
    "not-this-time": "Not with this neighbour",
    "not-now": "Not now, maybe later",
}
HOW_IT_WAS = {
    "good": "It was good",
    "fine": "It was fine",
    "not-good": "It was not good",
    "did-not-happen": "It did not happen",
}
GATHERING_STAGE = {"planned": "Planned", "held": "Was held", "cancelled": "Cancelled"}
STATUS = {"active": "Takes part", "paused": "Pauses", "left": "Left the network"}
WAY = {
    "email": "By e-mail",
    "phone": "By phone: somebody rings",
    "letter": "By letter or at the door",
    "organisation": "Through an organisation",
}
TASK_WAY = {"phone": "Ring", "letter": "Bring or post a letter", "organisation": "Pass on through the organisation"}
THROUGH = {"gathering": "Met at a gathering", "exchange": "Did something together", "introduction": "Were introduced"}
WEEKDAY = {
    "monday": "Monday",
    "tuesday": "Tuesday",
    "wednesday": "Wednesday",
    "thursday": "Thursday",
    "friday": "Friday",
    "saturday": "Saturday",
    "sunday": "Sunday",
}
DAY_PART = {"morning": "morning", "afternoon": "afternoon", "evening": "evening"}
DUTY_STEP = {"worker": "As worker of the neighbourhood", "backup": "As backup", "coordinator": "As coordinator"}
LANGUAGE = {
    "nl": "Dutch", "fr": "French", "en": "English", "de": "German", "ar": "Arabic", "tr": "Turkish", "bg": "Bulgarian",
    "pl": "Polish", "ro": "Romanian", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "ru": "Russian",
    "uk": "Ukrainian", "so": "Somali", "ps": "Pashto", "fa": "Persian", "vgt": "Flemish sign language",
}  # fmt: skip

__all__ = [
    "CAUSE",
    "MATCH",
    "REFERRAL_OUTCOME",
    "REFERRAL_REASON",
    "WHY",
]
"""What mails call so too."""
