"""A browser without scripts: it opens pages, keeps cookies, fills in forms."""

from __future__ import annotations

import asyncio
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin


class _Stays(urllib.request.HTTPRedirectHandler):
    """Shows where a page leads instead of going there."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Response:
    status: int
    headers: Message
    body: bytes
    url: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return str(self.headers.get("location", ""))


class Visitor:
    """One browser; a second one knows nothing of its cookies."""

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self.base = base
        self.headers = {"Accept-Language": "nl"} | headers
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), _Stays())

    async def ask(self, method: str, path: str, data: bytes | None = None, **headers: str) -> Response:
        """One request, without going where it leads."""
        return await asyncio.to_thread(self._ask, method, path, data, headers)

    def _ask(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            urljoin(self.base, path), data=data, headers=self.headers | named, method=method
        )
        try:
            with self._opener.open(request, timeout=20) as answer:
                return Response(answer.status, answer.headers, answer.read(), answer.url)
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, error.headers, error.read(), error.url)

    async def see(self, path: str, **headers: Any) -> Shown:
        """Open a page, going where it leads."""
        return await self._shown(await self.ask("GET", path, **headers))

    async def send(self, form: dict[str, Any], **fields: Any) -> Shown:
        """Fill in a form, send it, and go where it leads."""
        return await self._shown(await self.post(form, **fields))

    async def post(self, form: dict[str, Any], **fields: Any) -> Response:
        """Fill in a form and send it."""
        given = form["fields"] | {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
        return await self.ask("POST", form["action"], urlencode(given, doseq=True).encode())

    async def _shown(self, response: Response) -> Shown:
        while response.status in (302, 303):
            response = await self.ask("GET", response.location)
        parser = _Forms()
        parser.feed(response.text)
        return Shown(response, parser.forms, re.sub(r"\s+", " ", " ".join(parser.text)))


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.text: list[str] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": a.get("action", ""), "fields": {}, "buttons": []})
        form = self.forms[-1] if self.forms else {"fields": {}, "buttons": []}
        if tag == "input" and a.get("name"):
            kind = a.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in a:
                form["fields"].setdefault(a["name"], []).append(a.get("value", ""))
        elif tag == "textarea":
            self._area = a["name"]
            form["fields"][a["name"]] = [""]
        elif tag == "select":
            self._select = a["name"]
            form["fields"][a["name"]] = []
        elif tag == "option" and self._select and ("selected" in a or not form["fields"][self._select]):
            form["fields"][self._select] = [a.get("value", "")]
        elif tag == "button" and a.get("name"):
            form["buttons"].append((a["name"], a.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1]["fields"][self._area][0] += data
        elif data.strip():
            self.text.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "select":
            self._select = ""


@dataclass
class Shown:
    """What came: its status, its words, its forms."""

    response: Response
    forms: list[dict[str, Any]]
    text: str

    @property
    def status(self) -> int:
        return self.response.status

    def form(self, has: str = "", action: str = "") -> dict[str, Any]:
        """The form with a field, button value, or action of this name."""
        for each in self.forms:
            names = {*each["fields"], *(value for _, value in each["buttons"]), *(n for n, _ in each["buttons"])}
            names |= {value for values in each["fields"].values() for value in values}
            if (not has or has in names) and (not action or each["action"] == action):
                return each
        raise AssertionError(f"no form with {has or action} among {self.forms}")
