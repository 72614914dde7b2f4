"""What docs/rules.md and docs/sources.md show whole can be used as it stands: a language more, a system more."""

import re
from pathlib import Path

from services.intake.classify import Classifier
from services.intake.sources import accountfile
from tests.harness.process import PROJECT


def shown(page: str, heading: str) -> str:
    """The first piece of YAML behind a heading."""
    _, _, behind = (PROJECT / "docs" / page).read_text().partition(f"\n{heading}\n")
    found = re.search(r"```yaml\n(.*?)```", behind, re.DOTALL)
    assert found, heading
    return found[1]


def test_the_language_more_is_read(tmp_path: Path) -> None:
    (tmp_path / "sv.yml").write_text(shown("rules.md", "## A language more"))
    found = Classifier.load(tmp_path).classify("Er vattenkokare brände min dotter. Jag vill prata med chefen.")
    assert (found.language, found.category, found.severity) == ("sv", "safety", "critical")
    assert found.asks_supervisor


def test_the_mapping_of_a_system_more_can_be_used() -> None:
    known = accountfile.parse(
        shown("sources.md", "### mapping: any other system"), "sources.yml", {"SHOP_TOKEN": "x" * 16}.get
    )
    assert list(known.accounts) == ["shop"]
