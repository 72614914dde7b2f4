"""A service with no domain, in routing's place: what it does with an event is write it down and announce another."""

from shared import runner  # isort: skip  (first: it patches)

from dataclasses import dataclass
from pathlib import Path

import eventlet
from environs import Env
from sqlalchemy import Column, Integer, MetaData, String, Table
from werkzeug.wrappers import Request, Response

from shared.contracts.intake import ComplaintClassified
from shared.contracts.routing import ComplaintAssigned
from shared.database import Database, Transaction
from shared.errors import Rejected
from shared.messaging import subscribe
from shared.providers import DatabaseProvider
from shared.settings import CommonSettings, common
from shared.web import http, json_response

effects = Table("effects", MetaData(), Column("n", Integer, primary_key=True), Column("external_id", String(100)))


@dataclass(frozen=True)
class Settings:
    common: CommonSettings


class SinkService:
    name = "routing"
    db: Database = DatabaseProvider()

    @subscribe(ComplaintClassified, batch_size=20)
    def on_complaints(self, tx: Transaction, events: list[ComplaintClassified]) -> None:
        for event in events:
            if event.external_id == "poison":
                raise RuntimeError("poison")
            if event.external_id == "refused":
                raise Rejected("refused")
            if event.external_id.startswith("slow"):
                eventlet.sleep(0.1)
            tx.announce(ComplaintAssigned(event.complaint_id, 1, "a", "A", tx.now))
        tx.insert_many(effects, [{"external_id": e.external_id} for e in events])

    @http("POST", "/v1/echo", scope="source")
    def echo(self, request: Request) -> Response:
        return json_response({"bytes": len(request.get_data())})

    @http("POST", "/v1/notes", scope="source")
    def note(self, request: Request) -> Response:
        with self.db.transaction() as tx:
            tx.insert_many(effects, [{"external_id": request.get_data(as_text=True)}])
        return json_response({}, 201)

    @http("GET", "/v1/broken", scope=None)
    def broken(self, request: Request) -> Response:
        raise RuntimeError("the password is hunter2")


runner.main(
    SinkService,
    lambda: Settings(common(Env(prefix="OMBUD_"), "routing")),
    lambda _: {},
    Path(__file__).parent / "migrations",
)
