"""The sources file: every mistake with its line, and no secret inside of it."""

from pathlib import Path

import pytest

from services.intake.sources import accountfile
from services.intake.sources.accountfile import WrongSources
from services.intake.sources.kinds import KINDS
from services.intake.sources.mapped import Mapped
from services.intake.sources.mapping_options import plan_of, preset
from shared.errors import NotFound
from tests.harness.process import PROJECT

BROKEN = """\
sources:
  Bad Name: {kind: zendesk}
  unknown: {kind: frontdesk, color: red}
  nobody: {kind: zendesk}
  twice:
    kind: jira
    kind: jira
    secrets: [{secret_env: GONE}]
    options: {projects: SUP, team: 7}
  wide:
    kind: mapping
    check: {scheme: hmac}
    defaults: {colour: red}
  paths:
    kind: mapping
    check: {scheme: none}
    options:
      id: ["$.a["]
      fields: {external_id: $.id, weight: $.w}
      types:
        - {type: complaint.lost, when: {$.x: 1}}
      enrich: {url: "http://api.example.com/{id}"}
  file: {kind: intercom, secrets: [{secret_file: /nowhere/at/all}]}
  both: {kind: intercom, secrets: [{secret_file: /x, secret_env: X}]}
  open: {kind: salesforce}
  mail: {kind: postmark}
  signs: {kind: zendesk, check: {scheme: none}, secrets: [{secret_env: SECRET}]}
  needs: {kind: qualtrics, secrets: [{secret_env: SECRET}]}
"""
MISTAKES = {
    (2, "sources.Bad Name"), (3, "sources.unknown.kind"), (3, "sources.unknown.color"), (4, "sources.nobody"),
    (7, "sources.twice"), (8, "sources.twice.secrets.0"), (9, "sources.twice.options.projects"),
    (9, "sources.twice.options.team"), (12, "sources.wide.check.name"), (13, "sources.wide.defaults.colour"),
    (18, "sources.paths.options.id.0"), (19, "sources.paths.options.fields.weight"),
    (21, "sources.paths.options.types.0.type"), (22, "sources.paths.options.enrich.url"),
    (23, "sources.file.secrets.0"),
    (24, "sources.both.secrets.0"), (25, "sources.open"), (26, "sources.mail"), (27, "sources.signs.check"),
    (28, "sources.needs.options.fields"),
}  # fmt: skip


def test_every_mistake_is_named_with_its_line() -> None:
    with pytest.raises(WrongSources) as refused:
        accountfile.parse(BROKEN, "sources.yml", {"SECRET": "s"}.get)
    found = set()
    for line in str(refused.value).splitlines():
        file, number, place, _ = (part.strip() for part in line.split(":", 3))
        assert file == "sources.yml"
        found.add((int(number), place))
    assert found == MISTAKES


@pytest.mark.parametrize(
    ("document", "line"),
    [("[", 1), ("", 1), ("sources: 7", 1), ("a: 1", 1), ("\n\nsources: {b: 3}", 3), ("\tx", 1), ("\x00", 1)],
)
def test_what_is_no_such_file_is_refused(document: str, line: int) -> None:
    with pytest.raises(WrongSources, match=f"^f.yml:{line}: "):
        accountfile.parse(document, "f.yml", {}.get)


@pytest.mark.parametrize(
    "value",
    [
        "!secret A",
        "2026-02-30",
        "!!int many",
        "!!bool maybe",
        "!!timestamp now",
        "&a [*a]",
        "[" * 25 + "]" * 25,
    ],
)
def test_a_value_that_is_not_what_it_looks_like_is_named_with_its_line(value: str) -> None:
    with pytest.raises(WrongSources, match=r"^f.yml:3: "):
        accountfile.parse(f"sources:\n  z:\n    url: {value}\n", "f.yml", {}.get)


def test_entries_may_share_what_they_have_in_common() -> None:
    document = """\
sources:
  one: &one {kind: zendesk, secrets: [{secret_env: A}]}
  two: {<<: *one, defaults: {region: CZ}}
"""
    found = accountfile.parse(document, "f.yml", {"A": "a"}.get)
    assert found.account("two").secrets == found.account("one").secrets == ("a",)


def test_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("older\n")
    document = (
        f"sources: {{z: {{kind: zendesk, secrets: [{{secret_env: A}}, {{secret_file: {tmp_path}/old}}],"
        " replay_window_minutes: 30}}"
    )
    account = accountfile.parse(document, "f.yml", {"A": "newer"}.get).account("z")
    assert account.secrets == ("newer", "older")
    assert account.replay_window.total_seconds() == 1800
    assert "newer" not in repr(account)


def test_an_address_and_its_placeholders_go_together() -> None:
    document = """\
sources:
  h:
    kind: hubspot
    secrets: [{secret_env: A}]
    options: {enrich: {url: "https://api.example.com/{ticket}/{other}", token_env: A}}
"""
    with pytest.raises(WrongSources, match=r"f.yml:5: sources.h.options.enrich: `with` must name each"):
        accountfile.parse(document, "f.yml", {"A": "a"}.get)


def test_without_a_file_there_are_no_sources() -> None:
    with pytest.raises(NotFound):
        accountfile.load(None, {}.get).account("zendesk")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSources, match=r"gone\.yml:1: cannot be read"):
        accountfile.load(tmp_path / "gone.yml", {}.get)


def test_the_sample_can_be_used() -> None:
    found = accountfile.load(PROJECT / "samples" / "sources.yml", lambda name: f"value of {name}")
    assert {a.source.kind for a in found.accounts.values()} == set(accountfile.KINDS)


@pytest.mark.parametrize(
    "kind", [kind for kind, source in KINDS.items() if isinstance(source, Mapped) and source.has_preset]
)
def test_presets_are_whole_but_for_what_each_account_must_say(kind: str) -> None:
    options = preset(kind)
    if kind == "qualtrics":  # its questions have numbers of their own in every survey
        options["fields_"]["text"] = ("$.x",)
    assert plan_of(options).rules
