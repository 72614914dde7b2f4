"""`ombud deadletters` against running services: found, shown, corrected, worked off, thrown away."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ombud import runfile
from ombud.local.broker import PrivateBroker
from ombud.run import lock
from ombud.runfile import Process, Run
from shared.contracts.topology import SERVICES
from tests.harness.process import TOKEN, eventually
from tests.harness.system import System
from tests.integration.ombud.conftest import Result

BROKEN = [
    b'{"source": "q", "external_id": "%d", "colour": "%s"}' % (n, b"crimson" if n % 2 else b"blue") for n in range(4)
]
Call = Callable[..., Result]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("deadletters")
    made = System(folder, f"sqlite:///{folder}/{{service}}.sqlite", broker.add_vhost("deadletters"), broker)
    made.start("intake", "routing")
    yield made
    made.stop()


@pytest.fixture
def deadletters(ombud: Call, system: System, tmp_path: Path) -> Iterator[Call]:
    """The command as in the folder of a run that is going on; at first four broken complaints are in quarantine."""
    processes = [Process(name, 1, service.port, service.ops_port, 0, "") for name, service in system.services.items()]
    for body in BROKEN:
        system.bus.raw("complaints", "complaint.submitted", body)
    eventually(lambda: system.summary("intake")["plumbing"]["dead_letters"] == len(BROKEN), "the letters", system.logs)
    with lock.held(tmp_path / "run.lock"):
        runfile.write(tmp_path, Run(os.getpid(), "amqp://", TOKEN, tuple(processes)))
        yield lambda *args, **rest: ombud("deadletters", *args, "--data-dir", str(tmp_path), **rest)
        ombud("deadletters", "discard", "--all", "--yes", "--why", "clean", "--data-dir", str(tmp_path), *ONE)


ONE = ("--service", "intake")


def listed(deadletters: Call, *more: str) -> list[dict[str, Any]]:
    result = deadletters("list", "--json", *ONE, *more)
    assert result.returncode == 0, result
    return list(json.loads(result.stdout))


def contacts(system: System) -> int:
    return int(system.summary("intake")["contacts"])


def the_line(result: Result) -> str:
    assert result.returncode == 1, result
    (line,) = result.stderr.splitlines()
    return line


def test_the_list_shows_whole_ids_and_no_bodies(deadletters: Call) -> None:
    result = deadletters("list", *ONE)
    assert result.returncode == 0, result
    assert all(letter["id"] in result.stdout for letter in listed(deadletters))
    assert "colour" not in result.stdout and "4 dead letters" in result.stdout
    assert "/text: Missing data" in result.stdout


def test_a_filter_narrows_it_and_a_wrong_one_is_one_line(deadletters: Call) -> None:
    assert len(listed(deadletters, "--contains", "CRIMSON", "--reason", "invalid", "--since", "2h")) == 2
    assert listed(deadletters, "--reason", "failed") == []
    assert "--since: Not a time" in the_line(deadletters("list", *ONE, "--since", "yesterday"))


def test_show_finds_the_service_and_hides_nothing_but_control_codes(deadletters: Call, system: System) -> None:
    system.bus.raw("complaints", "complaint.submitted", b"[red]\x1b[31mtext \xff", {"ce-id": "e-1"})
    eventually(lambda: _count(system) == 5, "it")
    (letter,) = [each for each in listed(deadletters) if each["event_id"] == "e-1"]
    shown = json.loads(deadletters("show", letter["id"], "--json", *ONE).stdout)
    assert (shown["service"], shown["encoding"], shown["headers"]["ce-id"]) == ("intake", "base64", "e-1")
    (other,) = listed(deadletters, "--contains", '"1"')
    result = deadletters("show", other["id"], "--service", "intake")
    assert '"colour": "crimson"' in result.stdout and "/text: Missing data" in result.stdout
    assert "\x1b" not in result.stdout


def _count(system: System) -> int:
    return int(system.summary("intake")["plumbing"]["dead_letters"])


def test_a_corrected_body_from_a_file_is_worked_off(deadletters: Call, system: System, tmp_path: Path) -> None:
    (letter,) = listed(deadletters, "--contains", '"2"')
    before = contacts(system)
    (tmp_path / "fixed.json").write_text('{"source": "q", "external_id": "fixed", "text": "Kde je můj balík?"}')
    result = deadletters("replay", letter["id"], "--body", str(tmp_path / "fixed.json"), *ONE)
    assert (result.returncode, result.stdout) == (0, "1 worked off\n"), result
    assert contacts(system) == before + 1
    assert len(listed(deadletters)) == 3


def test_what_comes_back_is_said_with_the_reason_and_the_exit_code(deadletters: Call) -> None:
    (letter,) = listed(deadletters, "--contains", '"3"')
    result = deadletters("replay", letter["id"], *ONE)
    assert (result.returncode, result.stdout) == (1, "1 came back\n"), result
    assert result.stderr.splitlines()[-1].startswith(f"intake {letter['id']}: invalid: ")


def test_replay_of_all_counts_what_went_and_what_came_back(deadletters: Call, system: System) -> None:
    good = b'{"source": "q", "external_id": "misspelt", "text": "Where is it?", "colour": "crimson"}'
    system.bus.raw("complaints", "complaint.sumbitted", good)
    eventually(lambda: _count(system) == 5, "the fifth")
    before = contacts(system)
    corrected = ("--as-type", "complaint.submitted", "--as-content-type", "application/json")
    result = deadletters("replay", "--all", "--contains", "crimson", *corrected, "--json", *ONE)
    outcome = json.loads(result.stdout)
    assert (len(outcome["worked_off"]), len(outcome["back"]), result.returncode) == (1, 2, 1), result
    assert "replayed: 3 of 3" in result.stderr
    assert contacts(system) == before + 1 and _count(system) == 4


def test_discard_wants_a_reason_and_asks_back_for_all(deadletters: Call, system: System) -> None:
    (letter,) = listed(deadletters, "--contains", '"0"')
    assert "Missing option '--why'" in deadletters("discard", letter["id"], *ONE).stderr
    assert deadletters("discard", letter["id"], "--why", "a test", "--by", "anna", *ONE).stdout == "1 discarded\n"
    assert deadletters("discard", "--all", "--why", "a test", *ONE, feed="n\n").returncode == 1
    assert _count(system) == 3
    assert "3 discarded" in deadletters("discard", "--all", "--why", "a test", "--yes", *ONE).stdout
    assert _count(system) == 0
    log = system.services["intake"].log()
    assert '"by":"anna"' in log.replace(": ", ":") and "a test" in log


def test_all_services_are_asked_and_those_that_are_away_are_named_behind_what_the_others_have(
    deadletters: Call, system: System
) -> None:
    system.bus.raw("intake.events", "complaint.classified", b"no JSON", {"ce-id": "r", "ce-source": "/ombud/intake"})
    eventually(lambda: system.summary("routing")["plumbing"]["dead_letters"] > 0, "routing's letter", system.logs)
    result = deadletters("list")
    assert (result.returncode, "5 dead letters" in result.stdout) == (1, True)
    away = [line.partition(" at http://127.0.0.1:")[0] for line in result.stderr.splitlines()]
    assert away == ["ombud: escalation does not answer", "ombud: notify does not answer"]
    (letter,) = json.loads(deadletters("list", "--json", "--service", "routing").stdout)
    assert (letter["service"], letter["reason"]) == ("routing", "not_json")
    assert "1 discarded" in deadletters("discard", letter["id"], "--why", "w", "--service", "routing").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", "nothing", *ONE), "no dead letter nothing in intake"),
        (("replay", *ONE), "say which: the ID of a dead letter, or --all"),
        (("replay", "x", "--all", *ONE), "say which"),
        (("replay", "--all", "--body", "-", *ONE), "--body is the corrected body of one dead letter"),
        (("replay", "x", "--reason", "failed", *ONE), "--reason goes with --all"),
        (("list", "--token", "wrong", *ONE), "intake refuses the token"),
    ],
)
def test_each_mistake_is_one_line(deadletters: Call, args: tuple[str, ...], said: str) -> None:
    assert said in the_line(deadletters(*args))


def test_services_elsewhere_are_named_by_their_urls(ombud: Call, system: System) -> None:
    assert "nothing runs in" in the_line(ombud("deadletters", "list", "--intake-url", "http://127.0.0.1:1"))
    urls = {f"OMBUD_{name.upper()}_URL": system.services[name].url for name in SERVICES}
    result = ombud("deadletters", "list", *ONE, OMBUD_API_TOKEN=TOKEN, **urls)
    assert (result.returncode, result.stdout) == (0, "0 dead letters\n"), result
