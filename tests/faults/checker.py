"""Holds the system, once it is quiet, against what was sent: the promises, read from the databases and the mailbox."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import NullPool, create_engine, select

from services.escalation import tables as escalation
from services.intake import tables as intake
from services.notify import tables as notify
from services.notify.domain.alert import ENDED, OPEN, REACHED, AlertState
from services.notify.watch import books
from services.routing import tables as routing
from shared import tables as plumbing
from shared.contracts.intake import complaint_id
from shared.contracts.topology import SERVICES
from shared.database import Database
from tests.faults.load import Load
from tests.harness.mails import alerts_in
from tests.harness.system import System


@dataclass
class State:
    """Everything that the services wrote, by service and table."""

    tables: dict[str, list[dict[str, Any]]]
    mails: Counter[str]
    unaccounted: int

    def by_key(self, table: str, key: str) -> dict[str, dict[str, Any]]:
        return {row[key]: row for row in self.tables[table]}


_TABLES = {
    "intake": (intake.complaints, intake.contacts),
    "routing": (routing.assignments, routing.agents),
    "escalation": (escalation.cases, escalation.case_events),
    "notify": (notify.alerts, notify.escalations, notify.cases),
}
_PLUMBING = (plumbing.inbox, plumbing.outbox, plumbing.retries, plumbing.dead_letters)


def read(system: System) -> State:
    tables = {}
    for service in SERVICES:
        url = system.database(service)
        where = {} if url.startswith("sqlite") else {"options": f"-c search_path={service}"}
        engine = create_engine(url, poolclass=NullPool, connect_args=where)
        with engine.connect() as connection:
            for table in (*_TABLES[service], *_PLUMBING):
                tables[f"{service}.{table.name}"] = [dict(r._mapping) for r in connection.execute(select(table))]
    return State(tables, Counter(a for m in system.mail.messages() for a in alerts_in(m)), _unaccounted(system))


def _unaccounted(system: System) -> int:
    db = Database(system.database("notify"), "notify")
    with db.read() as tx:
        found = books.unaccounted(tx)
    db.close()
    return found


def broken_promises(system: System, load: Load) -> list[str]:
    """Empty when all promises hold; else one line for each that does not."""
    state = read(system)
    checks = (
        _accepted_is_never_lost,
        _nobody_is_forgotten,
        _it_reaches_someone,
        _nobody_is_told_twice,
        _every_decision_explains_itself,
        _nothing_is_left_over,
    )
    return [f"{check.__name__}: {fault}" for check in checks for fault in check(state, load)]


def _ids(external_ids: set[str]) -> set[str]:
    return {complaint_id("web", e) for e in external_ids}


def _accepted_is_never_lost(state: State, load: Load) -> list[str]:
    there = [c["id"] for c in state.tables["intake.complaints"] if c["revision"] > 0]
    contacts = Counter(c["complaint_id"] for c in state.tables["intake.contacts"])
    faults = [f"lost {id_}" for id_ in _ids(load.sent) - set(there)] + [
        f"{i} taken in {n} times" for i, n in contacts.items() if n != 1
    ]
    return faults + [f"never sent: {id_}" for id_ in set(there) - _ids(load.sent)]


def _nobody_is_forgotten(state: State, load: Load) -> list[str]:
    assignments, cases = state.by_key("routing.assignments", "complaint_id"), state.by_key("escalation.cases", "id")
    faults = [
        f"{id_} without owner or reason"
        for id_ in _ids(load.sent)
        if assignments.get(id_, {}).get("state") not in ("assigned", "waiting")
    ]
    faults += [
        f"{id_} waits without a reason" for id_, a in assignments.items() if a["state"] == "waiting" and not a["reason"]
    ]
    faults += [f"{id_} without a case" for id_ in _ids(load.sent) - set(cases)]
    faults += [
        f"{id_} without a next deadline"
        for id_, c in cases.items()
        if c["state"] in ("open", "escalated") and not c["due_at"]
    ]
    loads = Counter(a["agent_id"] for a in assignments.values() if a["state"] == "assigned")
    return faults + [
        f"agent {a['id']} carries {a['load']}, has {loads[a['id']]}"
        for a in state.tables["routing.agents"]
        if a["load"] != loads[a["id"]] or a["load"] > a["capacity"]
    ]


def _it_reaches_someone(state: State, load: Load) -> list[str]:
    accepted = {a["case_id"] for a in state.tables["notify.alerts"] if a["state"] in REACHED}
    escalated = {e["case_id"] for e in state.tables["escalation.case_events"] if e["what"] == "escalated"}
    faults = [f"severe {id_} reached nobody" for id_ in _ids(load.severe) - accepted]
    return faults + [f"severe {id_} was not escalated" for id_ in _ids(load.severe) - escalated]


def _nobody_is_told_twice(state: State, load: Load) -> list[str]:
    alerts = state.by_key("notify.alerts", "id")
    faults = [
        f"alert {id_} was mailed {n} times, {doubts} of them in doubt"
        for id_, n in state.mails.items()
        if n > 1 + (doubts := alerts[id_]["doubts"] if id_ in alerts else 0)
    ]
    kinds = Counter((a["escalation_id"], a["recipient"], a["channel"], a["purpose"]) for a in alerts.values())
    faults += [f"{n} alerts of one kind: {kind}" for kind, n in kinds.items() if n > 1]
    faults += [f"mail of no alert: {id_}" for id_ in state.mails if id_ not in alerts]
    faults += [
        f"accepted and not in the mailbox: {id_}"
        for id_, a in alerts.items()
        if a["state"] in REACHED and a["channel"] == "email" and not state.mails[id_]
    ]
    return faults + [
        f"mailed though {alerts[id_]['state']}: {id_}"
        for id_ in state.mails
        if id_ in alerts and alerts[id_]["state"] not in REACHED | {AlertState.AMBIGUOUS}
    ]


def _every_decision_explains_itself(state: State, load: Load) -> list[str]:
    faults = [
        f"{c['id']} read without a version of the rules"
        for c in state.tables["intake.complaints"]
        if c["revision"] > 0 and not c["verdict"]["rules_version"]
    ]
    faults += [
        f"{a['complaint_id']} decided without its reasons"
        for a in state.tables["routing.assignments"]
        if a["state"] == "assigned" and not (a["decision"] and a["policy_version"])
    ]
    faults += [
        f"{e['case_id']} escalated without reason or policy"
        for e in state.tables["escalation.case_events"]
        if e["what"] == "escalated" and not (e["reason"] and e["policy_version"])
    ]
    return faults + [
        f"alert {a['id']} ended without a reason"
        for a in state.tables["notify.alerts"]
        if a["state"] in ENDED and not a["reason"]
    ]


def _nothing_is_left_over(state: State, load: Load) -> list[str]:
    faults = [
        f"{len(state.tables[f'{s}.{t}'])} rows left in {s}.{t}"
        for s in SERVICES
        for t in ("outbox", "retries")
        if state.tables[f"{s}.{t}"]
    ]
    dead = Counter({s: len(state.tables[f"{s}.dead_letters"]) for s in SERVICES})
    wrong = {s: n for s, n in dead.items() if not load.poison and n}
    faults += [f"{n} dead letters in {s} without poison" for s, n in wrong.items()]
    pending = [a["id"] for a in state.tables["notify.alerts"] if a["state"] in OPEN]
    faults += [f"alert {id_} has no outcome" for id_ in pending]
    return faults + ([f"{state.unaccounted} alerts are not accounted for"] if state.unaccounted else [])
