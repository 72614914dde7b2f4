"""What Slack posts when somebody presses a button, and what is said back. Called by service.py.

https://docs.slack.dev/interactivity/handling-user-interaction: Slack shows a failure unless it is answered within three
seconds, so whatever is to be said goes to the `response_url`, once the answer to the alert is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import eventlet
import orjson
import requests
import structlog
from werkzeug.wrappers import Request, Response

from services.notify.channels import http
from services.notify.channels.slack import SLACK, TAKE, escaped
from services.notify.domain.alert import ChannelName
from services.notify.domain.click import Click, Clicked, Pressed
from services.notify.texts.clicks import sentence
from services.notify.texts.languages import Language, chosen
from shared import clock
from shared.bodies import parse_json
from shared.errors import NotFound
from shared.links import EXPIRED, BadLink, check
from shared.signatures import signed_by_slack
from shared.web import BadRequest, Unauthorized

log = structlog.get_logger()
ANSWERS_AT = "https://hooks.slack.com"
TELL_WITHIN = 2.0
AT_ONCE = 10  # sentences on their way; more are not said
Spawn = Callable[..., Any]


@dataclass(frozen=True)
class Signed:
    """secret: with which Slack signs; empty = there is no such door. keys, max_age: of the links in alerts."""

    secret: str = field(repr=False)
    keys: Sequence[str] = field(repr=False)
    max_age: timedelta
    url: str = SLACK


class SlackDoor:
    """language_of: by the code of a contact's."""

    def __init__(self, signed: Signed, spawn: Spawn | None = None, language_of: Callable[[str], Language] = chosen):
        self._signed, self._language_of = signed, language_of
        self._pool = eventlet.GreenPool(AT_ONCE)
        self._spawn = spawn or self._pool.spawn_n
        self._http = http.session(http.plain_adapter(AT_ONCE))
        self._homes = {_home(url) for url in (ANSWERS_AT, signed.url)}

    def read(self, request: Request) -> Click | None:
        """The press of one of our buttons; None for anything else that Slack tells, such as that a link was opened."""
        if not self._signed.secret:
            raise NotFound(
                "OMBUD_SLACK_SIGNING_SECRET is not set: presses of Slack's buttons cannot be told from others"
            )
        timestamp, given = (request.headers.get(f"X-Slack-{name}", "") for name in ("Request-Timestamp", "Signature"))
        if not signed_by_slack(self._signed.secret, timestamp, given, request.get_data(), clock.now()):
            raise Unauthorized("the signature is missing or wrong, or older than five minutes")
        return self._click(_payload(request.get_data()))

    def answered(self, click: Click | None, made: Clicked | None) -> Response:
        """The empty answer that Slack waits for; the sentence follows by itself."""
        if click and made and _home(click.answer_to) in self._homes:
            if self._pool.free() > 0:
                self._spawn(self._tell, click.answer_to, made)
            else:
                log.warning("slack_not_told", what=made.what.value, reason="busy")
        return Response(status=200, content_type="text/plain")

    def _click(self, payload: dict[str, Any]) -> Click | None:
        actions = payload.get("actions") if payload.get("type") == "block_actions" else None
        action = next((one for one in actions if _is_ours(one)), None) if isinstance(actions, list) else None
        if action is None:
            return None
        user, answer_to = payload.get("user"), payload.get("response_url")
        user_id = user.get("id") if isinstance(user, dict) else None
        if not isinstance(user_id, str) or not 0 < len(user_id) <= 100:
            raise BadRequest("the payload names no user")
        alert_id, fault = self._meant(str(action.get("value") or ""))
        at = _instant(action.get("action_ts"))
        url = answer_to if isinstance(answer_to, str) else ""
        return Click(ChannelName.SLACK, user_id, alert_id, at, fault, url)

    def _meant(self, token: str) -> tuple[str | None, Pressed | None]:
        try:
            return check(self._signed.keys, token, self._signed.max_age).alert_id, None
        except BadLink as error:
            return None, Pressed.EXPIRED if error.reason == EXPIRED else Pressed.INVALID

    def said(self, made: Clicked) -> dict[str, Any]:
        """To everybody in the channel that somebody took the case, else to whoever pressed."""
        return {
            "text": escaped(sentence(made, self._language_of(made.language))),
            "response_type": "in_channel" if made.what is Pressed.TAKEN else "ephemeral",
            "replace_original": False,
        }

    def _tell(self, url: str, made: Clicked) -> None:
        """Best effort: the case is taken, whether or not Slack shows that."""
        try:
            with self._http.post(
                url,
                data=orjson.dumps(self.said(made)),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=TELL_WITHIN,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
        except requests.exceptions.RequestException as error:
            log.warning("slack_not_told", what=made.what.value, reason=type(error).__name__)
            return
        if status != 200:
            log.warning("slack_not_told", what=made.what.value, reason=str(status))


def _payload(body: bytes) -> dict[str, Any]:
    """What the form's one field holds; raises BadRequest."""
    try:
        (text,) = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)["payload"]
        payload = parse_json(text.encode())
    except (ValueError, KeyError) as error:
        raise BadRequest("the body is not a form with JSON in its field `payload`") from error
    if not isinstance(payload, dict):
        raise BadRequest("the payload is no JSON object")
    return payload


def _home(url: str) -> tuple[str, str]:
    """Scheme and host with port, where there are any."""
    try:
        return urlsplit(url)[:2]
    except ValueError:
        return "", ""


def _is_ours(action: Any) -> bool:
    return isinstance(action, dict) and str(action.get("action_id", "")).partition(f"{TAKE}.")[:2] == ("", f"{TAKE}.")


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
