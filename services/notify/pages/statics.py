"""The one style sheet, under a name that changes with what is in it, so that browsers keep it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parents[1] / "static"


@cache
def sheet() -> tuple[str, str]:
    """Its name, with a hash, and what is in it: all style sheets in order of their names, tokens first."""
    files = sorted(FOLDER.glob("*.css"), key=lambda path: (path.name != "tokens.css", path.name))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return f"weefsel-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css", text


async def static(request: Request) -> Response:
    """The style sheet; one of before too, which a page that is still open may ask for."""
    name, text = sheet()
    asked = request.path_params["name"]
    if asked == name:
        keep = "public, max-age=31536000, immutable"
    elif asked.startswith("weefsel-") and asked.endswith(".css"):
        keep = "no-store"
    else:
        return Response(status_code=404)
    return Response(text, media_type="text/css", headers={"Cache-Control": keep})
