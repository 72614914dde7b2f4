"""A service that says nothing hides what the others say: neither from `ombud outbox` nor from `ombud deadletters`."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ombud.commands import cli
from ombud.local.ports import free_ports
from shared.contracts.topology import SERVICES
from tests.unit.ombud.conftest import trouble

WAITS = {"waiting": 3, "oldest_at": None, "by_type": {"case.opened": 3}, "events": []}
LETTER = {"id": "7", "dead_at": "2026-06-01T12:00:00+00:00", "reason": "failed", "type": "case.opened", "source": None}
PAGES = {
    "/v1/outbox": WAITS,
    "/v1/dead-letters": {"dead_letters": [LETTER | {"error": "it broke"}], "next": None, "under_way": 0},
}
NOBODY = f"http://127.0.0.1:{free_ports(1)[0]}"


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name that the server looks for
        body = json.dumps(PAGES[self.path.partition("?")[0]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def asked(command: str, door: str, *silent: str) -> Result:
    urls = [f"--{name}-url={NOBODY if name in silent else door}" for name in SERVICES]
    return CliRunner().invoke(cli, [command, "list", "--token", "t", *urls])


def test_what_waits_elsewhere_is_counted_though_one_is_silent(door: str) -> None:
    result = asked("outbox", door, "routing")
    assert result.stdout.count("3 waiting") == len(SERVICES) - 1
    assert result.stderr.startswith(f"ombud: routing does not answer at {NOBODY}")
    assert result.exit_code == 1


def test_dead_letters_elsewhere_are_listed_though_one_is_silent(door: str) -> None:
    result = asked("deadletters", door, "routing")
    assert f"{len(SERVICES) - 1} dead letters" in result.stdout
    assert result.stderr.startswith(f"ombud: routing does not answer at {NOBODY}")
    assert result.exit_code == 1


@pytest.mark.parametrize("command", ["outbox", "deadletters"])
def test_where_nobody_is_silent_nothing_is_said_of_it(command: str, door: str) -> None:
    result = asked(command, door)
    assert (result.stderr, result.exit_code) == ("", 0)


@pytest.mark.parametrize("command", ["outbox", "deadletters"])
def test_where_all_are_silent_one_line_is_enough(command: str, door: str) -> None:
    assert trouble(asked(command, door, *SERVICES)).startswith("intake does not answer")
