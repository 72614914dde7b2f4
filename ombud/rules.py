"""`ombud rules`: the mistakes in the rules that read complaints, what they make of a text, and which never fire."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ombud.options import option
from ombud.screen import bar
from ombud.trouble import Trouble
from services.intake.classify import Classification, Classifier, RulesError
from services.intake.classify.model import Evidence

_PATH = click.Path(exists=True, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_STYLES = {
    "asks_supervisor": "bold magenta",
    "severity": "bold red",
    "flag": "red",
    "category": "cyan",
    "anger": "yellow",
    "campaign": "green",
    "product": "green",
    "veto": "strike dim",
}
_rules = option(
    "--rules", env="OMBUD_INTAKE_RULES", type=_FOLDER, default=None, help="A folder of rules; else the shipped ones."
)


@click.group()
def rules() -> None:
    """The rules that read complaints: language packs, thresholds and company.yml."""


@rules.command()
@click.argument("path", type=_PATH)
def check(path: Path) -> None:
    """Check a folder of rules, or one file of it; every mistake is shown with its line."""
    folder = path if path.is_dir() else path.parent
    try:
        found = Classifier.load(folder)
    except RulesError as error:
        mistakes = [m for m in error.mistakes if path.is_dir() or m.startswith(f"{path.name}:")]
        for mistake in mistakes:
            click.echo(mistake, err=True)
        if mistakes:
            number = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
            raise Trouble(f"{path} cannot be used: {number}") from error
        raise Trouble(f"{path.name} is right, but others in {folder} are not: {error.mistakes[0]}") from error
    click.echo(f"{path} can be used: {len(found.rule_ids)} rules, version {found.rules_version}")


@rules.command("try")
@click.argument("text")
@_rules
@click.option("--subject", default="", help="The subject line.")
@click.option("--language", default=None, help="What upstream says about the customer's language.")
@click.option("--product", default=None, help="The product as upstream names it.")
@click.option("--tier", default=None, help="The customer's tier.")
@click.option("--json", "as_json", is_flag=True, help="The classification as JSON.")
def try_text(
    text: str,
    rules: Path | None,
    subject: str,
    language: str | None,
    product: str | None,
    tier: str | None,
    as_json: bool,
) -> None:
    """Read TEXT ("-" reads it from standard input) and show what led to the reading, in colour."""
    text = sys.stdin.read() if text == "-" else text
    found = _load(rules).classify(text, subject=subject, language_hint=language, product=product, tier=tier)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console()
    console.print(_coloured(text, found))
    console.print(_verdict(found))
    console.print(_evidence(found))


@rules.command()
@click.argument("folder", type=_FOLDER)
@_rules
def coverage(folder: Path, rules: Path | None) -> None:
    """Read all texts of FOLDER (*.txt, *.jsonl with `text`): which rules never fire, which texts have no evidence."""
    classifier, fired = _load(rules), Counter[str]()
    silent: list[_Sample] = []
    samples = list(_samples(folder))
    if not samples:
        raise Trouble(f"{folder} holds no texts: *.txt, or *.jsonl with a field `text`")
    with bar("read", len(samples)) as advance:
        for done, sample in enumerate(samples, start=1):
            found = classifier.classify(sample.text)
            fired.update({e.rule for e in found.evidence})
            silent += [] if found.evidence else [sample]
            advance(done)
    _report(classifier, fired, silent, len(samples))


@dataclass(frozen=True)
class _Sample:
    place: str
    text: str


def _load(folder: Path | None) -> Classifier:
    try:
        return Classifier.load(folder)
    except RulesError as error:
        raise Trouble(str(error)) from error


def _samples(folder: Path) -> Iterator[_Sample]:
    for file in sorted(folder.rglob("*.txt")):
        yield _Sample(file.name, file.read_text(encoding="utf-8", errors="replace"))
    for file in sorted(folder.rglob("*.jsonl")):
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            try:
                yield _Sample(f"{file.name}:{number}", str(orjson.loads(line)["text"]))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # feeds have lines without a text, and some are broken on purpose


def _report(classifier: Classifier, fired: Counter[str], silent: list[_Sample], total: int) -> None:
    console = Console(soft_wrap=True)
    by_pack: dict[str, list[str]] = {}
    for rule in classifier.rule_ids:
        by_pack.setdefault(rule.partition(".")[0], []).append(rule)
    table = Table("pack", "rules", "fired", "never fired", title=f"{total} texts", title_justify="left")
    for name, ids in sorted(by_pack.items()):
        count = sum(rule in fired for rule in ids)
        table.add_row(name, str(len(ids)), str(count), str(len(ids) - count))
    console.print(table)
    for name, ids in sorted(by_pack.items()):
        if any(rule in fired for rule in ids):  # of a language that no text is in, nothing could fire
            console.print(f"never fired in {name}: " + ", ".join(r for r in ids if r not in fired), markup=False)
    for sample in silent:
        console.print(f"no evidence: {sample.place}: {' '.join(sample.text.split())[:100]}", markup=False)


def _coloured(text: str, found: Classification) -> Text:
    shown = Text(text)
    for one in found.evidence:
        if one.start >= 0:
            shown.stylize(_STYLES.get(one.for_.partition(":")[0], "underline"), one.start, one.end)
    return shown


def _verdict(found: Classification) -> Text:
    asks = f"asks for: {found.asks_kind}" if found.asks_supervisor else "asks for nobody"
    second = f" (or {found.category_second})" if found.category_second else ""
    parts = [f"language {found.language}", f"category {found.category}{second}", f"severity {found.severity}"]
    parts += [f"anger {found.anger:.2f}", asks, *(f"flag {flag}" for flag in found.flags)]
    parts += [f"{name} {value}" for name, value in (("campaign", found.campaign), ("product", found.product)) if value]
    return Text(" · ".join(parts), style="bold")


def _evidence(found: Classification) -> Table:
    table = Table("for", "matched", "at", Column("rule", overflow="fold"), "weight")
    for one in found.evidence:
        kind = one.for_.partition(":")[0]
        place = f"{one.start}–{one.end}" if one.start >= 0 else ""
        table.add_row(
            Text(one.for_, _STYLES.get(kind, "")), Text(_matched(one)), place, Text(one.rule), f"{one.weight:g}"
        )
    return table


def _matched(one: Evidence) -> str:
    return " ".join(one.matched.split())
