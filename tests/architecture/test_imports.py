"""Who may import whom: the contracts of pyproject.toml hold, and each of them would notice."""

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.architecture.source import PROJECT

PACKAGES = ("services", "shared", "ombud")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # In a folder of its own, so that a planted import is seen there and the project's cache is left alone.
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product's packages and settings, to be spoiled."""
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_import_rules_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("place", "planted", "contract"),
    [
        ("services/intake/usecases.py", "import services.routing.store", "no service imports another service"),
        ("shared/clock.py", "import services.intake.domain", "ombud may import anything"),
        ("services/notify/store.py", "import ombud.layout", "ombud may import anything"),
        ("services/intake/store.py", "import services.intake.usecases", "in a service"),
        ("services/escalation/cases/store.py", "import services.escalation.storms.storming", "in escalation"),
        ("services/escalation/watch/audit.py", "import services.escalation.storms.storming", "in escalation"),
        ("services/notify/plans/further.py", "import services.notify.senders.pace", "in notify"),
        ("services/notify/incoming/clicks.py", "import services.notify.senders.pace", "in notify"),
        ("services/intake/classify/reading.py", "import services.intake.store", "in intake"),
        ("services/routing/roster/told.py", "import services.routing.placing.desk", "in routing"),
        ("services/routing/policy/linter.py", "import services.routing.roster.told", "in routing"),
        ("services/routing/domain/roster.py", "import sqlalchemy", "domain is pure"),
        ("services/intake/domain/complaint.py", "import shared.database", "domain is pure"),
        ("services/intake/usecases.py", "import werkzeug", "below the entrypoints"),
        ("services/notify/people/contacts.py", "import werkzeug", "below the entrypoints"),
        ("services/escalation/answers/answering.py", "import werkzeug", "below the entrypoints"),
        ("shared/contracts/event.py", "import orjson", "contracts: standard library and marshmallow"),
        ("ombud/local/ports.py", "import eventlet", "private servers stand alone"),
        ("shared/worker.py", "import pytest", "the product needs no tests"),
    ],
)
def test_forbidden_import_would_be_seen(copy: Path, place: str, planted: str, contract: str) -> None:
    file = copy / place
    file.write_text(f"{file.read_text()}\n{planted}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), done.stdout


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def packages_needed(graph: grimp.ImportGraph, *modules: str) -> set[str]:
    """Packages outside of the standard library that importing these modules brings in, however far away."""
    needed = {m.partition(".")[0] for name in modules for m in graph.find_upstream_modules(name, as_package=True)}
    return needed - set(sys.stdlib_module_names) - set(PACKAGES)


def test_contracts_need_marshmallow_alone(graph: grimp.ImportGraph) -> None:
    assert packages_needed(graph, "shared.contracts") == {"marshmallow"}
    inside = {m for m in graph.find_upstream_modules("shared.contracts", as_package=True) if m.startswith("shared")}
    assert {m for m in inside if not m.startswith("shared.contracts")} <= {"shared"}


@pytest.mark.parametrize("service", ["intake", "routing", "escalation", "notify"])
def test_domain_needs_nothing_but_the_contracts(graph: grimp.ImportGraph, service: str) -> None:
    assert packages_needed(graph, f"services.{service}.domain") <= {"marshmallow"}
