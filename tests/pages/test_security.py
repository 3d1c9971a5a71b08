"""What nobody can do with a page: try tokens, use another's, send a form from elsewhere, put something into it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from services.notify.repository import links as repository
from shared import clock
from shared.contracts.exchange import AnswerInvitation, AnswerProposal
from shared.contracts.profiles import GiveMandate
from tests.pages.street import Street
from tests.pages.visitor import Shown, Visitor
from tests.waiting import eventually

HTML = '<script>alert("1")</script><b>vet</b> "aan\' &amp;'


async def _invited(street: Street) -> tuple[UUID, UUID, str]:
    """Someone who is asked, by which invitation, and the link in their mail."""
    asks, asked = await street.someone("Martine De Smet"), await street.someone("Jos Peeters")
    invitation = await street.invites(await street.opens(asks), asked)
    return asked, invitation, await street.link("invitation", participant=asked, matter=invitation)


async def _at_home(street: Street, who: UUID) -> Visitor:
    visitor = street.visitor()
    shown = await visitor.see(await street.link("page", participant=who))
    assert (await visitor.send(shown.forms[0])).status == 200
    return visitor


def _refused(shown: Shown, status: int) -> None:
    assert shown.status == status, shown.text
    assert "Traceback" not in shown.text


async def test_opening_a_link_changes_nothing_and_answering_acts_once(street: Street) -> None:
    """Mail scanners open links, by GET, HEAD and OPTIONS, and ahead of time."""
    asked, _, path = await _invited(street)
    visitor = street.visitor()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        await visitor.ask(method, path, Sec_Purpose="prefetch")
    assert [each.stage for each in await street.invitations(asked)] == ["asked"]
    shown = await visitor.see(path)
    await visitor.send(shown.form("answer"), answer="yes")
    assert [each.stage for each in await street.invitations(asked)] == ["yes"]
    again = await visitor.see(path)
    assert not any(name == "answer" for form in again.forms for name, _ in form["buttons"])


async def test_a_double_click_answers_once(street: Street) -> None:
    """Two posts of one form at the same moment get the same answer; a third after it too."""
    asked, _, path = await _invited(street)
    visitor = street.visitor()
    form = (await visitor.see(path)).form("answer")
    answers = await asyncio.gather(*(visitor.post(form, answer="yes") for _ in range(3)))
    assert [each.status for each in answers] == [303, 303, 303]
    assert (await visitor.post(form, answer="yes")).status == 303
    assert [each.stage for each in await street.invitations(asked)] == ["yes"]


async def test_a_crash_between_the_answer_and_its_mark_burns_nothing(street: Street) -> None:
    """The service has answered, the link is not marked: sent once more, it is the same command, and then it is."""
    asked, _, path = await _invited(street)
    visitor = street.visitor()
    form = (await visitor.see(path)).form("answer")
    await visitor.post(form, answer="no")
    await street.whole.stack.execute("notify", "UPDATE link SET used_at = NULL, used_for = NULL")
    assert (await visitor.post(form, answer="no")).status == 303
    assert [each.stage for each in await street.invitations(asked)] == ["no"]
    used = "SELECT used_for FROM link WHERE holder_id = $1 AND used_at IS NOT NULL"
    assert len(await street.whole.stack.fetch("notify", used, asked)) == 1


async def test_another_answer_after_the_first_is_told_kindly(street: Street) -> None:
    _, _, path = await _invited(street)
    visitor = street.visitor()
    form = (await visitor.see(path)).form("answer")
    await visitor.send(form, answer="yes")
    shown = await visitor.send(form, answer="no")
    _refused(shown, 422)
    assert "Er is al een antwoord" in shown.text


async def test_a_link_that_is_not_ours_or_is_revoked_answers_in_the_same_words(street: Street) -> None:
    asked, invitation, path = await _invited(street)
    await street.within(lambda tx: repository.revoke(tx, holder_id=asked))
    visitor = street.visitor()
    revoked, made_up = await visitor.see(path), await visitor.see("/l/" + "A" * 43)
    _refused(revoked, 404)
    assert revoked.text == made_up.text
    assert "Stuur mij een nieuwe link" in revoked.text
    assert invitation


async def test_an_expired_link_says_what_to_do(street: Street) -> None:
    asked, invitation, _ = await _invited(street)
    path = await street.link(
        "invitation", participant=asked, matter=invitation, expires_at=clock.now() - timedelta(seconds=1)
    )
    shown = await street.visitor().see(path)
    _refused(shown, 410)
    assert shown.form("email")["action"] == "/new-link"


async def test_one_persons_link_never_opens_another_persons_matter(street: Street) -> None:
    """What is not theirs is answered in the words for what isn't there."""
    _, invitation, _ = await _invited(street)
    other = await street.someone("Karim")
    path = await street.link("invitation", participant=other, matter=invitation)
    _refused(await street.visitor().see(path), 404)
    visitor = await _at_home(street, other)
    _refused(await visitor.see(f"/mine/invitation/{invitation}"), 404)


async def test_a_form_is_taken_only_from_whom_it_was_shown_to(street: Street) -> None:
    """Without its token, with another's, from another site: nothing happens."""
    asked, _, path = await _invited(street)
    _, _, others = await _invited(street)
    visitor = street.visitor()
    form = (await visitor.see(path)).form("answer")
    foreign = (await visitor.see(others)).form("answer")
    for fields in ({}, {"form": ""}, {"form": "x" * 43}, foreign["fields"]):
        body = urlencode({**fields, "answer": "yes"}, doseq=True).encode()
        assert (await visitor.ask("POST", path, body)).status == 403
    body = urlencode({**form["fields"], "answer": "yes"}, doseq=True).encode()
    assert (await visitor.ask("POST", path, body, Sec_Fetch_Site="cross-site")).status == 403
    assert (await visitor.ask("POST", path, body, Origin="https://elsewhere.example")).status == 403
    assert [each.stage for each in await street.invitations(asked)] == ["asked"]


async def test_a_form_shown_in_one_session_is_worth_nothing_in_another(street: Street) -> None:
    one, other = await street.someone("Een"), await street.someone("Ander")
    mine, theirs = await _at_home(street, one), await _at_home(street, other)
    form = (await theirs.see("/mine/pause")).form("until")
    assert (await mine.post(form)).status == 403
    assert (await street.show(one)).status == "active"


async def test_without_a_session_ones_own_page_stays_shut(street: Street) -> None:
    visitor = street.visitor()
    shown = await visitor.see("/mine/held")
    _refused(shown, 401)
    for cookie in ("", "A" * 43, "weefsel"):
        assert (await visitor.ask("GET", "/mine/held.json", Cookie=f"weefsel={cookie}")).status == 401


async def test_a_session_ends_when_it_is_closed_and_by_itself(street: Street) -> None:
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    kept = next(iter(visitor.cookies)).value
    await visitor.send((await visitor.see("/mine/close")).forms[0])
    assert (await visitor.ask("GET", "/mine", Cookie=f"weefsel={kept}")).status == 401
    visitor = await _at_home(street, who)
    await street.whole.stack.execute("notify", "UPDATE page_session SET expires_at = started_at")
    assert (await visitor.ask("GET", "/mine")).status == 401


async def test_a_workers_session_is_no_participants_and_the_other_way_round(street: Street) -> None:
    visitor = await _at_home(street, await street.someone("Martine"))
    assert (await visitor.ask("GET", "/desk")).status == 401
    worker = street.visitor()
    await worker.send((await worker.see(await street.link("desk", worker=street.worker_id))).forms[0])
    assert (await worker.ask("GET", "/mine")).status == 401


async def test_a_link_to_the_desk_opens_it_once(street: Street) -> None:
    path = await street.link("desk", worker=street.worker_id, detail="/desk/close")
    first, second = street.visitor(), street.visitor()
    forms = [(await each.see(path)).forms[0] for each in (first, second)]
    answers = await asyncio.gather(first.post(forms[0]), second.post(forms[1]))
    assert sorted(each.status for each in answers) == [200, 303]
    assert sum("Set-Cookie" in each.headers for each in answers) == 1
    assert "Stuur mij een nieuwe link" in (await street.visitor().see(path)).text


@pytest.mark.parametrize("detail", ["//elsewhere.example", "https://elsewhere.example", "/mine/../desk", "/desk/x"])
async def test_a_link_leads_nowhere_outside(street: Street, detail: str) -> None:
    visitor = street.visitor()
    shown = await visitor.see(await street.link("page", participant=await street.someone("Jos"), detail=detail))
    assert (await visitor.post(shown.forms[0])).location == "/mine"


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(street: Street) -> None:
    visitor = street.visitor()
    shown = await visitor.see(await street.link("page", participant=await street.someone("Jos")))
    cookie = (await visitor.post(shown.forms[0])).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_every_answer_tells_the_browser_what_it_has_to_keep_to(street: Street) -> None:
    visitor = street.visitor()
    for path in ("/", "/mine", "/nothing", "/l/x", "/new-link"):
        headers = (await visitor.ask("GET", path)).headers
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Strict-Transport-Security"] is None


async def test_no_page_has_a_script_or_a_style_of_its_own(street: Street) -> None:
    """What the policy forbids isn't there either, so that nothing is broken by it."""
    _, _, path = await _invited(street)
    for where in (path, "/", "/new-link"):
        text = (await street.visitor().see(where)).response.text
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text)


async def test_html_in_a_wish_is_shown_as_it_was_written(street: Street) -> None:
    who = await street.someone(HTML, wishes=[{"words": HTML}])
    visitor = await _at_home(street, who)
    for path in ("/mine", "/mine/likes", "/mine/me", "/mine/held"):
        text = (await visitor.see(path)).response.text
        assert "<script" not in text
        assert "<b>vet" not in text


async def test_a_name_of_five_kilobytes_is_a_sentence_at_its_field(street: Street) -> None:
    visitor = await _at_home(street, await street.someone("Jos"))
    form = (await visitor.see("/mine/reach")).form("name")
    shown = await visitor.send(form, name="J" * 5_000)
    _refused(shown, 422)
    assert "Dit is te lang" in shown.text
    assert (await visitor.post(form, name="J" * 200_000)).status == 413


async def test_a_line_end_in_what_was_filled_in_makes_no_header(street: Street) -> None:
    visitor = await _at_home(street, await street.someone("Jos"))
    form = (await visitor.see("/mine/reach")).form("name")
    answer = await visitor.post(form, name="Jos\r\nSet-Cookie: a=b")
    assert answer.status in (303, 422)
    assert answer.headers["Set-Cookie"] is None
    lang = await visitor.ask("GET", "/?lang=nl%0d%0aSet-Cookie:%20a=b")
    assert lang.headers["Set-Cookie"] is None


async def test_whoever_tries_tokens_is_stopped(street: Street) -> None:
    """By where they come from; who holds a link from there still gets in."""
    _, _, path = await _invited(street)
    visitor = street.visitor()
    try:
        statuses = [(await visitor.ask("GET", f"/l/{number:043d}")).status for number in range(40)]
        assert statuses[0] == 404
        assert statuses[-1] == 429
        assert (await visitor.ask("GET", "/l/x")).headers["Retry-After"] == "600"
        assert (await visitor.ask("GET", path)).status == 200
    finally:
        await street.whole.stack.execute("notify", "DELETE FROM page_use")


async def test_a_link_can_be_posted_only_so_often(street: Street) -> None:
    _, _, path = await _invited(street)
    visitor = street.visitor()
    form = (await visitor.see(path)).form("answer")
    try:
        statuses = [(await visitor.post(form, answer="maybe")).status for _ in range(62)]
        assert statuses[0] == 422
        assert statuses[-1] == 429
    finally:
        await street.whole.stack.execute("notify", "DELETE FROM page_use")


async def test_whether_an_address_is_known_is_told_to_nobody(street: Street) -> None:
    """The same page, whoever asks; only who has the mailbox learns it. And not more than a few mails an hour."""
    who = await street.someone("Jos", reach={"by": "email", "email": "jos.known@example.org"})
    visitor = street.visitor()
    form = (await visitor.see("/new-link")).form("email")
    known = [await visitor.send(form, email="jos.known@example.org") for _ in range(5)]
    unknown = await visitor.send(form, email="nobody.known@example.org")
    assert {each.text for each in known} == {unknown.text}
    assert {each.status for each in known} == {unknown.status}
    rows = await street.whole.stack.fetch("notify", "SELECT to_id FROM mail WHERE kind = 'new-link'")
    assert [row["to_id"] for row in rows] == [who] * 3


async def test_what_the_pages_keep_holds_no_token_and_no_address(street: Street) -> None:
    _, _, path = await _invited(street)
    await street.visitor().ask("GET", "/l/wrong")
    for table in ("link", "page_session", "page_use"):
        rows = await street.whole.stack.fetch("notify", f"SELECT t::text FROM {table} AS t")
        assert not any(path.removeprefix("/l/") in row[0] or "127.0.0.1" in row[0] for row in rows)


async def test_logs_hold_no_token_no_name_and_no_address(street: Street, capfd: Any) -> None:
    _, _, path = await _invited(street)
    visitor = street.visitor()
    shown = await visitor.see(path)
    await visitor.send(shown.form("answer"), answer="yes")
    await visitor.see("/l/not-a-token?email=jos@example.org")
    said = "".join(capfd.readouterr())
    assert "a page was asked for" in said
    assert "/l/{token}" in said
    for secret in (path.removeprefix("/l/"), "not-a-token", "jos@", "127.0.0.1", "Peeters", "haag"):
        assert secret not in said, secret


async def test_contacts_are_shown_once_both_have_agreed_and_not_before(street: Street) -> None:
    asks = await street.someone("Martine De Smet", reach={"by": "phone", "phone": "0470 11 22 33"})
    asked = await street.someone("Jos Peeters", reach={"by": "phone", "phone": "0470 44 55 66"})
    exchange = await street.opens(asks)
    invitation = await street.invites(exchange, asked)
    await street.whole.client.get(
        AnswerInvitation(invitation_id=invitation, answer="yes"), actor=f"participant:{asked}"
    )
    visitor = street.visitor()
    theirs = await street.link("exchange", participant=asks, matter=exchange)
    his = await street.link("exchange", participant=asked, matter=exchange)
    before, his_before = await visitor.see(theirs), await visitor.see(his)
    assert "Jos Peeters" in before.text
    assert "0470 44 55 66" not in before.text
    assert "Martine" not in his_before.text
    await street.whole.client.get(AnswerProposal(exchange_id=exchange, answer="yes"), actor=f"participant:{asks}")
    assert "0470 44 55 66" in (await visitor.see(theirs)).text
    assert "0470 11 22 33" in (await visitor.see(his)).text


@pytest.mark.parametrize("which", ["expired", "used"])
async def test_who_comes_with_a_link_that_is_over_is_sent_a_new_one(street: Street, which: str) -> None:
    """The form on that page works: it asks for nothing but an address, whoever's link it was."""
    path = await street.link(
        "desk", worker=street.worker_id, expires_at=clock.now() - timedelta(seconds=1) if which == "expired" else None
    )
    if which == "used":
        first = street.visitor()
        await first.send((await first.see(path)).forms[0])
    visitor = street.visitor()
    sent = await visitor.send((await visitor.see(path)).form("email"), email="nobody.at.all@example.org")
    assert sent.status == 200, sent.text
    assert "Kijk in uw mail" in sent.text


async def test_with_the_desk_open_each_line_of_a_digest_leads_straight_on(street: Street) -> None:
    """No button, no new session, and the link stays what it was; someone else's desk is not opened by it."""
    visitor = street.visitor()
    await visitor.send((await visitor.see(await street.link("desk", worker=street.worker_id))).forms[0])
    kept = next(iter(visitor.cookies)).value
    path = await street.link("desk", worker=street.worker_id, detail="/desk/people")
    straight = await visitor.ask("GET", path)
    assert (straight.status, straight.location) == (303, "/desk/people")
    assert "Set-Cookie" not in straight.headers
    assert next(iter(visitor.cookies)).value == kept
    elsewhere = await street.visitor().see(path)
    assert elsewhere.status == 200, "it was not used up"
    assert elsewhere.forms[0]["action"] == path
    other = await street.link("desk", worker=await street.colleague_elsewhere())
    assert (await visitor.ask("GET", other)).status == 200, "another worker's link asks before it opens"


async def test_a_form_of_another_tab_does_nothing_for_somebody_else(street: Street) -> None:
    """Chosen in one tab for whom one acts, a form that another tab still shows is worth nothing."""
    me, other = await street.someone("Martine"), await street.someone("Rosa")
    await street.whole.client.get(
        GiveMandate(participant_id=other, holder_id=me, on_word_of="participant"), actor=f"participant:{other}"
    )
    visitor = await _at_home(street, me)

    async def may() -> bool:
        return "Rosa" in (await visitor.see("/mine/for")).text

    await eventually(may, within=20, what="the mandate to be known")
    old = (await visitor.see("/mine/pause")).form("until")
    await visitor.send((await visitor.see("/mine/for")).form("who"), who=str(other))
    shown = await visitor.send(old)
    assert shown.status == 403
    assert "Laten we dat nog eens proberen" in shown.text
    assert {(await street.show(each)).status for each in (me, other)} == {"active"}


async def test_the_button_back_after_an_answer_shows_it_and_a_second_send_changes_nothing(street: Street) -> None:
    asked, _, path = await _invited(street)
    visitor = street.visitor()
    before = (await visitor.see(path)).form("answer")
    await visitor.send(before, answer="yes")
    again = await visitor.send(before, answer="yes")
    assert again.status == 200
    assert "U zei ja" in again.text
    assert [each.stage for each in await street.invitations(asked)] == ["yes"]


async def test_a_sign_that_turns_a_line_around_is_a_sentence_at_its_field(street: Street) -> None:
    """Names that are written from right to left are taken as they are; signs that nobody sees are not."""
    visitor = await _at_home(street, await street.someone("Jos"))
    form = (await visitor.see("/mine/reach")).form("name")
    _refused(await visitor.send(form, name="\u202eJos"), 422)
    assert (await visitor.send(form, name="\u05d0\u05d1 \u05d2")).status == 200
    assert 'dir="auto"' in (await visitor.see("/mine/reach")).response.text
