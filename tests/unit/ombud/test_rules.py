"""`ombud rules` shows mistakes with their line, readings with their evidence, and rules that never fire."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ombud.rules import rules
from ombud.trouble import Trouble

COMPANY = "tiers:\n  vip: {raises: 1}\n"


def run(*args: str, feed: str | None = None) -> Result:
    return CliRunner().invoke(rules, [*args], input=feed)


def test_rules_that_can_be_used_say_their_version(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(COMPANY)
    result = run("check", str(tmp_path))
    assert result.exit_code == 0
    assert "can be used" in result.output and "version" in result.output


@pytest.mark.parametrize("what", ["", "company.yml"])
def test_a_mistake_is_shown_with_its_line(tmp_path: Path, what: str) -> None:
    (tmp_path / "company.yml").write_text("tiers:\n  vip: {raises: many}\n")
    result = run("check", str(tmp_path / what))
    assert "company.yml:2: raises is a number of steps" in result.output
    assert isinstance(result.exception, Trouble)
    assert str(result.exception).endswith("cannot be used: 1 mistake")


def test_a_file_that_is_right_beside_a_wrong_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(COMPANY)
    (tmp_path / "en.yml").write_text("asks: 1\n")
    result = run("check", str(tmp_path / "company.yml"))
    assert isinstance(result.exception, Trouble)
    assert "company.yml is right, but" in str(result.exception)


def test_try_shows_the_words_that_decided(tmp_path: Path) -> None:
    (tmp_path / "company.yml").write_text(COMPANY)
    text = "Your kettle burned my child. Get me the manager!"
    shown = run("try", text, "--rules", str(tmp_path), "--tier", "vip")
    assert shown.exit_code == 0
    assert "severity critical" in shown.output and "asks for: supervisor" in shown.output
    read = json.loads(run("try", "-", "--json", feed=text).output)
    (role,) = {(e["matched"], e["start"]) for e in read["evidence"] if e["rule"] == "en.ask.role.manager"}
    assert role == ("manager", text.index("manager"))


def test_coverage_tells_what_never_fires_and_which_texts_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text("category:\n  delivery:\n    3: |\n      parcel, pigeon\n")
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("Where is my parcel? I have been waiting for it since Monday.")
    (texts / "b.jsonl").write_text('{"text": "The weather in this town is quite nice today."}\nbroken\n')
    shown = run("coverage", str(texts), "--rules", str(tmp_path)).output
    assert "never fired in en: en.category.delivery.pigeon" in " ".join(shown.split())
    assert "no evidence: b.jsonl:1: The weather" in shown
    assert "no evidence: a.txt" not in shown


def test_coverage_of_no_texts_is_refused(tmp_path: Path) -> None:
    result = run("coverage", str(tmp_path))
    assert isinstance(result.exception, Trouble)
    assert "holds no texts" in str(result.exception)
