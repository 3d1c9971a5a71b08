"""`weefsel mail` and `weefsel tasks` against a running notify: what is typed, what is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import MakeStack
from tests.deploy.test_people_commands import Weefsel
from tests.notify.neighbourhood import Neighbour, Street
from tests.notify.setting import Whole, by_phone, whole
from tests.waiting import eventually


@pytest.fixture(scope="module")
async def stack(module_stack: MakeStack) -> AsyncIterator[Whole]:
    async with whole(module_stack) as made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WEEFSEL_NATS_URL", made.stack.nats_url)
            patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(made.stack.keys.creds("cli")))
            patch.setenv("WEEFSEL_SERVICES", "profiles,exchange,notify")
            yield made


@pytest.fixture(scope="module")
async def weefsel(stack: Whole, tmp_path_factory: pytest.TempPathFactory) -> Weefsel:
    return Weefsel(tmp_path_factory.mktemp("files"))


async def test_a_mail_to_try_out_is_sent_and_seen_in_the_queue(stack: Whole, weefsel: Weefsel) -> None:
    assert "waits to be sent" in await weefsel.ok("mail", "test", "jef@example.org", "--language", "fr")
    mail = await stack.catcher.arrives("jef@example.org")
    assert mail.message["Content-Language"] == "fr"
    found = await weefsel.json("mail", "queue", "--stage", "sent")
    assert found["counts"]["dead"] == 0
    (id_,) = [each["mail_id"] for each in found["mails"] if each["kind"] == "test"]
    assert "sent" in await weefsel.ok("mail", "show", id_)
    assert "has gone its way" in await weefsel.refused("mail", "retry", id_)
    assert "nothing to try again" in await weefsel.ok("mail", "retry")
    assert "1 sent" in await weefsel.ok("mail", "queue")


async def test_an_address_that_is_none_is_refused_in_a_sentence(weefsel: Weefsel) -> None:
    assert "no e-mail address" in await weefsel.refused("mail", "test", "jef-example")
    assert "stage" in await weefsel.refused("mail", "queue", "--stage", "lost")
    assert "stage" in await weefsel.refused("tasks", "list", "--stage", "lost")


async def test_every_mail_can_be_looked_at_without_anything_running(weefsel: Weefsel, tmp_path: Path) -> None:
    assert "Open" in await weefsel.ok("mail", "preview", str(tmp_path / "mails"))
    assert (tmp_path / "mails").is_dir()


async def test_a_task_is_listed_by_name_and_done(stack: Whole, weefsel: Weefsel) -> None:
    street = await Street.begin(stack)
    roger = await street.someone("Roger", reach=by_phone())
    await _told(stack, street, roger)
    assert "Roger" in await weefsel.ok("tasks", "list")
    assert "phone" in await weefsel.ok("tasks", "list", "--who", "Roger")
    assert "It is done." in await weefsel.ok("tasks", "done", "Roger", "--as", f"worker:{street.worker.id}")
    assert "no tasks" in await weefsel.ok("tasks", "list", "--who", "Roger")
    assert "0 open tasks" in await weefsel.refused("tasks", "done", "Roger")


async def _told(stack: Whole, street: Street, who: Neighbour) -> None:
    """Exchange tells them something."""
    other = await street.someone("Martine")
    await street.acquainted(who, other)
    sql = "SELECT true FROM task WHERE participant_id = $1"
    await eventually(lambda: stack.stack.fetch("notify", sql, who.id), what="a task")
