"""`ombud eval`: how well the rules read texts whose right reading is known."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from ombud.eval import measures
from ombud.eval.measures import Binary, Figures, Judged
from ombud.options import option
from ombud.trouble import Trouble
from services.intake.classify import Classifier
from services.intake.classify.model import RulesError
from shared.contracts.intake import CATEGORIES

ANGRY_FROM = 0.5
_PATH = click.Path(exists=True, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("eval")
@click.argument("files", type=_PATH, nargs=-1, required=True)
@option(
    "--rules", env="OMBUD_INTAKE_RULES", type=_FOLDER, default=None, help="A folder of rules; else the shipped ones."
)
@click.option("--worst", default=10, show_default=True, help="So many wrongly read texts are shown, the worst first.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def evaluate(files: tuple[Path, ...], rules: Path | None, worst: int, as_json: bool) -> None:
    """Read the texts of FILES (JSON Lines, or folders of them: id, language, text, labels) and compare with the labels.

    Labels are category, severity, asks_supervisor, asks_kind and angry; those that a line lacks are not scored.
    """
    classifier = classifier_of(rules)
    started = time.perf_counter()
    judged = {path.name: read_texts(classifier, path) for path in files}
    seconds = time.perf_counter() - started
    if as_json:
        click.echo(orjson.dumps({n: _document(t) for n, t in judged.items()}, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console(width=None if Console().is_terminal else 140)
    for name, texts in judged.items():
        console.print(_figures_table(name, texts))
    everything = [text for texts in judged.values() for text in texts]
    if any("category" in text.gold for text in everything):
        console.print(_confusion_table(everything))
    _show_worst(console, classifier, measures.worst(everything, worst))
    console.print(f"{len(everything)} texts in {seconds:.1f} s, rules {classifier.rules_version}")


def classifier_of(rules: Path | None) -> Classifier:
    """By the rules of a folder, or by those that are shipped."""
    try:
        return Classifier.load(rules)
    except RulesError as error:
        raise Trouble(str(error)) from error


def read_texts(classifier: Classifier, path: Path) -> list[Judged]:
    """Every text of a file, or of all in a folder, with what its labels say and what the classifier said."""
    return [_judge(classifier, row) for file in _files(path) for row in _rows(file)]


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            row = orjson.loads(line)
            yield {"id": f"{file.name}:{number}", **row, "labels": row["labels"], "text": row["text"]}
        except (orjson.JSONDecodeError, TypeError, KeyError) as error:
            raise Trouble(f"{file}:{number}: not a labelled text (id, language, text, labels): {error}") from error


def _judge(classifier: Classifier, row: dict[str, Any]) -> Judged:
    found = classifier.classify(row["text"], subject=row.get("subject", ""))
    read = asdict(found) | {"angry": found.anger >= ANGRY_FROM}
    return Judged(str(row["id"]), row["text"], row.get("language", found.language), row["labels"], read)


def _document(texts: Sequence[Judged]) -> dict[str, Any]:
    counted = {"": texts, **measures.by_language(texts)}
    return {language or "all": asdict(measures.figures(some)) for language, some in counted.items()}


def _figures_table(name: str, texts: Sequence[Judged]) -> Table:
    columns = (
        "",
        "texts",
        "language",
        "asks: precision",
        "recall",
        "false alarms",
        "category",
        "severe F1",
        "critical seen",
        "angry F1",
    )
    table = Table(*columns, title=f"{name} (± 95 % interval where it is wide)", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    languages = measures.by_language(texts)
    for language, some in languages.items() if len(languages) > 1 else ():
        table.add_row(language, *_cells(measures.figures(some)))
    table.add_section()
    table.add_row("all", *_cells(measures.figures(texts)))
    return table


def _cells(f: Figures) -> list[str]:
    asks = f.asks or Binary(0, 0, 0, 0)
    return [
        str(f.n),
        f"{f.language:.3f}",
        _with_interval(asks.precision, asks.tp + asks.fp),
        _with_interval(asks.recall, asks.tp + asks.fn),
        f"{asks.false_alarms:.1%}" if f.asks else "",
        "" if f.category is None else _with_interval(f.category, f.n),
        f"{f.severe.f1:.2f}" if f.severe else "",
        "" if f.critical_seen is None else f"{f.critical_seen:.2f}",
        f"{f.angry.f1:.2f}" if f.angry else "",
    ]


def _with_interval(share: float, n: int) -> str:
    if not n:
        return ""
    low, high = measures.interval(share, n)
    return f"{share:.2f} ±{(high - low) / 2:.2f}"


def _confusion_table(texts: Sequence[Judged]) -> Table:
    counted = measures.confusion(texts)
    table = Table("is ↓  read as →", *(c[:8] for c in CATEGORIES), title="Categories", title_justify="left")
    for gold in CATEGORIES:
        cells = [(counted[gold, read], gold == read) for read in CATEGORIES]
        table.add_row(gold, *(f"[bold]{n}[/]" if same else str(n or "") for n, same in cells))
    return table


def _show_worst(console: Console, classifier: Classifier, texts: Sequence[Judged]) -> None:
    for text in texts:
        wrong = ", ".join(
            f"{name}: {text.gold.get(name, text.language)} read as {text.read[name]}" for name in text.mistakes
        )
        console.print(f"\n{text.id}  {wrong}", style="bold", markup=False)
        console.print(text.text, markup=False)
        fired = dict.fromkeys(f"{e['rule']} «{e['matched']}»" for e in text.read["evidence"])
        console.print("; ".join(fired) or "no rule fired", style="dim", markup=False)
