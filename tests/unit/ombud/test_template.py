"""`ombud template`: texts are shown as they would be sent, of every purpose, channel and language."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ombud.template.command import template
from services.notify.texts.templating import KINDS

LANGUAGES = ("cs", "de", "el", "en", "es", "fr", "pl", "zh")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(template, arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", ["email", "sms", "slack", "webhook"])
def test_every_text_can_be_looked_at_in_every_language(kind: str, channel: str) -> None:
    shown = run("preview", kind, "--all", "--channel", channel)
    assert shown.exit_code == 0, shown.output
    assert [code for code in LANGUAGES if f"── {code} · {channel} " in shown.output] == list(LANGUAGES)
    assert "None" not in shown.output and "%(" not in shown.output and "?" not in shown.output


def test_mail_is_shown_with_its_subject_and_an_escalation_is_what_is_shown_first() -> None:
    shown = run("preview", "--language", "cs").output
    assert "Subject: [Vysoká] 12 stížností, soukromí a bezpečnost, 0f8c2d11, úroveň 1\n\nZávažnost: vysoká" in shown
    assert "2. 11. 2026 10:00 CET" in shown and "I was charged twice" in shown


def test_what_is_asked_for_is_shown() -> None:
    shown = run("preview", "--no-quotes", "--repeated", "--timezone", "Asia/Shanghai").output
    assert "I was charged twice" not in shown
    assert "a second time" in shown and "17:00 CST (UTC+8)" in shown
    assert "[Fall übernehmen]" in run("preview", "digest", "--channel", "slack", "--language", "de").output


def test_page_is_written_one_file_a_language(tmp_path: Path) -> None:
    assert run("preview", "--html", str(tmp_path / "a.html")).exit_code == 0
    assert 'lang="en"' in (tmp_path / "a.html").read_text()
    assert run("preview", "--all", "--html", str(tmp_path / "b.html")).exit_code == 0
    assert {path.name for path in tmp_path.glob("b*")} == {f"b.{code}.html" for code in LANGUAGES}
    assert run("preview", "--channel", "sms", "--html", str(tmp_path / "c.html")).exit_code == 1
    assert not (tmp_path / "c.html").exists()


def test_list_says_which_files_are_your_own(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("{% block body %}{% endblock %}")
    lines = run("list", "--templates", str(tmp_path)).output.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("your own")] == ["layout.html"]
    assert lines[-1].split()[1:] == list(LANGUAGES)


@pytest.mark.parametrize(
    ("text", "said"), [("{{ no_such_fact }}", "'no_such_fact' is undefined"), ("{% if %}", "escalation.html:1: ")]
)
def test_mistake_in_a_text_of_your_own_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "escalation.html").write_text(text)
    failed = run("preview", "--templates", str(tmp_path))
    assert failed.exit_code == 1
    assert said in str(failed.exception)
