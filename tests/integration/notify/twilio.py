"""A stand-in for Twilio's Messages API over real HTTP: answers what a test says, and keeps what it took."""

import base64
import json
import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from shared import clock
from tests.integration.notify.patient_server import PatientServer

ACCOUNT, TOKEN, SENDER = "AC0123", "to/ken", "+15551234567"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
DROP_BEFORE, DROP_AFTER, HANG = "drop_before", "drop_after", "hang"  # breaking off: without, with the message taken


class Twilio:
    """`script`: what to do at the next requests, a (status, body, headers) or one of the words above; then 201.

    list_script: the same for the requests that ask what was sent. records: what those are answered with, oldest first;
    a test may change them, or put in what another program sent.
    """

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, Any], dict[str, str]] | str] = []
        self.list_script: list[tuple[int, dict[str, Any], dict[str, str]] | str] = []
        self.messages: list[dict[str, str]] = []
        self.records: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.released, self.lock = threading.Event(), threading.Lock()
        owner = self

        class Handler(_Handler):
            twilio = owner

        self._server = PatientServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{ACCOUNT}:to%2Fken@127.0.0.1:{self._server.server_address[1]}?from=%2B15551234567"

    def take(self, form: dict[str, str], sid: str = "") -> None:
        """Keeps a message as if it had been posted."""
        self.messages.append(form)
        self.records.append(
            {
                "sid": sid or f"SM{len(self.messages) - 1}",
                "to": form["To"],
                "from": form.get("From"),
                "messaging_service_sid": form.get("MessagingServiceSid"),
                "body": form["Body"],
                "status": "queued",
                "error_code": None,
                "date_created": format_datetime(clock.now()),
                "date_sent": None,
            }
        )

    def receipt(self, number: int, status: str, code: int | None = None) -> tuple[str, dict[str, str], dict[str, str]]:
        """Where Twilio tells what became of a message, in which form, and with which headers."""
        with self.lock:  # the message may be just coming in
            message, record = self.messages[number], self.records[number]
            record |= {"status": status, "error_code": code}
        form = {"MessageSid": record["sid"], "MessageStatus": status, "To": record["to"], "AccountSid": ACCOUNT}
        form |= {"ErrorCode": str(code)} if code else {}
        return message["StatusCallback"], form, signed(message["StatusCallback"], form)

    def read_all(self) -> None:
        """Returns when everything is kept that was sent before, also by those who are dead meanwhile."""
        self._server.read_all()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


def signed(url: str, form: dict[str, str]) -> dict[str, str]:
    """The header by which Twilio shows that a form comes from it, by the maths of its own SDK."""
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, form)}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    twilio: Twilio

    def do_POST(self) -> None:
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        with self.twilio.lock:  # else two at once would be given one name
            action = self.twilio.script.pop(0) if self.twilio.script else self._usual(form)
            if action == DROP_AFTER:
                self.twilio.take(form)
            if not isinstance(action, str) and (action[0] < 300 or action[1].get("sid")):  # kept, whatever it says
                self.twilio.take(form, action[1].get("sid", ""))
        if action == HANG:
            self.twilio.released.wait()
        if isinstance(action, str):
            self.close_connection = True
            return
        self._answer(*action)

    def do_GET(self) -> None:
        query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        self.twilio.queries.append(query)
        action = self.twilio.list_script.pop(0) if self.twilio.list_script else self._page(query)
        if action == HANG:
            self.twilio.released.wait()
        if isinstance(action, str):
            self.close_connection = True
            return
        self._answer(*action)

    def _page(self, query: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        if not self._may():
            return 401, {"code": 20003, "message": "Authenticate"}, {}
        wanted = {"to": query.get("To"), "from": query.get("From")}
        found = [r for r in reversed(self.twilio.records) if all(r[n] == w for n, w in wanted.items() if w)]
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        more = urlencode(query | {"Page": str(page + 1)}) if len(found) > size * (page + 1) else None
        body = {"messages": found[size * page : size * (page + 1)], "next_page_uri": more and f"{PATH}?{more}"}
        return 200, body, {}

    def _may(self) -> bool:
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        return self.headers.get("Authorization") == wanted and urlsplit(self.path).path == PATH

    def _usual(self, form: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        if not self._may():
            return 401, {"code": 20003, "message": "Authenticate"}, {}
        return 201, {"sid": f"SM{len(self.twilio.messages)}", "status": "queued"}, {}

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(content))} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Silent."""
