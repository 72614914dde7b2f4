"""A real SMTP server (aiosmtpd) that fails as a test says: at any verb, with or without keeping the letter."""

import asyncio
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from ombud.local.ports import free_ports
from tests.harness.process import PATIENCE, eventually

KEEP, DROP, HANG = "keep", "drop", "hang"  # keep the letter and then break off; break off; say nothing
LATE, LATENESS = "late", 18.0  # behave, after so many seconds: more than a child gets to end if nothing else is said


class MailServer:
    """`script[verb]`: what to do at its next uses, a reply or one of the words above; then it behaves again.

    Verbs: EHLO, AUTH, MAIL, RCPT, STRAY (RCPT behind a refused MAIL), DATA (the command), BODY (after 354, before the
    dot is read), DOT (after the dot).
    With `tls` it speaks it from the start (scheme smtps), or from STARTTLS on and wants it before a login.
    """

    def __init__(
        self, login: tuple[bytes, bytes] | None = None, tls: ssl.SSLContext | None = None, scheme: str = "smtp"
    ):
        self._scheme, self._tls = scheme, tls
        self.logins = 0
        self.script: dict[str, list[str]] = {}
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.pipelines = False
        self.behind_mail: list[bytes] = []  # what came together with each MAIL
        self._hanging: list[SMTP] = []
        self._login = login
        self.connections = 0
        self.port = free_ports(1)[0]
        from_the_start = tls if scheme == "smtps" else None
        self._controller = _Controller(
            self,
            _Hooks(self),
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=from_the_start,
            ready_timeout=PATIENCE,
        )
        self._controller.start()
        eventually(lambda: self.connections == 1, "the connection that the controller tries")
        self.connections = 0

    @property
    def url(self) -> str:
        login = ":".join(word.decode() for word in self._login) + "@" if self._login else ""
        return f"{self._scheme}://{login}127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._controller.stop()

    def hang_up(self) -> None:
        """Breaks off the talks that hang."""
        for server in self._hanging:
            assert server.transport
            self._controller.loop.call_soon_threadsafe(server.transport.abort)

    def keep(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.recipients.append(list(envelope.rcpt_tos))
        self.letters.append(letter)  # the last, as tests wait for it

    async def play(self, verb: str, server: SMTP) -> str | None:
        """The reply to give instead of the usual one."""
        actions = self.script.get(verb) or [""]
        action = actions.pop(0)
        if action == LATE:
            await asyncio.sleep(LATENESS)
            return None
        if action == HANG:
            self._hanging.append(server)
            await asyncio.sleep(600)  # or until the server stops
        if action in (DROP, KEEP, HANG):
            assert server.transport
            server.transport.abort()
            return "421 gone"
        return action or None

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, wanted: Any) -> AuthResult:
        self.logins += 1
        return AuthResult(success=(wanted.login, wanted.password) == self._login, handled=False)

    def options(self) -> dict[str, Any]:
        login = {"authenticator": self.authenticate} if self._login else {}
        late_tls = {"tls_context": self._tls, "require_starttls": True} if self._scheme == "smtp+starttls" else {}
        return {"enable_SMTPUTF8": False, "auth_require_tls": bool(late_tls), **login, **late_tls}


class _Server(SMTP):
    def __init__(self, owner: MailServer, *arguments: Any, **options: Any):
        self._owner = owner
        super().__init__(*arguments, **options, **owner.options())

    def connection_made(self, transport: Any) -> None:
        if self._tls_protocol is None:  # else it is called again, by STARTTLS
            self._owner.connections += 1
        super().connection_made(transport)

    async def smtp_RCPT(self, arg: str) -> None:
        no_sender = self.envelope is None or self.envelope.mail_from is None
        if no_sender and (reply := await self._owner.play("STRAY", self)):
            await self.push(reply)
            return
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if reply := await self._owner.play("DATA", self):
            await self.push(reply)
            return
        if self._owner.script.get("BODY"):
            await self.push("354 go on")
            await self._owner.play("BODY", self)
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def __init__(self, owner: MailServer, *arguments: Any, **options: Any):
        self._owner = owner
        super().__init__(*arguments, **options)

    def factory(self) -> SMTP:
        return _Server(self._owner, self.handler)


class _Hooks:
    def __init__(self, owner: MailServer):
        self._owner = owner

    async def handle_EHLO(
        self, server: SMTP, session: Any, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        reply = await self._owner.play("EHLO", server)
        session.host_name = hostname
        offered = ["250-PIPELINING"] if self._owner.pipelines else []
        return [reply] if reply else [*responses[:1], *offered, *responses[1:]]

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._owner.behind_mail.append(bytes(server._reader._buffer))  # type: ignore[attr-defined]
        reply = await self._owner.play("MAIL", server)
        if reply:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self._owner.play("RCPT", server)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        coming = (self._owner.script.get("DOT") or [""])[0]
        if coming in (KEEP, LATE, ""):
            self._owner.keep(envelope)
        return await self._owner.play("DOT", server) or "250 2.0.0 taken"
