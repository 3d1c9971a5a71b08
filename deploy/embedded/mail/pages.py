"""The inbox in the browser, on loopback, for whoever sits at this machine."""

from __future__ import annotations

import base64
import re
from importlib import resources
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.embedded.mail.api import Api, download
from deploy.embedded.mail.guard import FRAMED, Guard
from deploy.embedded.mail.language import preferred
from deploy.embedded.mail.mailbox import Entry, Mailbox
from deploy.embedded.mail.reading import Mail, decoded, read

PER_PAGE = 50
SHOWN = 200_000
"""Characters of a text that a page shows; the rest is in the download."""

_REMOTE = re.compile(
    r"""(?:src|srcset|background|poster)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//""", re.I
)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_TEMPLATES = Environment(
    loader=PackageLoader("deploy.embedded.mail"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def application(mailbox: Mailbox) -> Starlette:
    pages = Pages(mailbox)
    return Starlette(
        routes=[*pages.routes(), *Api(mailbox).routes()],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]), Middleware(Guard)],
        exception_handlers={HTTPException: pages.failed},
    )


class Pages:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def routes(self) -> list[Route]:
        return [
            Route("/", self.inbox),
            Route("/delete", self.delete, methods=["POST"]),
            Route("/message/{id}", self.message),
            Route("/message/{id}/html", self.html),
            Route("/message/{id}/download", self.download),
            Route("/message/{id}/part/{part}", Api(self.mailbox).part),
            Route("/healthz", healthz),
            Route("/style.css", _file("style.css", "text/css")),
            Route("/inbox.js", _file("inbox.js", "text/javascript")),
        ]

    def inbox(self, request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        found = self.mailbox.entries(query)
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(_number(request.query_params.get("page", "")), pages)
        return _page(
            request,
            "inbox.html",
            query=query,
            count=len(found),
            entries=found[(page - 1) * PER_PAGE : page * PER_PAGE],
            newest=found[0].id if found else "",
            page=page,
            pages=pages,
        )

    def message(self, request: Request) -> Response:
        entry, mail, raw = self._mail(request)
        views = [name for name, there in (("html", mail.html), ("text", mail.text)) if there]
        views = [*(views or ["text"]), "headers", "source"]
        wanted = request.query_params.get("view", "")
        view = wanted if wanted in views else views[0]
        text = {"text": mail.text, "source": decoded(raw[: SHOWN * 2])}.get(view, "")
        return _page(
            request,
            "message.html",
            entry=entry,
            mail=mail,
            attachments=[part for part in mail.parts if not part.inline],
            views=views,
            view=view,
            text=text[:SHOWN],
            cut=len(text) > SHOWN or (view == "source" and len(raw) > SHOWN * 2),
            blocked=view == "html" and bool(_REMOTE.search(mail.html)),
        )

    def html(self, request: Request) -> Response:
        """The mail's own HTML, for the frame: without scripts, and with nothing from elsewhere."""
        _, mail, _ = self._mail(request)
        return HTMLResponse(_framed(mail), headers={"Content-Security-Policy": FRAMED})

    def download(self, request: Request) -> Response:
        entry, _, raw = self._mail(request)
        return download(raw, "message/rfc822", f"{entry.id}.eml")

    def delete(self, _: Request) -> Response:
        self.mailbox.delete()
        return RedirectResponse("/", status_code=303)

    def failed(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if request.url.path.startswith("/api/"):
            detail = error.detail if isinstance(error, HTTPException) else ""
            return JSONResponse({"Error": detail}, status)
        return _page(request, "gone.html", status=status)

    def _mail(self, request: Request) -> tuple[Entry, Mail, bytes]:
        entry = self.mailbox.find(request.path_params["id"])
        raw = self.mailbox.raw(entry) if entry else b""
        if entry is None or not raw:
            raise HTTPException(404)
        return entry, read(raw), raw


async def healthz(_: Request) -> Response:
    """Answers once SMTP listens too: that one starts first."""
    return PlainTextResponse("ok")


def _page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    say = preferred(request.headers.get("accept-language", ""))
    text = _TEMPLATES.get_template(template).render(say=say, **values)
    return HTMLResponse(text, status, headers={"Vary": "Accept-Language", "Content-Language": say.code})


def _framed(mail: Mail) -> str:
    """With its own pictures put in, and links that open outside of the frame."""
    markup = mail.html
    for part in mail.parts:
        if part.content_id:
            data = f"data:{part.type};base64,{base64.b64encode(part.content).decode('ascii')}"
            for written in {part.content_id, quote(part.content_id), quote(part.content_id, safe="")}:
                markup = markup.replace(f"cid:{written}", data)
    head = _HEAD.search(markup)
    place = head.end() if head else 0
    return f'{markup[:place]}<base target="_blank">{markup[place:]}'


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _file(name: str, type_: str) -> Any:
    content = resources.files("deploy.embedded.mail").joinpath("templates", name).read_bytes()

    async def file(_: Request) -> Response:
        return Response(content, media_type=type_)

    return file
