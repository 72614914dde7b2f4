"""Writes the API documents from the code; called by hand after a door or an event changed, by `make check` to check.

`python -m apidocs [--check]`: `docs/asyncapi.json`, `docs/metrics.md`, `services/<name>/openapi.json`, which the
service serves, and in `deploy/` who may do what on the broker, the rules of `deploy/monitoring/` as a resource, and
the dashboards of `deploy/grafana/`.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

from apidocs import broker, metrics, prometheusrule  # noqa: E402
from apidocs.asyncapi import asyncapi  # noqa: E402
from apidocs.doors import Undescribed  # noqa: E402
from apidocs.openapi import openapi  # noqa: E402
from deploy.grafana import documents as dashboards  # noqa: E402
from shared.contracts.topology import SERVICES  # noqa: E402

PROJECT = Path(__file__).parents[1]
COMMAND = "python -m apidocs"


def documents() -> dict[Path, str]:
    """Each document by its path inside the project."""
    made = {Path("services", service, "openapi.json"): openapi(service) for service in SERVICES}
    made[Path("docs", "asyncapi.json")] = asyncapi()
    written = {path: json.dumps(document, indent=1, ensure_ascii=False) + "\n" for path, document in made.items()}
    written[Path("docs", "metrics.md")] = metrics.page()
    return written | prometheusrule.documents() | broker.documents() | dashboards.documents()


def stale(folder: Path) -> list[Path]:
    """The documents that are missing or not what the code says."""
    return [path for path, text in documents().items() if not _holds(folder / path, text)]


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main(arguments: list[str] | None = None, folder: Path = PROJECT) -> int:
    """Writes the documents, or with --check says which are stale; gives the exit code."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Writes the documents of doors, events and metrics.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a document is stale")
    asked = parser.parse_args(arguments)
    try:
        if asked.check:
            found = stale(folder)
            sys.stderr.writelines(f"{path} is stale: {COMMAND}\n" for path in found)
            return 1 if found else 0
        for path, text in documents().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except Undescribed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
