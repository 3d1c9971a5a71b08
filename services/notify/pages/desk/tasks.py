"""Who has no e-mail: to ring, or to bring or post a letter; what to say, and the answer recorded as theirs."""

from __future__ import annotations

from starlette.responses import Response

from services.notify.pages.desk.at import asked, me, names, places, words
from services.notify.pages.desk.views import today as views
from services.notify.pages.desk.views.parts import Item, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared import clock
from shared.contracts.notify import ListTasks


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
