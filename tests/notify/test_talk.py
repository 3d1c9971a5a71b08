"""Talking with a mail server, with and without PIPELINING: each answer counts for its own line, however it comes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.sending.host import Away, Host, NeverLikeThis, NoSuchAddress, NotNow
from services.notify.sending.message import Post
from services.notify.sending.talk import Talk
from tests.notify.smtp import Act, ScriptedSmtp

BOTH = pytest.mark.parametrize("smtp", [("8BITMIME",), ("PIPELINING", "8BITMIME")], indirect=True)

ACTS: dict[Act, type[Exception] | None] = {
    "take": None, "450": NotNow, "421": NotNow, "drop-at-rcpt": NotNow, "drop-mid-data": NotNow, "550": NoSuchAddress,
    "550-5.7.1": NeverLikeThis, "554": NeverLikeThis, "451-after-data": NotNow, "552-after-data": NeverLikeThis,
    "550-5.1.1-after-data": NoSuchAddress,
}  # fmt: skip
"""What the server does with a mail, and what that means."""


@pytest.fixture
async def smtp(request: pytest.FixtureRequest) -> AsyncIterator[ScriptedSmtp]:
    async with ScriptedSmtp(extensions=request.param).running() as made:
        yield made


def _host(smtp: ScriptedSmtp, patience: float = 5.0) -> Host:
    settings = SimpleNamespace(
        smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_tls="none", smtp_timeout=patience, smtp_user="", smtp_ca=None
    )
    return Host(cast(Any, settings))


def _post(to: str, body: str = "Dag") -> Post:
    content = f"Message-ID: <{to}>\r\n\r\n{body}\r\n".encode()
    return Post(to, "weefsel@example.org", content, needs_utf8=not to.isascii())


async def _hand_over(host: Host, post: Post, following: Post | None = None) -> None:
    async def window(hand_over: Callable[[], Awaitable[None]]) -> None:
        await hand_over()

    await host.deliver(post, window, lambda: following)


async def _deliver(host: Host, to: str, body: str = "Dag") -> None:
    await _hand_over(host, _post(to, body))


@BOTH
@pytest.mark.parametrize(("act", "meant"), [(act, meant) for act, meant in ACTS.items() if meant])
async def test_whatever_it_answers_the_next_mail_arrives_and_no_other(
    smtp: ScriptedSmtp, act: Act, meant: type[Exception]
) -> None:
    host = _host(smtp)
    smtp.script["jos@example.org"] = [act]
    await _deliver(host, "an@example.org")
    with pytest.raises(meant):
        await _deliver(host, "jos@example.org")
    await _deliver(host, "kim@example.org")
    await host.close()
    assert [to for to, _ in smtp.accepted] == ["an@example.org", "kim@example.org"]


@dataclass(frozen=True)
class Turn:
    """A mail: what becomes of it; whether it is known when the one ahead goes, and gone when its own turn comes."""

    act: Act
    known: bool
    gone: bool


TURNS = st.builds(Turn, st.sampled_from(list(ACTS)), st.booleans(), st.sampled_from([False, False, True]))


@pytest.mark.parametrize("extensions", [("8BITMIME",), ("PIPELINING", "8BITMIME")])
@settings(max_examples=60, deadline=None)
@given(turns=st.lists(TURNS, min_size=2, max_size=7))
def test_with_the_next_begun_along_each_still_gets_what_it_would_alone(
    extensions: tuple[str, ...], turns: list[Turn]
) -> None:
    """What is taken is what was given, once each, in order; an answer is never read as that to another mail."""

    async def run() -> None:
        posts = [_post(f"p{number}@example.org") for number in range(len(turns))]
        script: dict[str, list[Act]] = {post.to: [turn.act] for post, turn in zip(posts, turns, strict=True)}
        async with ScriptedSmtp(extensions=extensions, script=script).running() as smtp:
            host, right = _host(smtp), []
            for number, (post, turn) in enumerate(zip(posts, turns, strict=True)):
                if turn.gone:
                    continue
                ahead = number + 1 < len(turns) and turns[number + 1].known
                seen = smtp.tried[post.to] > 0 and not script[post.to]
                try:
                    await _hand_over(host, post, posts[number + 1] if ahead else None)
                    right.append(post.to)
                except (NotNow, NoSuchAddress, NeverLikeThis) as error:
                    assert type(error) is ACTS.get(turn.act) or seen, (turn, error)
            await host.close()
            assert [to for to, _ in smtp.accepted] == right

    asyncio.run(run())


@BOTH
async def test_no_answer_in_time_ends_the_connection(smtp: ScriptedSmtp) -> None:
    host, smtp.slow = _host(smtp, patience=0.2), 1.0
    smtp.script["jos@example.org"] = ["slow"]
    with pytest.raises(NotNow):
        await _deliver(host, "jos@example.org")
    await _deliver(host, "an@example.org")
    assert smtp.connections == 2


@BOTH
async def test_what_stands_at_the_beginning_of_a_line_ends_no_mail(smtp: ScriptedSmtp) -> None:
    host = _host(smtp)
    await _deliver(host, "jos@example.org", "een\r\n.\r\n..\r\n.twee")
    ((_, message),) = smtp.accepted
    assert message.get_content().split() == ["een", ".", "..", ".twee"]


@BOTH
async def test_letters_that_it_does_not_take_are_no_address_to_it(smtp: ScriptedSmtp) -> None:
    host = _host(smtp)
    for each in ("josé@example.org", "jos @example.org", "jos@example.org>\r\nRCPT TO:<an@example.org", "(x)a@b.org"):
        with pytest.raises(NoSuchAddress):
            await _deliver(host, each)
    await _deliver(host, "o'brien@example.org")
    assert [to for to, _ in smtp.accepted] == ["o'brien@example.org"]
    assert not [each for each in smtp.said if each.startswith("RCPT") and "o'brien" not in each]


@BOTH
async def test_a_server_that_is_gone_is_away(smtp: ScriptedSmtp) -> None:
    smtp.greeting = "421 4.3.2 too busy"
    with pytest.raises(Away):
        await _deliver(_host(smtp), "jos@example.org")


class _Line:
    """A transport that keeps what is said."""

    def __init__(self) -> None:
        self.said, self.closed = b"", False

    def set_protocol(self, _: object) -> None: ...

    def is_closing(self) -> bool:
        return self.closed

    def write(self, content: bytes) -> None:
        self.said += content

    def abort(self) -> None:
        self.closed = True


def _talk(line: _Line, *extensions: str) -> Talk:
    return Talk(cast(Any, SimpleNamespace(transport=line, supports_extension=lambda name: name in extensions)), 5.0)


ANSWERS = [(250, "2.1.0 fine"), (250, "a b"), (354, "go on"), (250, "kept")]
AS_BYTES = b"250 2.1.0 fine\r\n250-a\r\n250 b\r\n354 go on\r\n250 kept\r\n"


@given(st.lists(st.integers(0, len(AS_BYTES)), max_size=12), st.booleans())
def test_however_its_answers_are_cut_up_each_belongs_to_its_line(cuts: list[int], at_once: bool) -> None:
    async def read() -> list[tuple[int, str]]:
        talk = _talk(_Line(), *(["pipelining"] if at_once else []))
        talk.say(b"MAIL\r\n", b"RCPT\r\n", b"DATA\r\n", b".\r\n")
        talk._owed = len(ANSWERS)  # as if all were said, so that none of them comes unasked
        at = [0, *sorted(cuts), len(AS_BYTES)]
        for begin, end in itertools.pairwise(at):
            talk.data_received(AS_BYTES[begin:end])
        return [(each.code, each.words) for each in [await talk.answer() for _ in ANSWERS]]

    assert asyncio.run(read()) == ANSWERS


async def test_with_pipelining_the_lines_of_a_mail_are_said_at_once_and_else_one_after_another() -> None:
    for extensions, first in ((("pipelining",), b"MAIL\r\nRCPT\r\n"), ((), b"MAIL\r\n")):
        line = _Line()
        talk = _talk(line, *extensions)
        talk.say(b"MAIL\r\n", b"RCPT\r\n")
        answer = asyncio.ensure_future(talk.answer())
        await asyncio.sleep(0)
        assert line.said == first
        talk.data_received(b"250 fine\r\n")
        assert (await answer).code == 250


@pytest.mark.parametrize(
    "said", [b"421 goodbye\r\n", b"what?\r\n", b"2\r\n", b"250-" + b"x" * 100_000, b"250-\r\n" * 100_000]
)
async def test_what_it_says_unasked_or_is_no_answer_ends_the_talk(said: bytes) -> None:
    line = _Line()
    talk = _talk(line)
    talk.data_received(said)
    assert line.closed
    assert talk.is_over
    with pytest.raises(OSError, match=r"spoke unasked|no answer|says more"):
        talk.pass_on(b"MAIL\r\n")
