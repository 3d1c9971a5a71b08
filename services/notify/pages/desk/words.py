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
    "limit-set-aside": "A rule was set aside",
    "reminded": "Its worker was reminded",
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
WAYS_IN = {"ask": "They would like something", "offer": "They would like to do something for somebody"}
AFTER_A_VISIT = {"person": "Back to this person", "enjoys": "Fill in talents and wishes", "signal": "Raise a signal"}
LEAVING = {
    "leave": "Take part no longer. They can come back later.",
    "erase": "Have everything erased, everywhere. This can't be undone.",
}
RHYTHM = {
    "": "Just this once",
    "weekly": "Every week",
    "two-weeks": "Every two weeks",
    "monthly": "Every month, on the same day of the week",
}
SAME = {"name": "the name", "email": "the e-mail address", "phone": "the phone number"}
DIGEST = {"daily": "Every working day", "weekly": "Once a week, on Monday"}
GROUPS = {
    "draft": "For your eyes first",
    "handed-over": "With the worker",
    "proposed": "A neighbour said yes",
    "inviting": "Neighbours have been asked",
    "open": "Looking for neighbours",
    "agreed": "Agreed",
}
OTHERS = {
    "partner": "A partner", "contact": "The service", "operator": "The administrator", "system": "Weefsel",
}  # fmt: skip
REFERRAL_FORM = {
    "withdraw": "The person takes back their consent",
    "withdraw-send": "Take it back",
    "withdraw-intro": "The service sees nothing more, and the referral is stopped at once. No reason is needed.",
    "cancel": "Stop the referral",
    "cancel-send": "Stop it",
    "mistake": "It was made by mistake",
    "mistake-send": "Take it away",
    "mistake-intro": "The service is told to forget it.",
    "keep-open": "Keep it open",
    "keep-open-send": "Keep it open",
}

SAID = {
    "signal-raised": "The signal is raised. Whoever is on duty hears it.",
    "signal-raised-without-note": "The signal is raised, but the note was not kept: write it once more.",
    "note-written": "The note is kept.",
    "signal-closed": "The signal is closed.",
    "signal-snoozed": "It comes before you again that day.",
    "signal-offered": "Your colleague has been asked. It stays yours until they agree.",
    "signal-changed": "It has been changed.",
    "mediation-started": "The mediation has begun. Speak with each of the two first.",
    "referral-drafted": "The referral is being prepared. Nobody outside knows of it yet.",
    "details-kept": "The details are kept. Now record what the person agrees to.",
    "consent-recorded": "The consent is recorded.",
    "consent-withdrawn": "The consent has ended, and with it the referral. The service sees nothing more.",
    "referral-stopped": "The referral is stopped. The service hears it.",
    "referral-mistake": "The referral is taken away. The service is told to forget it.",
    "referral-kept-open": "It stays open until that day.",
    "visit-recorded": "The visit is recorded.",
    "introduced": "They know each other from now on.",
    "circle-asked": "They are asked quietly. You hear it when there is a yes.",
    "mandate-recorded": "The mandate is recorded.",
    "paused-for-them": "Nothing is asked of them for a while.",
    "left": "They no longer take part. Nobody is told.",
    "erasing": "Everything is being erased, everywhere.",
    "out-of-matching": "No questions between neighbours any more. Gatherings stay open.",
    "into-matching": "Questions between neighbours come again.",
    "two-people": "They are two people: we don't show these two again.",
    "joined": "The two entries are one now.",
    "registered": "Welcome! They are in the network now.",
    "kept": "It is kept.",
    "half-question": "It is kept as a half question, for your eyes alone.",
    "with-you": "This is more than neighbours do for each other: it is with you, and the person is told kindly.",
    "exchange-opened": "It is on its way. Neighbours who may enjoy it are asked one by one.",
    "exchange-changed": "It has been changed.",
    "rule-set-aside": "It is on its way. The reason is kept with it.",
    "moment-moved": "The moment has changed. The others are told.",
    "agreement-cancelled": "The others are told kindly.",
    "thanks-passed-on": "The word of thanks is passed on.",
    "answer-recorded": "The answer is recorded as theirs.",
    "gathering-planned": "The gathering is planned.",
    "gathering-changed": "The gathering has been changed. Whoever comes hears of it.",
    "gathering-cancelled": "The gathering is not going ahead. Whoever was coming hears of it.",
    "attendance-recorded": "It is recorded who was there: they know each other now.",
    "absence-recorded": "Your absence is recorded. Your backup is on duty then.",
    "take-signal": "The signal is yours now.",
    "answer-offer": "Your colleague hears it.",
    "take-offer-back": "The signal stays yours.",
    "reopen-signal": "The signal is open again, and it is yours.",
    "join-signal": "The two signals go on as one.",
    "mediation-talk": "It is noted that you spoke with them.",
    "mediation-end": "The mediation has ended.",
    "request-referral": "The service has been asked. You hear its answer.",
    "send-invitation": "The question goes to this neighbour.",
    "hold-invitation": "This neighbour is not asked. The next likely one comes.",
    "invite-neighbour": "The question goes to this neighbour.",
    "open-draft": "It goes on.",
    "withdraw-exchange": "It has been taken back. Whoever was asked hears it kindly.",
    "hand-over-exchange": "It is with you now. Nobody new is asked.",
    "answer-gathering": "It is noted that they come.",
    "answer-gathering-no": "It is noted that they don't come.",
    "invite-to-gathering": "The neighbour is invited.",
    "agree-to-circle": "They are in each other's circle now.",
    "decline-circle": "It is noted, and nobody is told.",
    "end-mandate": "The mandate has ended.",
    "resume": "The pause is over.",
    "return-to-network": "They take part again.",
    "do-task": "It is noted that you did it.",
    "nothing-left": "Meanwhile there was nothing left to tell: this is done with.",
    "cancel-absence": "The absence has been taken away.",
}
"""With which sentence a page begins, after something was done: by a form, or by a button."""

MISTAKES = {
    "paused": "This person pauses. End the pause first, if they want to.",
    "left": "This person has left the network.",
    "merged": "This entry has been joined with another one before.",
    "same_person": "Choose two different people.",
    "same_worker": "Choose another colleague than yourself.",
    "not_allowed": "This is for the worker who has it. Take it first, or ask your colleague.",
    "no_mandate": "Nobody gave a mandate for this.",
    "not_to_be_asked": "This neighbour is not asked now: a pause, enough questions, or never this. Ask somebody else.",
    "answered": "There is an answer already.",
    "closed": "This was dealt with before.",
    "beyond_limits": "This is more than neighbours do for each other. You can open it all the same, with a reason.",
    "wrong_stage": "Meanwhile it stands otherwise. Look at how it stands now.",
    "no_consent": "Record first what the person agrees to.",
    "details_missing": "Fill in first the details that the consent names.",
    "not_yours": "A colleague has this. Ask your colleague, or take it over first.",
    "other_person": "This is about somebody else. Go back and look.",
    "same_signal": "Choose another signal than this one.",
    "not_fitting": "Trying again goes to the same service, passing on goes to another one.",
    "ended": "This is over by now.",
    "elsewhere": "This person lives in another neighbourhood.",
    "in_the_future": "This lies in the future. Choose a moment that has passed.",
    "exists": "This is there already.",
    "value_error": "Look at this once more: something is missing, or does not go together.",
    "id_reused": "This form was sent before with other words. Fill it in anew.",
}
"""What is said of a mistake at the desk, where it is something else than elsewhere."""

__all__ = [
    "CAUSE",
    "MATCH",
    "REFERRAL_OUTCOME",
    "REFERRAL_REASON",
    "WHY",
]
"""What mails call so too."""
