"""`ombud migrate --grant`: the service's role can do the service's work, and cannot change the timeline."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ombud.migrate.command import migrate
from ombud.migrate.grants import append_only
from services.escalation.domain import answers
from services.escalation.domain.case import CaseState
from shared import clock
from shared.contracts.escalation import CaseEscalated, Outcome
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten
from shared.contracts.topology import SERVICES
from tests.harness.events import NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import (
    BY_PRODUCT,
    HOUR,
    PEOPLE,
    a_complaint,
    alike,
    id_of,
    is_part,
    majors,
    with_storms,
)

PASSWORD = "for-tests-only"


@pytest.fixture
def role(postgres: Any) -> str:
    """A role of a name that must be quoted, and that may nothing yet."""
    name = f"Ombud-{uuid.uuid4().hex[:8]}"
    postgres.psql(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'")
    return name


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)


def told(url: str, role: str, *services: str) -> str:
    """What `ombud migrate --grant` said of a refusal; empty when it did its work."""
    result = CliRunner().invoke(migrate, [*services, "--database-url", url, "--grant", role])
    assert (result.exit_code == 0) is (result.exception is None)
    return str(result.exception) if result.exception else ""


def rights(url: str, role: str, schema: str = "escalation") -> dict[str, set[str]]:
    query = (
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = :role AND table_schema = :schema"
    )
    found: dict[str, set[str]] = {}
    for table, what in ask(url, query, role=role, schema=schema):
        found.setdefault(table, set()).add(what)
    return found


def ask(url: str, statement: str, **names: str) -> list[Any]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        done = connection.execute(text(statement), names)
        rows = list(done) if done.returns_rows else []
    engine.dispose()
    return rows


@pytest.fixture
def desk(postgres_url: str, role: str, tmp_path: Path) -> Iterator[Desk]:
    """Escalation as it runs in production: its role is not the owner."""
    assert told(postgres_url, role, "escalation") == ""
    owner = Desk(postgres_url, tmp_path)
    owner.start_over(PEOPLE, with_storms(BY_PRODUCT))
    owner.db.close()
    made = Desk(as_role(postgres_url, role), tmp_path)
    made.__dict__ |= {"announced": [], "again": [], "traces": {}, "book": owner.book, "_shift": owner._shift}
    yield made
    made.db.close()
    clock.shift_from(None)


def test_the_service_does_all_its_work_under_that_role(desk: Desk) -> None:
    desk.hear(*alike(1, 4), a_complaint("lone", product="OTHER", severity=Severity.CRITICAL))
    desk.watch_storms()
    (major,) = majors(desk)
    assert is_part(desk, 1, major)
    desk.jump(HOUR / 2)
    assert desk.settle() > 0
    desk.take(id_of("lone"), "anna")
    desk.answer(id_of("lone"), lambda case, setting: answers.remark(case, "anna", setting), note="she called")
    desk.answer(major, lambda case, setting: answers.resolve(case, "caro", Outcome.UPHELD, (), setting))
    desk.watch_storms()
    assert desk.case(id_of(1)).state is CaseState.RESOLVED
    desk.audit()
    desk.hear(ComplaintForgotten(id_of("lone"), 9, NOON))
    assert desk.case(id_of("lone")).facts is None
    assert desk.told(CaseEscalated)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE case_events SET actor = 'nobody'", "DELETE FROM case_events", "TRUNCATE case_events"],
    ids=lambda text: text.split()[0],
)
def test_the_role_cannot_change_the_timeline(desk: Desk, statement: str) -> None:
    desk.hear(a_complaint("1"))
    with pytest.raises(DBAPIError, match="permission denied for table case_events"), desk.db.transaction() as tx:
        tx.execute(text(statement))
    assert desk.timeline(id_of("1")) == ["opened"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE case_events DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON case_events",
        "DROP TABLE case_events",
        "CREATE TABLE escalation.mine (x int)",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_nor_can_it_get_around_that(desk: Desk, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"must be owner|permission denied"), desk.db.transaction() as tx:
        tx.execute(text(statement))


def test_told_twice_it_comes_to_the_same(postgres_url: str, role: str) -> None:
    told(postgres_url, role, "escalation")
    once = rights(postgres_url, role)
    assert told(postgres_url, role, "escalation") == ""
    assert rights(postgres_url, role) == once
    assert once["case_events"] == {"SELECT", "INSERT"}
    assert once["cases"] == once["case_notes"] == once["outbox"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert once["alembic_version"] == {"SELECT"}


def test_what_was_given_too_much_is_taken_back(postgres_url: str, role: str) -> None:
    told(postgres_url, role, "escalation")
    once = rights(postgres_url, role)
    ask(postgres_url, f'GRANT ALL ON ALL TABLES IN SCHEMA escalation TO "{role}"')
    ask(postgres_url, f'GRANT UPDATE (actor) ON escalation.case_events TO "{role}"')
    ask(postgres_url, f'GRANT ALL ON SCHEMA escalation TO "{role}"')
    assert told(postgres_url, role, "escalation") == ""
    assert rights(postgres_url, role) == once
    (can_create,) = ask(postgres_url, "SELECT has_schema_privilege(:role, 'escalation', 'CREATE')", role=role)
    assert not can_create[0]


def test_the_role_of_one_service_sees_nothing_of_another(postgres_url: str, role: str) -> None:
    told(postgres_url, "postgres", "routing")  # only migrated: a superuser is refused
    assert told(postgres_url, role, "escalation") == ""
    assert rights(postgres_url, role, "routing") == {}


def test_without_names_it_is_granted_what_every_service_needs(postgres_url: str, role: str) -> None:
    assert told(postgres_url, role) == ""
    assert all("UPDATE" in rights(postgres_url, role, service)["outbox"] for service in SERVICES)


# -- what cannot be -----------------------------------------------------------------------------------------------


def test_a_role_that_does_not_exist_is_named(postgres_url: str) -> None:
    assert "knows no role nobody; make it first" in told(postgres_url, "nobody", "escalation")


def test_a_superuser_is_refused(postgres_url: str, postgres: Any) -> None:
    owner = make_url(postgres_url).username or ""
    assert f"{owner} is a superuser: nothing can be kept from it" in told(postgres_url, owner, "escalation")


def owned(url: str, role: str) -> None:
    told(url, role, "escalation")
    ask(url, f'ALTER TABLE escalation.case_events OWNER TO "{role}"')


def schema_owned(url: str, role: str) -> None:
    told(url, role, "escalation")
    ask(url, f'ALTER SCHEMA escalation OWNER TO "{role}"')


def by_everybody(url: str, role: str) -> None:
    told(url, role, "escalation")
    ask(url, "GRANT DELETE ON escalation.case_events TO PUBLIC")


def by_column(url: str, role: str) -> None:
    told(url, role, "escalation")
    ask(url, "GRANT UPDATE (details) ON escalation.case_events TO PUBLIC")


def by_membership(url: str, role: str) -> None:
    ask(url, f'GRANT pg_write_all_data TO "{role}"')


@pytest.mark.parametrize(
    ("loophole", "said"),
    [
        (owned, "owns the schema or the tables of escalation"),
        (schema_owned, "owns the schema or the tables of escalation"),
        (by_everybody, "may DELETE escalation.case_events all the same, by a grant to PUBLIC"),
        (by_column, "may UPDATE escalation.case_events all the same"),
        (by_membership, "may UPDATE escalation.case_events all the same"),
    ],
)
def test_a_role_that_could_change_the_timeline_all_the_same_is_refused(
    postgres_url: str, role: str, loophole: Callable[[str, str], None], said: str
) -> None:
    loophole(postgres_url, role)
    before = rights(postgres_url, role)
    assert said in told(postgres_url, role, "escalation")
    assert rights(postgres_url, role) == before, "all or nothing"


@pytest.mark.parametrize("args", [[], ["--database-url", "sqlite:///x.sqlite"], ["escalation"]])
def test_sqlite_has_no_roles(tmp_path: Path, args: list[str]) -> None:
    result = CliRunner().invoke(migrate, [*args, "--data-dir", str(tmp_path / "new"), "--grant", "ombud"])
    assert "--grant needs PostgreSQL" in str(result.exception)
    assert not (tmp_path / "new").exists(), "nothing was migrated"


def test_the_timeline_is_what_is_append_only() -> None:
    assert {service: append_only(service) for service in SERVICES} == {
        "intake": [],
        "routing": [],
        "escalation": ["case_events"],
        "notify": [],
    }
