"""The files of the dashboards, for `python -m apidocs`, which writes them and checks that they are as written here."""

from pathlib import Path

from deploy.grafana import escalation, intake, lead, notify, operator, routing
from deploy.grafana.board import Board, written

FOLDER = Path("deploy", "grafana", "dashboards")


def boards() -> list[Board]:
    return [each.board() for each in (operator, lead, intake, routing, escalation, notify)]


def documents() -> dict[Path, str]:
    """Each dashboard by its path inside the project."""
    return {FOLDER / f"{board.uid.removeprefix('ombud-')}.json": written(board) for board in boards()}
