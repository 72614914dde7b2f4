"""Mails as files in a folder, on disk before they are acknowledged; for mailbox.py and its pages."""

import itertools
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """What is known without reading the file: `id` begins with the nanosecond of arrival, so ids sort by time."""

    id: str
    recipients: tuple[str, ...]

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1e9, UTC)


class MailStore:
    """Maildir-like: written to tmp/, synced, renamed into new/. `stored=False` only counts, for benchmarks.

    Called from the SMTP server's writer threads and from the web server's threads.
    """

    def __init__(self, folder: Path, stored: bool = True) -> None:
        self._tmp, self._new = folder / "tmp", folder / "new"
        self._stored = stored
        self._lock = threading.Lock()
        self._sequence = itertools.count(1)
        self._counted = 0
        self._kept: dict[str, Kept] = {}
        for place in (self._tmp, self._new):
            place.mkdir(parents=True, exist_ok=True)
        self._new_fd = os.open(self._new, os.O_RDONLY | os.O_DIRECTORY)
        for path in sorted(self._new.glob("*.eml")):
            self._kept[path.stem] = Kept(path.stem, _recipients_of(path))

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """On disk when this returns; the envelope goes before the headers, as at final delivery (RFC 5321, 4.4)."""
        if not self._stored:
            with self._lock:
                self._counted += 1
            return "counted"
        kept = Kept(f"{time.time_ns()}-{next(self._sequence)}", tuple(recipients))
        envelope = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
        written = self._tmp / f"{kept.id}.eml"
        with written.open("wb") as file:
            file.write("".join(f"{line}\r\n" for line in envelope).encode() + content)
            file.flush()
            os.fsync(file.fileno())
        written.rename(self._path(kept.id))
        os.fsync(self._new_fd)
        with self._lock:
            self._kept[kept.id] = kept
        return kept.id

    def count(self) -> int:
        with self._lock:
            return len(self._kept) if self._stored else self._counted

    def newest(self, limit: int, to: str | None = None) -> list[Kept]:
        """Newest first; `to` is an envelope recipient, in any letter case."""
        with self._lock:
            kept = sorted(self._kept.values(), key=lambda each: each.id, reverse=True)
        wanted = (each for each in kept if to is None or to.lower() in map(str.lower, each.recipients))
        return list(itertools.islice(wanted, limit))

    def find(self, mail_id: str) -> Kept | None:
        with self._lock:
            return self._kept.get(mail_id)

    def read(self, kept: Kept) -> EmailMessage:
        return message_from_bytes(self._path(kept.id).read_bytes(), policy=policy.default)

    def clear(self) -> int:
        """Forgets all mails and their files; returns how many."""
        with self._lock:
            gone, self._kept = self._kept, {}
            counted, self._counted = self._counted, 0
        for mail_id in gone:
            self._path(mail_id).unlink(missing_ok=True)
        return len(gone) or counted

    def _path(self, mail_id: str) -> Path:
        return self._new / f"{mail_id}.eml"


def _recipients_of(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=policy.compat32).parse(file)
    return tuple(str(recipient) for recipient in headers.get_all("Delivered-To", []))
