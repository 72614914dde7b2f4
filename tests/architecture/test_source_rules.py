"""Rules that every file keeps: one clock, one place for settings, errors end at boundaries, logs name nobody."""

import ast
import re

import pytest

from tests.architecture.source import Module, modules

# Of SQLAlchemy's clocks, `now` is the start of the transaction: older than the lock that it waited for.
CLOCKS = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "sqlalchemy.func.now",
    "sqlalchemy.func.current_timestamp",
)
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.putenv", "environs.Env")
TELLS_EVENTLET = "shared/green.py"  # which listens to the environment alone, while it is imported
BROAD = ("Exception", "BaseException")

# Where an error of any kind may end: it becomes an answer, a retry, a log line.
BOUNDARIES = {
    "shared/messaging/receiver.py",
    "shared/messaging/subscription.py",
    "shared/ops.py",
    "shared/outbox.py",
    "shared/runner.py",
    "shared/ticker.py",
    "shared/web/door.py",
    "shared/web/server.py",
}
# And where it passes through, each with its reason.
PASSES_THROUGH = {
    "shared/singly.py each": "a decision that touches nothing outside fails alone, and no other",
    "shared/database/engines.py checked_url": "whatever a parser of URLs raises becomes one WrongUrl",
    "shared/messaging/connection.py _beat": "the owner of the connection meets the same error at its next read",
    "services/notify/senders/dispatcher.py _send": "the boundary of one sender: its alert comes back by its lease",
    "services/notify/senders/errand.py run": "a bug in one letter must end as an outcome, or it comes back for ever",
    "services/notify/senders/together.py _answer_all": "handed to each greenlet that waits, and raised there",
    "services/notify/senders/together.py _patiently": "a fault that is no outage is raised, as is one that lasts",
}

PERSONAL = {
    "text",
    "body",
    "excerpt",
    "subject",
    "content",
    "message",
    "email",
    "mail",
    "phone",
    "number",
    "address",
    "to",
    "name",
    "customer",
    "contact",
    "recipient",
    "person",
    "caller",
    "token",
    "password",
    "secret",
    "key",
    "headers",
    "url",
    "uri",
}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
EVENT_NAME = re.compile(r"[a-z]+(_[a-z]+)*")


def clock_readings(module: Module) -> list[str]:
    return module.uses(*CLOCKS)


def settings_readings(module: Module) -> list[str]:
    return module.uses(*ENVIRONMENT)


def broad_handlers(module: Module) -> list[str]:
    """`place function` of each handler that takes any error, but for those that clean up and raise it again."""
    found = []
    for function, node in module.functions_around():
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node):
            found.append(f"{module.place} {function}")
    return found


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(c is None or (isinstance(c, ast.Name) and c.id in BROAD) for c in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def loose_log_lines(module: Module) -> list[str]:
    """Log calls with a key from the list, a computed event name, values without a key, or keys that cannot be seen."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _is_log_call(node.func):
            keys = {k.arg for k in node.keywords}
            if keys & PERSONAL or None in keys or not _is_event_name(node.args):
                found.append(f"{module.place}:{node.lineno}")
    return found


def _is_log_call(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id in ("log", "logger")
    )


def _is_event_name(arguments: list[ast.expr]) -> bool:
    return (
        len(arguments) == 1
        and isinstance(arguments[0], ast.Constant)
        and EVENT_NAME.fullmatch(str(arguments[0].value)) is not None
    )


def test_clock_is_read_in_one_file() -> None:
    assert [
        use for m in modules("shared", "services") if m.place != "shared/clock.py" for use in clock_readings(m)
    ] == []


def test_environment_is_read_by_settings_only() -> None:
    readings = [
        use
        for m in modules("shared", "services")
        if not m.place.endswith("/settings.py") and m.place != TELLS_EVENTLET
        for use in settings_readings(m)
    ]
    assert readings == []


def test_errors_of_any_kind_end_at_the_boundaries() -> None:
    broad = [h for m in modules("shared", "services") if m.place not in BOUNDARIES for h in broad_handlers(m)]
    assert sorted(broad) == sorted(PASSES_THROUGH), "a boundary more needs its reason here, one less its line removed"


def test_logs_name_what_happened_and_nobody_s_words() -> None:
    assert [line for m in modules("shared", "services") for line in loose_log_lines(m)] == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nat = datetime.now()",
        "import datetime as dt\nat = dt.datetime.now(dt.UTC)",
        "from datetime import datetime as d\nfield(default_factory=d.utcnow)",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from sqlalchemy import func\nt.c.due_at <= func.now()",
    ],
)
def test_another_clock_would_be_seen(text: str) -> None:
    assert clock_readings(Module("m.py", text))


@pytest.mark.parametrize(
    "text", ["import os\nos.environ['X']", "from os import getenv\ngetenv('X')", "from environs import Env\nEnv()"]
)
def test_settings_read_elsewhere_would_be_seen(text: str) -> None:
    assert settings_readings(Module("m.py", text))


@pytest.mark.parametrize(
    ("handler", "is_seen"),
    [
        ("except Exception:\n  pass", True),
        ("except:\n  pass", True),
        ("except (OSError, Exception) as e:\n  pass", True),
        ("except BaseException:\n  clean()\n  raise", False),
        ("except ValueError:\n  pass", False),
    ],
)
def test_broad_handler_would_be_seen(handler: str, is_seen: bool) -> None:
    assert broad_handlers(Module("m.py", f"def f():\n try:\n  g()\n {handler.replace(chr(10), chr(10) + ' ')}")) == (
        ["m.py f"] if is_seen else []
    )


@pytest.mark.parametrize(
    ("call", "is_loose"),
    [
        ("log.info('case_opened', case_id=case.id)", False),
        ("log.warning('refused', email=x)", True),
        ("log.error(f'refused {text}')", True),
        ("log.info('refused', text)", True),
        ("log.info('refused', **facts)", True),
    ],
)
def test_loose_log_line_would_be_seen(call: str, is_loose: bool) -> None:
    assert bool(loose_log_lines(Module("m.py", call))) is is_loose
