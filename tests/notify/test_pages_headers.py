"""What browsers have to keep to where the pages have https in front of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.notify.pages import guard
from services.notify.pages.app import application
from services.notify.pages.context import Context
from services.notify.pages.headers import Headers
from services.notify.pages.opening import session_cookie
from services.notify.pages.templates import environment
from shared.policy import load


async def _headers(hsts: bool) -> dict[bytes, bytes]:
    sent: list[Any] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    await Headers(app, hsts=hsts)({"type": "http"}, cast(Any, None), send)
    return dict(sent[0]["headers"])


async def test_browsers_are_told_to_come_by_https_where_the_setting_says_so() -> None:
    assert b"strict-transport-security" in await _headers(hsts=True)
    assert b"strict-transport-security" not in await _headers(hsts=False)


@pytest.mark.parametrize(
    ("url", "secure", "name"),
    [("https://buren.example", True, "__Host-weefsel"), ("http://127.0.0.1:8080", False, "weefsel")],
)
def test_by_https_a_session_is_kept_to_this_host_and_to_https(url: str, secure: bool, name: str) -> None:
    settings = cast(Any, SimpleNamespace(pages_url=url))
    context = Context(settings, *cast(Any, [None] * 5), b"secret")
    assert (context.secure, session_cookie(context)) == (secure, name)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("somewhere", "unknown"),
    ],
)
def test_who_has_a_whole_network_of_addresses_comes_from_one_place(host: str, place: str) -> None:
    assert guard.place(host) == place


async def test_a_page_that_fails_keeps_to_the_same_headers_and_its_words_reach_no_log() -> None:
    """What it failed on may hold a name; raised further, the server would log it with all its words."""
    settings = cast(Any, SimpleNamespace(pages_url="http://127.0.0.1", hsts=False, policy=load()))

    async def within(_: Any) -> None:
        raise RuntimeError("Jos Peeters, jos@example.org")

    nobody = cast(Any, None)
    app = application(Context(settings, nobody, within, within, nobody, environment(), b"secret"))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    path = "/l/nothing"
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [], "client": ("127.0.0.1", 1), "scheme": "http", "server": ("x", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    headers = dict(sent[0]["headers"])
    assert sent[0]["status"] == 500
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'")
