"""Messages that the broker gave up on, whoever they were for: those about a forgotten complaint go. For planning.py."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import delete, select

from shared import tables
from shared.contracts.intake import complaint_id
from shared.contracts.topology import DEAD_LETTERS_EXCHANGE, queue_between
from shared.database import Transaction
from shared.messaging.kept import message_of

t = tables.dead_letters
_ATTRIBUTES = ("ce-", "cloudevents:", "cloudevents_")


def erase_given_up(tx: Transaction, ids: Collection[str]) -> None:
    """Of what upstream sent, too: it names no id of ours, but what the id follows from."""
    if not ids:
        return
    rows = tx.execute(select(t).where(t.c.queue == queue_between("notify", DEAD_LETTERS_EXCHANGE).name))
    about = [row.id for row in rows if _complaint_of(row) in ids]
    if about:
        tx.execute(delete(t).where(t.c.id.in_(about)))


def _complaint_of(row: Any) -> str | None:
    message = message_of(row)
    try:
        body = orjson.loads(message.body)
    except orjson.JSONDecodeError:
        body = None
    said = body if isinstance(body, dict) else {}
    data = said["data"] if isinstance(said.get("data"), dict) else {}
    outside = {_attribute(name): value for name, value in message.headers.items()}
    source = data.get("source") or said.get("source") or outside.get("source")
    external_id = data.get("external_id") or said.get("external_id") or said.get("subject") or outside.get("subject")
    return complaint_id(str(source), str(external_id)) if source and external_id else None


def _attribute(header: str) -> str:
    name = header.lower()
    return next((name.removeprefix(p) for p in _ATTRIBUTES if name.startswith(p)), name)
