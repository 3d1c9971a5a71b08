"""Who has no e-mail: to ring, or to bring or post a letter; what to say, and the answer recorded as theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from services.notify.domain.tasks import Task
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import Words, me, names, of_places, person, places, words
from services.notify.pages.desk.saying import Told, task_of, told, was_told
from services.notify.pages.desk.views import today as views
from services.notify.pages.desk.views.parts import Do, Go, Item, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.writing.paper import headed, paper, spoken
from shared import clock
from shared.contracts.notify import DoTask, ListTasks
from shared.contracts.notify import Task as TaskContract
from shared.contracts.profiles import AddressForLetter

MOST = 30
"""Things that somebody is told in one go."""
Found = Sequence[tuple[Task | TaskContract, Told | None]]
"""What somebody is to hear, with what it says now; None where nothing is left to tell."""


@desk("/tasks")
async def tasks(page: Page) -> Response:
    """Everything that somebody is to hear by phone or by letter in this worker's neighbourhoods."""
    say, worker, here = words(page), me(page), places(page)
    queries = [ListTasks(neighbourhood_id=each, limit=60) for each in here]
    found = await of_places(page, ListTasks(worker_id=worker.worker_id, limit=60), *queries)
    unique = {each.task_id: each for answer in found for each in answer.tasks}
    due = sorted(unique.values(), key=lambda each: each.do_by)
    whose: dict[UUID, list[TaskContract]] = {}
    for each in due:
        whose.setdefault(each.participant_id, []).append(each)
    named = await names(page, set(whose))
    at = views.At(worker.worker_id, clock.now(), page.policy.visits.within_days, say, named)

    def lines(way: str) -> tuple[Item, ...]:
        return tuple(views.to_tell([each for those in whose.values() if views.way_to(those) == way for each in those],
                                   at))  # fmt: skip

    sections = [
        Section("phone", say("To ring"), lines("phone")),
        Section("letter", say("A letter to bring or post"), lines("letter")),
        Section("organisation", say("To pass on through an organisation"), lines("organisation")),
    ]
    if not due:
        sections = [
            Section("none", say("To ring, or to bring a letter"), empty=say("Nobody waits for a call or a letter."))
        ]
    return page.show(
        "desk/list.html", title=say("Ring and letters"), about="", back="/desk", back_here="/desk/tasks",
        sections=sections, intro=say("Who has no e-mail hears the same things from you."),
    )  # fmt: skip


@desk("/tasks/{matter_id:uuid}")
async def one_task(page: Page) -> Response:
    """What to say on the phone or at the door, and what can be noted of it at once."""
    me(page)
    say, task = words(page), await task_of(page)
    what, someone = await asyncio.gather(told(page, task), person(page, task.participant_id))
    answer = _answer(task, say)
    done = Do(say("I did it"), "do-task", {"task_id": str(task.task_id)}, main=answer is None)
    letter = Go(say("Show it as a letter"), f"/desk/tasks/{task.task_id}/letter", main=False)
    return page.show(
        "desk/task.html",
        task=task,
        name=someone.name or "",
        person=someone,
        lines=spoken(what.mail, what.reader) if what else [],
        over=what is None,
        doing=[each for each in (answer, done, *_coming(task, say), letter) if each],
        way=say(called.TASK_WAY[task.way]),
        by=say("by {day}", day=say.day(task.do_by)),
        phone=someone.reach.phone if someone.reach else None,
    )


@desk("/tasks/{matter_id:uuid}/letter")
async def letter(page: Page) -> Response:
    """The same on paper. The address is asked when the worker wants it, each time, and kept nowhere."""
    me(page)
    task = await task_of(page)
    return await _on_paper(page, [(task, await told(page, task))], task.participant_id, f"/desk/tasks/{task.task_id}")


@desk("/people/{matter_id:uuid}/tasks")
async def tasks_for(page: Page) -> Response:
    """All that somebody is to hear, on one sheet: who is rung is rung once."""
    me(page)
    say, here = words(page), f"/desk/people/{page.matter_id}"
    if page.posted:
        told_now = [page.build(DoTask, task_id=each).task_id for each in page.several("task")]
        return page.go(here, said=await was_told(page, *told_now))
    someone, found = await asyncio.gather(person(page, page.matter_id), _open(page))
    sheets = [_sheet(task, what, say, alone=len(found) == 1) for task, what in found if what]
    return page.show(
        "desk/telling.html",
        name=someone.name or "",
        person=someone,
        sheets=sheets,
        tasks=[str(task.task_id) for task, _ in found],
        over=bool(found) and not sheets,
        way=say(called.TASK_WAY[views.way_to([task for task, _ in found])]) if found else "",
        by=say("by {day}", day=say.day(found[0][0].do_by)) if found else "",
        phone=someone.reach.phone if someone.reach else None,
        here=here,
    )  # fmt: skip


@desk("/people/{matter_id:uuid}/letters")
async def letters(page: Page) -> Response:
    """All letters for somebody, to print in one go and put in one envelope."""
    me(page)
    return await _on_paper(page, await _open(page), page.matter_id, f"/desk/people/{page.matter_id}/tasks")


async def _on_paper(page: Page, found: Found, whose: UUID, back: str) -> Response:
    """What somebody is to hear, each on a paper of its own; with the address on the first when that is asked for."""
    written, to = [what for _, what in found if what], tuple[str, ...]()
    if page.posted and written:
        address = (await page.do(AddressForLetter(participant_id=whose))).address
        to = tuple((address or words(page).say("Brought by hand")).splitlines())
    papers = [paper(each.mail, each.reader, () if number else to) for number, each in enumerate(written)]
    return page.show(
        "desk/letters.html", papers=papers, tasks=[str(task.task_id) for task, _ in found], addressed=bool(to),
        whose=f"/desk/people/{whose}/tasks", back=back,
    )  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """One thing that somebody is to hear."""

    heading: str
    lines: list[str]
    doing: tuple[Go | Do, ...]


def _sheet(task: TaskContract, what: Told, say: Words, *, alone: bool) -> Sheet:
    """With where its answer is noted. What is one of several can be done alone as well."""
    answer = _answer(task, say)
    done = () if alone else (Do(say("I did it"), "do-task", {"task_id": str(task.task_id)}),)
    heading = headed(what.mail, what.reader)
    return Sheet(heading, spoken(what.mail, what.reader), (*((answer,) if answer else ()), *_coming(task, say), *done))


async def _open(page: Page) -> list[tuple[TaskContract, Told | None]]:
    """What somebody is to hear, what is due first in front, with what it says now."""
    found = (await page.ask(ListTasks(participant_id=page.matter_id, limit=MOST))).tasks
    return list(zip(found, await asyncio.gather(*(told(page, each) for each in found)), strict=True))


def _answer(task: Task | TaskContract, say: Words) -> Go | None:
    """Where their answer is noted; with it the task is done."""
    at = f"task={task.task_id}"
    if task.invitation_id and task.kind in ("invited", "invited-again"):
        return Go(say("Record the answer"), f"/desk/invitations/{task.invitation_id}/answer?{at}", main=True)
    if task.exchange_id and task.kind == "found":
        return Go(say("Record the answer"), f"/desk/exchanges/{task.exchange_id}/answer?{at}", main=True)
    if task.exchange_id and task.kind == "how-was-it":
        return Go(say("Record how it was"), f"/desk/exchanges/{task.exchange_id}/how-it-was?{at}", main=True)
    return None


def _coming(task: Task | TaskContract, say: Words) -> tuple[Do, ...]:
    """What they can say with a yes or a no; with it the task is done."""
    if task.kind == "circle-asked" and task.other_id is not None:
        both = {"participant_id": str(task.participant_id), "other_id": str(task.other_id), "task": str(task.task_id)}
        return (
            Do(say("They say yes"), "agree-to-circle", both, main=True),
            Do(say("Rather not"), "decline-circle", both),
        )
    if task.gathering_id is None or task.kind != "gathering-invited":
        return ()
    here = {"gathering_id": str(task.gathering_id), "participant_id": str(task.participant_id), "how": "phone"}
    return (
        Do(say("Comes"), "answer-gathering", {**here, "coming": "true"}),
        Do(say("Does not come"), "answer-gathering-no", {**here, "coming": "false"}),
    )
