"""HTTP in and out of the quarantine, the same in every service. Called by each service.py."""

import base64
from typing import Any

import structlog
from werkzeug.wrappers import Request, Response

from shared.contracts.event import to_text
from shared.database import Database
from shared.loading import load
from shared.messaging.envelope import plain_text
from shared.quarantine import letters, metrics, schemas, usecases
from shared.quarantine.letters import Letter
from shared.web import json_body, json_response

log = structlog.get_logger()
_WANTED, _CORRECTION, _DISCARD = schemas.WantedSchema(), schemas.CorrectionSchema(), schemas.DiscardSchema()


def listed(db: Database, request: Request) -> Response:
    """A page, newest first, without bodies; `next` is what to pass as `after`, `under_way` how many replays are."""
    wanted = load(_WANTED, request.args.to_dict(), schemas.UNUSABLE)
    with db.read() as tx:
        rows, under_way = letters.page(tx, wanted), letters.under_way(tx)
    page = rows[: letters.PAGE]
    return json_response(
        {
            "dead_letters": [_entry(row) for row in page],
            "next": schemas.next_after(page[-1]) if len(rows) > len(page) else None,
            "under_way": under_way,
        }
    )


def shown(db: Database, id_: str) -> Response:
    with db.read() as tx:
        return json_response(_document(usecases.letter(tx, id_)))


def replayed(db: Database, request: Request, id_: str) -> Response:
    correction = load(_CORRECTION, json_body(request) if request.get_data() else {}, schemas.UNUSABLE)
    done = db.run(lambda tx: usecases.replay(tx, id_, correction))
    metrics.REPLAYED.inc()
    log.info("dead_letter_replayed", letter=id_, queue=done.queue, by=_caller(request), event_id=done.event_id)
    return json_response({"id": id_} | vars(done), 202)


def discarded(db: Database, request: Request, id_: str) -> Response:
    """Who and why stand in the log: of the letter nothing is left."""
    asked = load(_DISCARD, json_body(request) if request.get_data() else {}, schemas.UNUSABLE)
    letter = db.run(lambda tx: usecases.discard(tx, id_))
    metrics.DISCARDED.inc()
    by = asked["by"] or _caller(request)
    log.warning("dead_letter_discarded", letter=id_, queue=letter.queue, reason=letter.reason, by=by, why=asked["why"])
    return json_response({"id": id_, "queue": letter.queue, "by": by, "why": asked["why"]})


def _caller(request: Request) -> str:
    return str(request.caller.name)  # type: ignore[attr-defined]


def _entry(row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {str(name): value for name, value in row._asdict().items()}
    return shown | {"dead_at": to_text(row.dead_at)}


def _document(letter: Letter) -> dict[str, Any]:
    """Whole; a body that is no text is shown in base64."""
    message, text = letter.message, plain_text(letter.message.body)
    is_text = text.encode() == message.body
    return {
        "id": letter.id,
        "queue": letter.queue,
        "source": letter.source,
        "event_id": letter.event_id,
        "type": message.routing_key,
        "reason": letter.reason,
        "error": letter.error,
        "dead_at": to_text(letter.dead_at),
        "headers": message.headers,
        "content_type": message.content_type,
        "encoding": "text" if is_text else "base64",
        "body": text if is_text else base64.b64encode(message.body).decode(),
    }
