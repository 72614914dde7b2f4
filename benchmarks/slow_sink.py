"""A mail server in a process of its own that takes a while for each message, and says what it took; used by alerts.py.

As little as SMTP needs, so that its CPU is small beside what is measured.
"""

import asyncio
import multiprocessing
import re
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from ombud.trouble import Trouble

_SPAWN = multiprocessing.get_context("spawn")
_MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE)
_ANSWERS_WITHIN = 30.0
_REPLIES = {b"EHLO": "250-slow sink\r\n250 PIPELINING", b"DATA": "354 go on", b"QUIT": "221 bye"}


class SlowSink:
    """`took` gives the Message-IDs since the last time. Ends with us."""

    def __init__(self) -> None:
        self._ours, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._port = int(self._answer())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def take_each(self, seconds: float) -> None:
        """How long the answer to each message takes from now on."""
        self._ours.send(seconds)
        self._answer()

    def took(self) -> list[str]:
        self._ours.send(None)
        taken: list[str] = self._answer()
        return taken

    def close(self) -> None:
        with suppress(OSError):
            self._ours.close()  # which is how it hears of it
        self._process.join(5)
        self._process.kill()
        self._process.join()

    def _answer(self) -> Any:
        if not self._ours.poll(_ANSWERS_WITHIN):
            raise Trouble("the slow mail server does not answer")
        return self._ours.recv()


class _Books:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.taken: list[str] = []


class _Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, books: _Books) -> None:
        self._books, self._got, self._in_letter = books, b"", False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._say("220 slow sink")

    def data_received(self, data: bytes) -> None:
        self._got += data
        while (end := self._got.find(b"\r\n.\r\n" if self._in_letter else b"\r\n")) >= 0:
            if self._in_letter:
                letter, self._got = self._got[:end], self._got[end + 5 :]
                self._take(letter)
            else:
                line, self._got = self._got[:end], self._got[end + 2 :]
                self._obey(line[:4].upper())

    def _take(self, letter: bytes) -> None:
        self._in_letter = False
        found = _MESSAGE_ID.search(letter)
        self._books.taken.append(found[1].decode() if found else "")
        asyncio.get_running_loop().call_later(self._books.seconds, self._say, "250 2.0.0 taken")

    def _obey(self, verb: bytes) -> None:
        self._in_letter = verb == b"DATA"
        self._say(_REPLIES.get(verb, "250 OK"))
        if verb == b"QUIT":
            self._transport.close()

    def _say(self, line: str) -> None:
        self._transport.write(line.encode() + b"\r\n")


def _serve(ours: Connection) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_listen(ours))


async def _listen(ours: Connection) -> None:
    books, ended = _Books(), asyncio.Event()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(books), "127.0.0.1", 0, backlog=512)

    def obey() -> None:
        try:
            wish = ours.recv()
        except (EOFError, OSError):
            ended.set()
            loop.remove_reader(ours.fileno())
            return
        if wish is None:
            ours.send(books.taken)
            books.taken = []
        else:
            books.seconds = wish
            ours.send("so be it")

    loop.add_reader(ours.fileno(), obey)
    ours.send(server.sockets[0].getsockname()[1])
    await ended.wait()
