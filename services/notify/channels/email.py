"""Alerts by SMTP: one recipient a transaction, over sessions that stay open. Called by the dispatcher's senders."""

import smtplib
import ssl
from datetime import datetime

from services.notify.channels import mime
from services.notify.channels.channel import HandOff, Letter, NotOurs
from services.notify.channels.smtp_session import TAKEN, Session, SessionPool, SmtpServer, Timeouts
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, Temporary

_FINAL_DOT = b".\r\n"
_LOGIN_WANTED = (530, 534, 535, 538)


class Email:
    """The channel `email`."""

    def __init__(self, server: SmtpServer, sender: mime.Sender, timeouts: Timeouts | None = None):
        self._sender = sender
        self._pool = SessionPool(server, sender.domain, timeouts or Timeouts())

    def close(self) -> None:
        self._pool.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        try:
            content = mime.write(letter, self._sender)
        except ValueError:
            return Permanent(Reason.INVALID_ADDRESS)
        try:
            session = self._addressed(letter.address)
        except _Refused as refusal:
            return refusal.outcome
        except (OSError, smtplib.SMTPException) as error:
            return _unsent(error)
        return self._transmit(session, content, hand_off)

    def _addressed(self, address: str) -> Session:
        """A session that has taken MAIL and RCPT; a kept one may have died unseen: then a new one is asked."""
        session = self._pool.take()
        while True:
            try:
                self._envelope(session, address)
                return session
            except (OSError, smtplib.SMTPException):
                session.close()
                if not session.used_before:
                    raise
            session = self._pool.open()

    def _envelope(self, session: Session, address: str) -> None:
        session.expect_reply()
        mail, rcpt = session.address(self._sender.address, address)
        if mail[0] != TAKEN:
            self._refuse(session, *mail, Reason.WRONG_SETTINGS)
        if rcpt[0] not in (TAKEN, 251):
            self._refuse(session, *rcpt, Reason.RECIPIENT_REFUSED)

    def _refuse(self, session: Session, code: int, text: bytes, permanently: Reason) -> None:
        self._reset(session, code)
        detail = _detail(code, text)
        if not 500 <= code < 600:
            raise _Refused(Temporary(Reason.PROVIDER_DEFERRED, detail))
        if code in _LOGIN_WANTED:
            raise _Refused(Temporary(Reason.LOGIN_REFUSED, detail))
        if permanently is Reason.RECIPIENT_REFUSED:
            raise _Refused(Permanent(permanently, detail))
        raise _Refused(
            Temporary(permanently, detail)
        )  # our sender is refused for everybody: no fault of this recipient

    def _reset(self, session: Session, code: int) -> None:
        """Ends the transaction and keeps the session, if it still lives."""
        try:
            if code in (-1, 421) or session.smtp.rset()[0] != 250:
                session.close()
                return
        except (OSError, smtplib.SMTPException):
            session.close()
            return
        self._pool.give_back(session)

    def _transmit(self, session: Session, content: bytes, hand_off: HandOff) -> Outcome:
        try:
            if (shorter := hand_off()) is not None:
                content = mime.write(shorter, self._sender)
        except NotOurs:
            self._reset(session, 250)
            raise
        except BaseException:
            session.close()
            raise
        try:
            code, text = session.smtp.docmd("DATA")
            if code != 354:
                self._reset(session, code)
                return _refused(code, text)
            session.smtp.send(content + _FINAL_DOT)
        except (OSError, smtplib.SMTPException) as error:
            session.close()
            return _unsent(error)  # the dot is the last that leaves: without it no server may deliver
        return self._end_of_letter(session)

    def _end_of_letter(self, session: Session) -> Outcome:
        session.expect_final_reply()
        try:
            code, text = session.smtp.getreply()
        except (OSError, smtplib.SMTPException):
            session.close()
            return Ambiguous(Reason.NO_ANSWER)  # RFC 1047: the server may have the letter and its answer was lost
        if code in (-1, 421):
            session.close()
        else:
            self._pool.give_back(session)
        if 200 <= code < 300:
            return Accepted(detail=_detail(code, text))
        return _refused(code, text) if 400 <= code < 600 else Ambiguous(Reason.NO_ANSWER, _detail(code, text))


class _Refused(Exception):
    def __init__(self, outcome: Outcome):
        super().__init__()
        self.outcome = outcome


def _refused(code: int, text: bytes) -> Outcome:
    """What a refusal of DATA or of the whole letter means."""
    if 500 <= code < 600:
        return Permanent(Reason.MESSAGE_REFUSED, _detail(code, text))
    return Temporary(Reason.PROVIDER_DEFERRED, _detail(code, text))


def _unsent(error: Exception) -> Outcome:
    """What a failure before the final dot means: certainly unsent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Temporary(Reason.LOGIN_REFUSED, _detail(error.smtp_code, error.smtp_error))
    if isinstance(error, ssl.SSLCertVerificationError | smtplib.SMTPNotSupportedError):
        return Temporary(Reason.WRONG_SETTINGS, type(error).__name__)
    if isinstance(error, smtplib.SMTPResponseException):
        return Temporary(Reason.PROVIDER_DEFERRED, _detail(error.smtp_code, error.smtp_error))
    return Temporary(Reason.PROVIDER_AWAY, type(error).__name__)


def _detail(code: int, text: bytes | str) -> str:
    """The reply's code and its enhanced code (RFC 3463), nothing else: servers repeat the address in the rest."""
    words = (text.decode("ascii", "replace") if isinstance(text, bytes) else text).split()
    enhanced = words[0] if words and words[0].replace(".", "").isdigit() and words[0].count(".") == 2 else ""
    return f"{code} {enhanced}".strip()
