"""Between HTTP and the use cases: who is on duty and why, the course of a rota, and overrides. Called by service.py."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from services.escalation.domain.duty import HORIZON, Duty, Override, Rota, Watch, shifts_of, watch_at
from services.escalation.domain.ladder import Level
from services.escalation.domain.people import People, Wanted
from services.escalation.domain.policy import Policy
from services.escalation.people import duty_schemas, duty_store, overrides
from services.escalation.people.overrides import OverrideAsked
from services.escalation.schemas import load, load_query
from shared.codes import language_code, region_code
from shared.contracts.event import to_text
from shared.database import Database
from shared.errors import NotFound, Rejected
from shared.web import json_body, json_response

LONGEST_COURSE, COURSE = timedelta(days=31), timedelta(days=7)


def show_duty(db: Database, policy: Policy, request: Request) -> Response:
    """`?at=&rota=&region=&language=`: for each rota who has it and why; with a region also whom each level alerts."""
    asked = load_query(duty_schemas.DutyQuery(), request.args)
    rotas = (_rota(policy, asked["rota"]),) if asked["rota"] else policy.rotas
    with db.read() as tx:
        at = asked["at"] or tx.now
        people = duty_store.people(tx, policy, at)
    region = region_code(asked["region"])
    wanted = Wanted((region,) if region else (), language_code(asked["language"]) or "")
    told = {"at": to_text(at), "rotas": [_watch_document(rota, people, at) for rota in rotas]}
    return json_response(told | {"levels": _levels(policy, people, wanted, at) if region else []})


def show_course(db: Database, policy: Policy, request: Request, name: str) -> Response:
    """`?from=&to=`: who has the duty when, and when nobody has it."""
    rota, asked = _rota(policy, name), load_query(duty_schemas.CourseQuery(), request.args)
    with db.read() as tx:
        start = asked["start"] or tx.now
        end = asked["end"] or start + COURSE
        _check_course(start, end)
        people = duty_store.people_between(tx, policy, start, end)
    course = shifts_of(rota, people.overrides, people.leaves, start, end)
    mine = (o for o in people.overrides if o.rota == rota.name and o.start < end and o.end > start)
    return json_response(
        {
            "name": rota.name,
            "from": to_text(start),
            "to": to_text(end),
            "course": [_span(watch) | {"on_duty": _duties(people, watch.duties)} for watch in course],
            "gaps": [_span(watch) for watch in course if not watch.duties],
            "overrides": [override_document(override) for override in mine],
        }
    )


def add_override(db: Database, policy: Policy, request: Request) -> Response:
    body = load(duty_schemas.OverrideBody(), json_body(request))
    by = str(request.caller.name)  # type: ignore[attr-defined]
    asked = OverrideAsked(**body)
    override = db.run(lambda tx: overrides.add_override(tx, policy.rotas, asked, by))
    return json_response(override_document(override))


def remove_override(db: Database, override_id: str) -> Response:
    """Answers with what was removed."""
    removed = db.run(lambda tx: overrides.remove_override(tx, override_id))
    return json_response(override_document(removed))


def override_document(override: Override) -> dict[str, Any]:
    return {
        "id": override.id,
        "rota": override.rota,
        "person": override.person,
        "from": to_text(override.start),
        "to": to_text(override.end),
        "instead_of": override.instead_of,
        "by": override.by,
        "reason": override.reason,
    }


def _rota(policy: Policy, name: str) -> Rota:
    rota = policy.rota(name)
    if rota is None:
        raise NotFound(f"no rota {name}")
    return rota


def _check_course(start: datetime, end: datetime) -> None:
    wrong = None
    if end <= start:
        wrong = "is not after from"
    elif end - start > LONGEST_COURSE:
        wrong = f"is more than {LONGEST_COURSE.days} days after from"
    if wrong:
        raise Rejected("the query cannot be used", [{"pointer": "/to", "detail": wrong}])


def _watch_document(rota: Rota, people: People, at: datetime) -> dict[str, Any]:
    watch = watch_at(rota, people.overrides, people.leaves, at)
    then = watch_at(rota, people.overrides, people.leaves, watch.end) if watch.end < at + HORIZON else None
    return {
        "name": rota.name,
        "since": to_text(watch.start),
        "until": to_text(watch.end),
        "on_duty": _duties(people, watch.duties),
        "next": _span(then) | {"on_duty": _duties(people, then.duties)} if then else None,
    }


def _span(watch: Watch) -> dict[str, Any]:
    return {"from": to_text(watch.start), "to": to_text(watch.end)}


def _duties(people: People, duties: Iterable[Duty]) -> list[dict[str, Any]]:
    """name: null of somebody whom the service does not know, and cannot alert."""
    reasons = {override.id: override.reason for override in people.overrides}
    return [
        {
            "person": duty.person,
            "name": people.known[duty.person].name if duty.person in people.known else None,
            "why": duty.why.value,
            "since": to_text(duty.since),
            "until": to_text(duty.until),
            "instead_of": duty.instead_of,
            "override": duty.override,
            "reason": reasons.get(duty.override) if duty.override else None,
        }
        for duty in duties
    ]


def _levels(policy: Policy, people: People, wanted: Wanted, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "ladder": ladder.name,
            "level": number,
            "name": level.name,
            "is_open": (is_open := _is_open(policy, level, wanted, at)),
            "alerts": people.among(level.recipients, wanted, at) if is_open else [],
        }
        for ladder in policy.ladders
        for number, level in enumerate(ladder.levels, start=1)
    ]


def _is_open(policy: Policy, level: Level, wanted: Wanted, at: datetime) -> bool:
    calendar = policy.calendar(level.hours, wanted.regions[0])
    return calendar is None or calendar.is_open(at)
