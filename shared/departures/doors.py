"""HTTP out of the outbox, the same in every service. Called by each service.py."""

from marshmallow import RAISE, Schema, fields, validate
from werkzeug.wrappers import Request, Response

from shared.database import Database
from shared.departures import rows
from shared.departures.rows import Wanted
from shared.loading import load
from shared.web import json_response


class WantedSchema(Schema):
    """An unknown name is refused, as a filter misspelt is none."""

    class Meta:
        unknown = RAISE

    id = fields.Integer(load_default=None, validate=validate.Range(1, 2**63 - 1))
    type = fields.String(
        load_default=None, validate=[validate.Length(1, 80), validate.ContainsNoneOf("\0", error="no NUL, please")]
    )


_WANTED = WantedSchema()


def listed(db: Database, request: Request) -> Response:
    """All are counted; those that are asked for are listed, the oldest first."""
    wanted = Wanted(**load(_WANTED, request.args.to_dict(), "this cannot be used"))
    with db.read() as tx:
        return json_response(rows.counted(tx) | {"events": rows.listed(tx, wanted)})
