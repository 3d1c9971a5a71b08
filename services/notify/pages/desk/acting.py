"""Buttons of the desk: what each does at once. With which sentence its page comes back, `words.SAID` says."""

from __future__ import annotations

from starlette.responses import Response

from services.notify.pages import trouble
from services.notify.pages.desk.at import given_id, me, words
from services.notify.pages.desk.saying import was_told
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

ACTIONS: dict[str, type[Command]] = {
    "take-signal": TakeSignal,
    "answer-offer": AnswerOffer,
    "take-offer-back": AnswerOffer,
    "reopen-signal": ReopenSignal,
    "join-signal": MergeSignals,
    "mediation-talk": RecordMediationTalk,
    "mediation-end": EndMediation,
    "request-referral": RequestReferral,
    "send-invitation": ReviewInvitation,
    "hold-invitation": ReviewInvitation,
    "invite-neighbour": InviteNeighbour,
    "open-draft": OpenDraft,
    "withdraw-exchange": WithdrawExchange,
    "hand-over-exchange": HandToWorker,
    "answer-gathering": AnswerGathering,
    "answer-gathering-no": AnswerGathering,
    "invite-to-gathering": InviteToGathering,
    "agree-to-circle": AgreeToCircle,
    "decline-circle": DeclineCircle,
    "end-mandate": EndMandate,
    "resume": ResumeParticipant,
    "return-to-network": ReturnToNetwork,
    "do-task": DoTask,
    "cancel-absence": CancelAbsence,
}


@desk("/do/{action}")
async def act(page: Page) -> Response:
    """Do what a button says, and go back to the page on which it stood."""
    me(page)
    action = str(page.request.path_params["action"])
    if action not in ACTIONS:
        raise trouble.not_found()
    back = safe(page.text("back"))
    if page.posted:
        return page.go(back, said=await _done(page, action))
    if not page.mistakes:
        return page.go(back)
    return page.show("desk/refused.html", 409, back=back, sentence=words(page).say("That could not be done."))


def safe(path: str) -> str:
    """Where a page goes back to: within the desk, wherever the form says."""
    within = path == "/desk" or path.startswith("/desk/")
    return path if within and not any(each in path for each in "\\\r\n") else "/desk"


async def _done(page: Page, action: str) -> str:
    """Do it. Returns which sentence says so: a call that has become moot is done with as well."""
    command = page.build(ACTIONS[action], **_values(page, ACTIONS[action]))
    if isinstance(command, DoTask):
        return await was_told(page, command.task_id)
    await page.do(command)
    if (task_id := given_id(page, "task")) is not None:
        await was_told(page, task_id)
    return action


def _values(page: Page, command: type[Command]) -> dict[str, str]:
    return {name: text for name in command.model_fields if (text := page.text(name))}
