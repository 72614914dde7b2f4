"""Each check for itself: what hangs or breaks is a finding, the gravest come first, and no secret gets out."""

import threading
from collections.abc import Callable, Iterable

import pytest

from ombud.doctor import running, shown
from ombud.doctor.finding import Check, Finding, Found, Gravity, Subject, fault, note, warning
from ombud.doctor.secrets import Veil

OPEN = Veil([])


def check(
    *findings: Finding, service: str = "intake", subject: Subject = Subject.BROKER, look: Callable[..., object] = list
) -> Check:
    return Check(subject, service, lambda: look(findings))  # type: ignore[arg-type,return-value]


def texts(found: Iterable[Found]) -> list[str]:
    return [each.finding.text for each in found]


def test_the_gravest_come_first_and_then_what_may_be_the_cause() -> None:
    checks = [
        check(note("n", ""), subject=Subject.SETTINGS),
        check(warning("w", "")),
        check(fault("later", ""), subject=Subject.DATABASE),
        check(fault("first", "")),
    ]
    assert texts(running.run(checks, OPEN)) == ["first", "later", "w", "n"]


def test_what_several_services_have_in_common_is_said_once() -> None:
    same = fault("away", "start it")
    found = running.run([check(same, service=name) for name in ("intake", "notify")], OPEN)
    assert [(each.services, each.finding) for each in found] == [(("intake", "notify"), same)]


def test_a_check_that_hangs_is_a_fault_and_keeps_no_other_one_up() -> None:
    never = threading.Event()
    hanging = check(look=lambda _: never.wait())
    found = running.run([hanging, check(note("n", ""), service="notify")], OPEN, within=0.2)
    (left,) = (thread for thread in threading.enumerate() if thread.name == running.THREAD)
    assert left.daemon, "the command would not end"
    never.set()
    assert texts(found) == ["did not answer within 0.2 s", "n"]
    assert found[0].finding.gravity is Gravity.FAULT


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken(_: object) -> object:
        raise RuntimeError("oh, geheim")

    (found,) = running.run([check(look=broken)], Veil([{"SMTP_PASSWORD": "geheim"}]))
    assert found.finding.gravity is Gravity.WARNING
    assert found.finding.text == "the check itself broke: RuntimeError: oh, …"


@pytest.mark.parametrize(
    ("gravities", "code"),
    [((), 0), ((Gravity.NOTE,), 0), ((Gravity.NOTE, Gravity.WARNING), 1), ((Gravity.FAULT, Gravity.NOTE), 2)],
)
def test_the_exit_code_is_that_of_the_gravest(gravities: tuple[Gravity, ...], code: int) -> None:
    found = [Found(Subject.BROKER, (), Finding(gravity, "", "")) for gravity in gravities]
    assert shown.exit_code(found) == code
    assert shown.as_json(found, 7)["well"] is (code == 0)


def test_what_a_server_says_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    shown.show([Found(Subject.PROVIDERS, ("notify",), fault("it said \x1b[2Jhello", "look \x1b]0;at\x07"))], 1)
    told = capsys.readouterr().out
    assert "hello" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("OMBUD_AMQP_URI", "amqp://user:geheim@host/", "cannot reach amqp://user:geheim@host/"),
        ("OMBUD_SMTP_URL", "smtps://user:ge%2Fheim@host", "refused: ge/heim"),
        ("OMBUD_API_TOKENS", "one:operator:geheim, geheim2", "of one:operator:geheim and geheim2"),
        ("OMBUD_HEARTBEAT_URL", "https://hc.example/geheim", "asked https://hc.example/geheim"),
        ("SHOP_SECRET", "geheim", "a geheim"),
    ],
)
def test_no_secret_gets_out(name: str, value: str, text: str) -> None:
    veiled = Veil([{name: value}]).over(text)
    assert "geheim" not in veiled and "ge/heim" not in veiled


def test_a_password_in_an_address_that_nobody_knew_of_does_not_get_out_either() -> None:
    assert OPEN.over("no answer from amqp://me:geheim@host:5672/") == "no answer from amqp://…@host:5672/"


def test_what_is_no_secret_stays() -> None:
    assert Veil([{"OMBUD_PORT": "8001", "OMBUD_LINK_KEYS": ""}]).over("port 8001") == "port 8001"
