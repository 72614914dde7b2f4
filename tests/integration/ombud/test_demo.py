"""`ombud demo` as the README shows it: all that it needs comes with it, and its exit code can be believed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.integration.ombud.conftest import Result, free_offset

PATIENCE = 120.0

SEVERE = {"source": "me", "external_id": "1", "text": "This is unsafe. I want to speak to a supervisor."}


def the_summary(result: Result) -> list[str]:
    """The parts of the one line that says what became of the complaints."""
    (line,) = [line for line in result.stdout.splitlines() if " · " in line]
    return line.split(" · ")


def test_it_accounts_for_every_sample_and_so_it_does_the_second_time_in_the_same_folder(
    ombud: Callable[..., Result],
) -> None:
    for _ in range(2):
        result = ombud("demo", "--data-dir", "data", "--port-offset", str(free_offset()), patience=PATIENCE)
        assert result.returncode == 0, result
        summary = the_summary(result)
        assert summary[:2] == ["300 accepted", "300 classified"]
        assert summary[-3:-1] == ["0 lost", "0 duplicates"]


def test_an_alert_that_is_in_the_mailbox_twice_is_told_and_ends_it_with_an_error(
    ombud: Callable[..., Result], tmp_path: Path, amqp_uri: str
) -> None:
    (tmp_path / "feed.jsonl").write_text(json.dumps(SEVERE))

    def demo() -> Result:
        offset = str(free_offset())
        given = ("--feed", "feed.jsonl", "--data-dir", "data", "--amqp-uri", amqp_uri, "--port-offset", offset)
        return ombud("demo", *given, patience=PATIENCE)

    assert demo().returncode == 0
    mail = next((tmp_path / "data" / "mailbox" / "new").iterdir())
    shutil.copy(mail, mail.with_stem(f"{mail.stem}0"))
    result = demo()
    assert result.returncode == 1
    assert "1 duplicates" in the_summary(result)
    assert "not as it should be: 1 mails that share a Message-ID with another" in result.stderr
