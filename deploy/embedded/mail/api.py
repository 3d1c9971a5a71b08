"""The part of Mailpit's HTTP API that tests use, so that they run against either: https://mailpit.axllent.org/docs/api-v1/."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deploy.embedded.mail.mailbox import Entry, Mailbox
from deploy.embedded.mail.reading import Address, Mail, Part, read


class Api:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def routes(self) -> list[Route]:
        return [
            Route("/api/v1/messages", self.messages),
            Route("/api/v1/messages", self.delete, methods=["DELETE"]),
            Route("/api/v1/search", self.messages),
            Route("/api/v1/message/{id}", self.message),
            Route("/api/v1/message/{id}/headers", self.headers),
            Route("/api/v1/message/{id}/raw", self.raw),
            Route("/api/v1/message/{id}/part/{part}", self.part),
        ]

    def messages(self, request: Request) -> Response:
        """Newest first; `query`, `start` and `limit` choose which."""
        start, limit = (_number(request, name, usual) for name, usual in (("start", 0), ("limit", 50)))
        everything = self.mailbox.entries()
        query = request.query_params.get("query", "")
        found = [entry for entry in everything if entry.matches(query)]
        shown = found[start : start + limit]
        return JSONResponse(
            {
                "total": len(everything),
                "unread": 0,
                "count": len(shown),
                "messages_count": len(found),
                "messages_unread": 0,
                "start": start,
                "tags": [],
                "messages": [_summary(entry) for entry in shown],
            }
        )

    def message(self, request: Request) -> Response:
        entry = self._entry(request)
        mail = read(self.mailbox.raw(entry))
        return JSONResponse(
            {
                "ID": entry.id,
                "MessageID": mail.message_id,
                **_people(mail),
                "ReturnPath": mail.return_path,
                "Subject": mail.subject,
                "ListUnsubscribe": _unsubscribe(mail),
                "Date": (mail.date or entry.received).isoformat(),
                "Tags": [],
                "Username": "",
                "Text": mail.text,
                "HTML": mail.html,
                "Size": mail.size,
                "Inline": [_attachment(part) for part in mail.parts if part.inline],
                "Attachments": [_attachment(part) for part in mail.parts if not part.inline],
            }
        )

    def headers(self, request: Request) -> Response:
        found: dict[str, list[str]] = {}
        for name, value in read(self.mailbox.raw(self._entry(request))).headers:
            found.setdefault(name.title(), []).append(value)
        return JSONResponse(found)

    def raw(self, request: Request) -> Response:
        return PlainTextResponse(self.mailbox.raw(self._entry(request)))

    def part(self, request: Request) -> Response:
        parts = read(self.mailbox.raw(self._entry(request))).parts
        for part in parts:
            if part.id == request.path_params["part"]:
                return download(part.content, part.type, part.name)
        raise HTTPException(404)

    async def delete(self, request: Request) -> Response:
        """Those named in `{"IDs": […]}`; all of them without."""
        body = await request.body()
        try:
            named = json.loads(body or b"{}")
        except ValueError:
            named = None
        ids = (named.get("IDs") or []) if isinstance(named, dict) else None
        if not isinstance(ids, list):
            raise HTTPException(400, 'the body is {"IDs": ["…"]}, or empty for all')
        self.mailbox.delete(str(id_) for id_ in ids)
        return PlainTextResponse("ok")

    def _entry(self, request: Request) -> Entry:
        entry = self.mailbox.find(request.path_params["id"])
        if entry is None:
            raise HTTPException(404)
        return entry


def download(content: bytes, type_: str, name: str) -> Response:
    """A file to keep: never shown as a page of ours, whatever is in it."""
    headers = {
        "Content-Type": type_,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, headers=headers)


def _number(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else usual


def _summary(entry: Entry) -> dict[str, Any]:
    return {
        "ID": entry.id,
        "MessageID": entry.mail.message_id,
        "Read": True,
        **_people(entry.mail),
        "Subject": entry.mail.subject,
        "Created": entry.received.isoformat(),
        "Username": "",
        "Tags": [],
        "Size": entry.mail.size,
        "Attachments": entry.mail.attachments,
        "Snippet": entry.snippet,
    }


def _people(mail: Mail) -> dict[str, Any]:
    sender = _addresses(mail.sender)
    return {
        "From": sender[0] if sender else {"Name": "", "Address": mail.return_path},
        "To": _addresses(mail.to),
        "Cc": _addresses(mail.cc),
        "Bcc": _addresses(mail.bcc),
        "ReplyTo": _addresses(mail.reply_to),
    }


def _addresses(addresses: Iterable[Address]) -> list[dict[str, str]]:
    return [{"Name": each.name, "Address": each.address} for each in addresses]


def _attachment(part: Part) -> dict[str, Any]:
    return {
        "PartID": part.id,
        "FileName": part.name,
        "ContentType": part.type,
        "ContentID": part.content_id,
        "Size": len(part.content),
    }


def _unsubscribe(mail: Mail) -> dict[str, Any]:
    def header(wanted: str) -> str:
        return next((value for name, value in mail.headers if name.lower() == wanted), "")

    links = [link.strip(" <>") for link in header("list-unsubscribe").split(",")]
    return {
        "Header": header("list-unsubscribe"),
        "Links": [link for link in links if link],
        "Errors": "",
        "HeaderPost": header("list-unsubscribe-post"),
    }
