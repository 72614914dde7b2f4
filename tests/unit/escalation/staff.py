"""A database of escalation with its tables, and requests to its doors; for the tests of supervisors and of duty."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.escalation import tables
from services.escalation.domain.people import Supervisor
from services.escalation.doors import people as people_doors
from services.escalation.people import supervisors
from shared.database import Database
from shared.errors import Rejected
from shared.tokens import Caller


@contextmanager
def a_database(folder: Path) -> Iterator[Database]:
    db = Database(f"sqlite:///{folder}/escalation.sqlite", "escalation")
    tables.metadata.create_all(db.engine)
    yield db
    db.close()


def a_request(body: Any = None, by: str = "petr", **query: str) -> Request:
    data = b"" if body is None else json.dumps(body).encode()
    request = Request(EnvironBuilder(method="PUT", query_string=query, data=data).get_environ())
    request.caller = Caller(by, frozenset({"operator"}))  # type: ignore[attr-defined]
    return request


def put(db: Database, *people: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = people_doors.put_supervisors(db, a_request({"supervisors": people}, **query))
    return told(answer)


def told(answer: Response) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.get_data())
    return document


def everybody(db: Database) -> dict[str, Supervisor]:
    with db.read() as tx:
        return {person.id: person for person in supervisors.everybody(tx)}


def refused(ask: Callable[[], Any]) -> list[str]:
    """The places of what is wrong."""
    with pytest.raises(Rejected) as caught:
        ask()
    return [error["pointer"] for error in caught.value.errors]
