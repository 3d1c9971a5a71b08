"""A mail server that takes everything, as a process of its own: `python -m benchmarks.mail_sink PORT`.

Besides SMTP it knows `XSEEN` (how many mails it took), `XTIMES` (when it took each, by the address) and `XFORGET`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time


class Sink:
    """Counts what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        to = ""
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                to = line.partition(b"<")[2].partition(b">")[0].decode()
                writer.write(b"250 fine\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                await reader.readuntil(b"\r\n.\r\n")
                self.taken.append((to, time.time()))
                writer.write(b"250 kept\r\n")
            elif verb == b"XSEE":
                writer.write(f"250 {len(self.taken)}\r\n".encode())
            elif verb == b"XTIM":
                writer.write(json.dumps(self.taken).encode() + b"\r\n")
            elif verb == b"XFOR":
                self.taken.clear()
                writer.write(b"250 forgotten\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 goodbye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
            await writer.drain()
        writer.close()


async def main(port: int) -> None:
    """Until it is ended."""
    server = await asyncio.start_server(Sink().serve, "127.0.0.1", port, limit=2**22)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
