"""Storms as they are shown. Called by service.py."""

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Request

from services.escalation.doors.query_schemas import StormsQuery
from services.escalation.schemas import load_query
from services.escalation.storms import storm_store
from shared.contracts.event import to_text
from shared.database import Transaction

RECENTLY = timedelta(days=7)
MOST_STORMS = 200


def recent(tx: Transaction, request: Request) -> dict[str, Any]:
    """Those that last, and those that ended lately: coordinators see the same trouble across their regions."""
    asked = load_query(StormsQuery(), request.args)
    seen = storm_store.recent(tx, asked["since"] or tx.now - RECENTLY, MOST_STORMS)
    wanted = set(asked["region"] or ())
    return {"storms": [_storm_data(storm) for storm in seen if not wanted or wanted & {*storm.regions}]}


def _storm_data(storm: storm_store.Seen) -> dict[str, Any]:
    return vars(storm) | {name: to_text(getattr(storm, name)) for name in ("since", "newest_at", "ended_at")}
