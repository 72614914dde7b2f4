"""Catches all mail of this machine's Ombud and shows it on a page: `python -m ombud.local.mailbox --help`."""

import argparse
import asyncio
import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from werkzeug.serving import WSGIRequestHandler, make_server

from ombud.local.mailbox_pages import MailboxPages
from ombud.local.mailbox_store import MailStore

_LARGEST = 32 * 1024 * 1024
_WRITERS = 8
_GRACE = 30.0  # seconds in which the mails under way are kept and answered


class Catcher:
    """aiosmtpd's handler: a mail is on disk before its sender gets the 250."""

    def __init__(self, store: MailStore) -> None:
        self._store = store
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="writer")
        self._unanswered: set[SMTP] = set()
        self._all_answered = asyncio.Event()
        self._is_ending = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._is_ending:
            return "421 4.3.2 the mail catcher is ending"
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        sender, recipients = envelope.mail_from or "", tuple(envelope.rcpt_tos)
        loop = asyncio.get_running_loop()
        self._unanswered.add(server)
        try:
            kept = await loop.run_in_executor(self._writers, self._store.keep, sender, recipients, content)
            return f"250 2.0.0 OK: kept as {kept}"
        except OSError as failure:
            return f"452 4.3.1 cannot keep the mail: {failure.strerror}"

    def has_answered(self, server: SMTP) -> None:
        self._unanswered.discard(server)
        if not self._unanswered:
            self._all_answered.set()

    async def finish(self) -> None:
        """Takes nothing more; waits until mails that are being written are kept and answered."""
        self._is_ending = True
        self._all_answered.clear()
        if self._unanswered:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_answered.wait(), _GRACE)


class Door(SMTP):
    """One connection; tells the catcher when an answer has left."""

    def __init__(self, catcher: Catcher, loop: asyncio.AbstractEventLoop) -> None:
        self._catcher = catcher
        super().__init__(
            catcher,
            loop=loop,
            hostname="localhost",
            ident="Ombud mail catcher",
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,
            # A service that is set up with a user and a password gets in with any.
            authenticator=lambda *_: AuthResult(success=True),
            auth_require_tls=False,
        )

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        self._catcher.has_answered(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._catcher.has_answered(self)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The page renews itself every few seconds: not worth a line each."""


async def serve(store: MailStore, smtp_port: int, http_port: int) -> None:
    """Until SIGTERM or SIGINT; then nothing new is taken, and mails under way still get their answer."""
    loop = asyncio.get_running_loop()
    catcher = Catcher(store)
    smtp = await loop.create_server(lambda: Door(catcher, loop), "127.0.0.1", smtp_port, backlog=512)
    pages = make_server("127.0.0.1", http_port, MailboxPages(store), threaded=True, request_handler=_Quiet)
    threading.Thread(target=pages.serve_forever, name="pages", daemon=True).start()
    print(f"mail catcher: SMTP on 127.0.0.1:{smtp_port}, page at http://127.0.0.1:{http_port}/", flush=True)
    asked_to_end = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, asked_to_end.set)
    await asked_to_end.wait()
    smtp.close()
    await catcher.finish()
    pages.shutdown()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m ombud.local.mailbox", description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="one file a mail, kept over restarts")
    parser.add_argument("--no-store", action="store_true", help="count mails only, for benchmarks")
    chosen = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING)
    try:
        asyncio.run(serve(MailStore(chosen.data_dir, not chosen.no_store), chosen.smtp_port, chosen.http_port))
    except OSError as failure:
        parser.exit(1, f"mail catcher: {failure}\n")


if __name__ == "__main__":
    main()
