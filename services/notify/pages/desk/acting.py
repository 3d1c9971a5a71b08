"""Buttons of the desk: what each does at once, and the sentence with which the page comes back."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from services.notify.pages import trouble
from services.notify.pages.desk.at import me, words
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared.contracts.envelope import Command
from shared.contracts.exchange import (
    AnswerGathering,
    HandToWorker,
    InviteNeighbour,
    InviteToGathering,
    OpenDraft,
    ReviewInvitation,
    WithdrawExchange,
)
from shared.contracts.notify import DoTask
from shared.contracts.profiles import (
    AgreeToCircle,
    CancelAbsence,
    DeclineCircle,
    EndMandate,
    ResumeParticipant,
    ReturnToNetwork,
)
from shared.contracts.signals import (
    AnswerOffer,
    EndMediation,
    MergeSignals,
    RecordMediationTalk,
    ReopenSignal,
    RequestReferral,
    TakeSignal,
)


@dataclass(frozen=True)
class Action:
    """What a button does."""

    command: type[Command]
    said: str
    """What is said once it is done."""


ACTIONS: dict[str, Action] = {
    "take-signal": Action(TakeSignal, "The signal is yours now."),
    "answer-offer": Action(AnswerOffer, "Your colleague hears it."),
    "take-offer-back": Action(AnswerOffer, "The signal stays yours."),
    "reopen-signal": Action(ReopenSignal, "The signal is open again, and it is yours."),
    "join-signal": Action(MergeSignals, "The two signals go on as one."),
    "mediation-talk": Action(RecordMediationTalk, "It is noted that you spoke with them."),
    "mediation-end": Action(EndMediation, "The mediation has ended."),
    "request-referral": Action(RequestReferral, "The service has been asked. You hear its answer."),
    "send-invitation": Action(ReviewInvitation, "The question goes to this neighbour."),
    "hold-invitation": Action(ReviewInvitation, "This neighbour is not asked. The next likely one comes."),
    "invite-neighbour": Action(InviteNeighbour, "The question goes to this neighbour."),
    "open-draft": Action(OpenDraft, "It goes on."),
    "withdraw-exchange": Action(WithdrawExchange, "It has been taken back. Whoever was asked hears it kindly."),
    "hand-over-exchange": Action(HandToWorker, "It is with you now. Nobody new is asked."),
    "answer-gathering": Action(AnswerGathering, "It is noted that they come."),
    "answer-gathering-no": Action(AnswerGathering, "It is noted that they don't come."),
    "invite-to-gathering": Action(InviteToGathering, "The neighbour is invited."),
    "agree-to-circle": Action(AgreeToCircle, "They are in each other's circle now."),
    "decline-circle": Action(DeclineCircle, "It is noted, and nobody is told."),
    "end-mandate": Action(EndMandate, "The mandate has ended."),
    "resume": Action(ResumeParticipant, "The pause is over."),
    "return-to-network": Action(ReturnToNetwork, "They take part again."),
    "do-task": Action(DoTask, "It is noted that you did it."),
    "cancel-absence": Action(CancelAbsence, "The absence has been taken away."),
}


@desk("/do/{action}")
async def act(page: Page) -> Response:
    """Do what a button says, and go back to the page on which it stood."""
    me(page)
    action = ACTIONS.get(str(page.request.path_params["action"]))
    if action is None:
        raise trouble.not_found()
    back = safe(page.text("back"))
    if page.posted:
        await page.do(page.build(action.command, **_values(page, action.command)))
        return page.go(back, said=str(page.request.path_params["action"]))
    if not page.mistakes:
        return page.go(back)
    return page.show("desk/refused.html", 409, back=back, sentence=words(page)("That could not be done."))


def safe(path: str) -> str:
    """Where a page goes back to: within the desk, wherever the form says."""
    within = path == "/desk" or path.startswith("/desk/")
    return path if within and not any(each in path for each in "\\\r\n") else "/desk"


def _values(page: Page, command: type[Command]) -> dict[str, str]:
    return {name: text for name in command.model_fields if (text := page.text(name))}
