"""The three services that own a part of a roster, as far as their doors for many go, over real HTTP on one port."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEYS = {"agents": "id", "supervisors": "id", "contacts": "person"}
SERVICES = {"agents": "routing", "supervisors": "escalation", "contacts": "notify"}
CHECK, STORE = "check", "store"
DROP = "drop"  # breaks off without an answer
Answer = tuple[int, dict[str, Any]]


class Owners:
    """`people`: what is stored, by part and id. `says`: what a part answers instead, by (part, CHECK or STORE).

    `asked`: (part, CHECK or STORE) of every request in order; `tokens`: what came with them.
    """

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {part: {} for part in KEYS}
        self.says: dict[tuple[str, str], Answer | str] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        owners = self

        class Handler(_Handler):
            of = owners

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def urls(self) -> list[str]:
        """The options that name them."""
        base = f"http://127.0.0.1:{self._server.server_address[1]}"
        return [word for service in SERVICES.values() for word in (f"--{service}-url", f"{base}/{service}")]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, part: str, wish: str, entries: list[dict[str, Any]]) -> Answer | str:
        self.asked.append((part, wish))
        if (part, wish) in self.says:
            return self.says[part, wish]
        known, wanted = self.people[part], {entry[KEYS[part]]: entry for entry in entries}
        differ = {id_: _fields(known[id_], wanted[id_]) for id_ in sorted(wanted.keys() & known.keys())}
        told = {
            "stored": wish == STORE,
            "added": sorted(wanted.keys() - known.keys()),
            "changed": [{"id": id_, "fields": fields} for id_, fields in differ.items() if fields],
            "unchanged": [id_ for id_, fields in differ.items() if not fields],
        }
        if wish == STORE:
            known.update(wanted)
        return 200, told


def refusal(*faults: tuple[str, str]) -> Answer:
    """(pointer, text)"""
    return 422, {"detail": "does not fit", "errors": [{"pointer": p, "detail": text} for p, text in faults]}


def _fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    of: Owners

    def do_PUT(self) -> None:
        address = urlsplit(self.path)
        part = address.path.rpartition("/")[2]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert address.path == f"/{SERVICES[part]}/v1/{part}" and body.keys() == {part}
        wish = CHECK if parse_qs(address.query) == {"check": ["true"]} else STORE
        self.of.tokens.add(self.headers["Authorization"])
        answer = self.of.answer(part, wish, body[part])
        if isinstance(answer, str):
            self.close_connection = True
            return
        self._send(*answer)

    def do_GET(self) -> None:
        part = self.path.rpartition("/")[2]
        self._send(200, {part: list(self.of.people[part].values())})

    def _send(self, status: int, document: dict[str, Any]) -> None:
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""
