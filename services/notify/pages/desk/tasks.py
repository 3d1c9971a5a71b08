"""Who has no e-mail: to ring, or to bring or post a letter; what to say, and the answer recorded as theirs."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from services.notify.domain.tasks import Task
from services.notify.pages.desk import words as called
from services.notify.pages.desk.at import Words, asked, me, names, person, places, words
from services.notify.pages.desk.saying import task_of, told
from services.notify.pages.desk.views import today as views
from services.notify.pages.desk.views.parts import Do, Go, Item, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from services.notify.writing.paper import paper, spoken
from shared import clock
from shared.contracts.notify import ListTasks
from shared.contracts.profiles import AddressForLetter


@desk("/tasks")
async def tasks(page: Page) -> Response:
    """Everything that somebody is to hear by phone or by letter in this worker's neighbourhoods."""
    say, worker, here = words(page), me(page), await places(page)
    queries = [ListTasks(neighbourhood_id=each, limit=60) for each in here]
    found = await asked(page, ListTasks(worker_id=worker.worker_id, limit=60), *queries)
    unique = {each.task_id: each for answer in found for each in answer.tasks}
    due = sorted(unique.values(), key=lambda each: each.do_by)
    named = await names(page, {each.participant_id for each in due})
    at = views.At(worker.worker_id, clock.now(), page.policy.visits.within_days, say, named)

    def lines(way: str) -> tuple[Item, ...]:
        return tuple(views.task(each, at) for each in due if each.way == way)

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
    what = await told(page, task)
    to: tuple[str, ...] = ()
    if page.posted:
        found = await page.do(AddressForLetter(participant_id=task.participant_id))
        to = (found.name, *(found.address or words(page)("Brought by hand")).splitlines())
    return page.show(
        "desk/letter.html", task=task, paper=paper(what.mail, what.reader, to) if what else None, addressed=bool(to),
        done=Do(words(page)("I did it"), "do-task", {"task_id": str(task.task_id)}, main=True),
    )  # fmt: skip


@desk("/people/{matter_id:uuid}/tasks")
async def tasks_for(page: Page) -> Response:
    """What somebody is to hear by phone or by letter."""
    say, worker = words(page), me(page)
    someone, found = await asyncio.gather(
        person(page, page.matter_id), page.ask(ListTasks(participant_id=page.matter_id, limit=50))
    )
    named = await names(page, {page.matter_id})
    at = views.At(worker.worker_id, clock.now(), page.policy.visits.within_days, say, named)
    section = Section(
        "tasks",
        say("To ring, or to bring a letter"),
        tuple(views.task(each, at) for each in found.tasks),
        empty=say("Nothing waits to be told by phone or by letter."),
    )
    back = f"/desk/people/{page.matter_id}"
    return page.show(
        "desk/list.html", title=say("Calls and letters"), about=someone.name or "", back=back,
        back_here=f"{back}/tasks", sections=[section], intro="",
    )  # fmt: skip


def _answer(task: Task, say: Words) -> Go | None:
    """Where their answer is noted; with it the task is done."""
    at = f"task={task.task_id}"
    if task.invitation_id and task.kind in ("invited", "invited-again"):
        return Go(say("Record the answer"), f"/desk/invitations/{task.invitation_id}/answer?{at}", main=True)
    if task.exchange_id and task.kind == "found":
        return Go(say("Record the answer"), f"/desk/exchanges/{task.exchange_id}/answer?{at}", main=True)
    if task.exchange_id and task.kind == "how-was-it":
        return Go(say("Record how it was"), f"/desk/exchanges/{task.exchange_id}/how-it-was?{at}", main=True)
    return None


def _coming(task: Task, say: Words) -> tuple[Do, ...]:
    if task.gathering_id is None or task.kind != "gathering-invited":
        return ()
    here = {"gathering_id": str(task.gathering_id), "participant_id": str(task.participant_id), "how": "phone"}
    return (
        Do(say("Comes"), "answer-gathering", {**here, "coming": "true"}),
        Do(say("Does not come"), "answer-gathering-no", {**here, "coming": "false"}),
    )
