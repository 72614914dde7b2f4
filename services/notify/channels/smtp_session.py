"""Sessions with one SMTP server: opened with TLS and login, kept for the next letter, closed when idle."""

import smtplib
import ssl
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from shared.settings import WrongSettings

TAKEN = 250
Reply = tuple[int, bytes]
IDLE_LIMIT = 30.0  # seconds after which a session that nobody used is closed
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Timeouts:
    """Seconds for one command and its reply, and for the reply to the final dot.

    RFC 5321 4.5.3.2 allows more; ours must end within the lease of a hand-off.
    """

    command: float = 20.0
    final_dot: float = 60.0


@dataclass(frozen=True)
class SmtpServer:
    """Where mail goes; from `smtp://host:25`, `smtp+starttls://user:password@host:587` or `smtps://…`."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Raises WrongSettings, whose text never repeats the URL: it may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (KeyError, ValueError):
            raise WrongSettings(
                "OMBUD_SMTP_URL: the form is smtp://host:25, smtp+starttls://user:password@host:587 "
                "or smtps://user:password@host:465"
            ) from None
        if not parts.hostname or parts.path.strip("/") or (parts.username and not parts.password):
            raise WrongSettings("OMBUD_SMTP_URL: needs a host, no path, and a password with a user")
        if parts.username and parts.scheme == "smtp" and parts.hostname not in _LOOPBACK:
            raise WrongSettings(
                "OMBUD_SMTP_URL: a password over smtp:// would be readable; use smtp+starttls:// or smtps://"
            )
        return cls(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


class Session:
    """One connection, ready for MAIL FROM."""

    def __init__(self, server: SmtpServer, local_hostname: str, timeouts: Timeouts):
        self._timeouts = timeouts
        self.used_before = False
        self.idle_since = time.monotonic()
        if server.scheme == "smtps":
            self.smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname, timeout=timeouts.command, context=ssl.create_default_context()
            )
        else:
            self.smtp = smtplib.SMTP(server.host, server.port, local_hostname, timeout=timeouts.command)
        try:
            self._greet(server)
        except BaseException:
            self.close()
            raise

    def _greet(self, server: SmtpServer) -> None:
        self.smtp.ehlo_or_helo_if_needed()
        if server.scheme == "smtp+starttls":
            self.smtp.starttls(context=ssl.create_default_context())
            self.smtp.ehlo()
        if server.user:
            self.smtp.login(server.user, server.password)

    def address(self, sender: str, recipient: str) -> tuple[Reply, Reply]:
        """The replies to MAIL and RCPT, which leave together where the server takes that (RFC 2920): a wait less.

        RCPT's is MAIL's where that was refused. Then a session whose RCPT is still to be answered is closed.
        """
        if not self.smtp.has_extn("pipelining"):
            mail = self.smtp.mail(sender)
            return mail, self.smtp.rcpt(recipient) if mail[0] == TAKEN else mail
        self.smtp.send(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\n")
        mail = self.smtp.getreply()
        if mail[0] == TAKEN:
            return mail, self.smtp.getreply()
        self.close()
        return mail, mail

    def expect_reply(self) -> None:
        self._wait_at_most(self._timeouts.command)

    def expect_final_reply(self) -> None:
        self._wait_at_most(self._timeouts.final_dot)

    def _wait_at_most(self, seconds: float) -> None:
        if self.smtp.sock is not None:
            self.smtp.sock.settimeout(seconds)

    def quit(self) -> None:
        try:
            self._wait_at_most(min(2.0, self._timeouts.command))
            self.smtp.quit()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        self.smtp.close()


class SessionPool:
    """Sessions that wait for their next letter, the most recently used first."""

    def __init__(self, server: SmtpServer, local_hostname: str, timeouts: Timeouts):
        self._server, self._local_hostname, self._timeouts = server, local_hostname, timeouts
        self._waiting: list[Session] = []
        self._lock = threading.Lock()

    def take(self) -> Session:
        """A session that was used lately, else a new one; raises OSError or SMTPException when none is to be had."""
        with self._lock:
            fresh = [s for s in self._waiting if time.monotonic() - s.idle_since < IDLE_LIMIT]
            old = [s for s in self._waiting if s not in fresh]
            session = fresh.pop() if fresh else None
            self._waiting = fresh
        for one in old:
            one.quit()
        return session or self.open()

    def open(self) -> Session:
        return Session(self._server, self._local_hostname, self._timeouts)

    def give_back(self, session: Session) -> None:
        session.used_before, session.idle_since = True, time.monotonic()
        with self._lock:
            self._waiting.append(session)

    def close(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for session in waiting:
            session.quit()
