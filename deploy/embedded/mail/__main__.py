"""`python -m deploy.embedded.mail FOLDER SMTP_PORT INBOX_PORT`: both on loopback, until SIGTERM."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deploy.embedded.mail.serving import serve


def main() -> int:
    try:
        folder, smtp_port, inbox_port = sys.argv[1:]
        ports = int(smtp_port), int(inbox_port)
    except ValueError:
        sys.stderr.write("Usage: python -m deploy.embedded.mail FOLDER SMTP_PORT INBOX_PORT\n")
        return 2
    try:
        asyncio.run(serve(Path(folder), *ports))
    except OSError as error:
        sys.stderr.write(f"The mail catcher can't start: {error.strerror or error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
