"""The documents hold together: every link leads somewhere, every decision is in the list."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import click
import pytest

from ombud.commands import cli
from shared.contracts.topology import SERVICES
from tests.architecture.source import PROJECT

DECISIONS = PROJECT / "docs" / "decisions"
PAGES = sorted(
    [
        *PROJECT.glob("*.md"),
        *PROJECT.glob("docs/**/*.md"),
        *PROJECT.glob("services/*/README.md"),
        *PROJECT.glob("shared/README.md"),
        *PROJECT.glob("deploy/**/*.md"),
        *(PROJECT / folder / "README.md" for folder in ("benchmarks", "samples", "tests/data/texts")),
    ]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SOURCE_NAME = re.compile(r"`((?:\w+/)*\w+(?:\.py|/))`")
NAMED_TEST = re.compile(r"\[`(test_\w+)`\]\(([^)\s]+)\)")
COMMAND = re.compile(r"`(?:\.venv/bin/)?ombud ([a-z][^`]*)`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    plain = (re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in HEADING.findall(page.read_text()))
    return set(plain)


def leads_somewhere(page: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (page.parent / place) if place else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if not link.startswith(("http://", "https://", "mailto:"))]
    assert [link for link in links if not leads_somewhere(page, link)] == []


def refused(words: list[str]) -> str | None:
    """What the command line would say against them, `FILE` and the like standing for what one fills in."""
    command: click.Command = cli
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return f"no command {words[0]}"
        command, words = found, words[1:]
    try:
        _, left, _ = command.make_parser(click.Context(command)).parse_args(list(words))
    except click.NoSuchOption as error:
        return error.message
    except click.BadOptionUsage:  # `ombud migrate --grant`: an option that is only named
        return None
    return f"takes no {left[0]}" if left else None


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_the_command_line_takes_each_command_that_a_page_names(page: Path) -> None:
    named = [shlex.split(text) for text in COMMAND.findall(page.read_text())]
    until_left_out = [list(takewhile(lambda word: word not in ("…", "<", ">"), words)) for words in named]
    each = [[*words[:-1], last] for words in until_left_out for last in words[-1].split("|")]
    assert [(" ".join(words), said) for words in each if (said := refused(words))] == []


def test_the_tests_that_hold_the_promises_are_there() -> None:
    named = NAMED_TEST.findall((PROJECT / "README.md").read_text())
    assert len(named) > 5
    assert [name for name, file in named if f"\ndef {name}(" not in (PROJECT / file).read_text()] == []


@pytest.mark.parametrize("place", [*(f"services/{service}" for service in SERVICES), "shared"])
def test_files_that_a_readme_names_are_there(place: str) -> None:
    folder = PROJECT / place
    named = SOURCE_NAME.findall((folder / "README.md").read_text())
    assert named and [name for name in named if not list(folder.rglob(name))] == []


def test_files_on_the_way_of_a_complaint_are_there() -> None:
    sources = [
        f"/{p.relative_to(PROJECT)}" for folder in ("services", "shared") for p in (PROJECT / folder).rglob("*.py")
    ]
    way = (
        (PROJECT / "docs" / "architecture.md")
        .read_text()
        .partition("file by file")[2]
        .partition("\n\nServices never")[0]
    )
    named = re.findall(r"`([\w/]+\.py)`", way)
    assert len(named) > 30
    assert [name for name in named if not any(source.endswith(f"/{name}") for source in sources)] == []


def test_decisions_are_numbered_and_listed_with_their_titles() -> None:
    listed = re.findall(r"^(\d+)\. \[(.*)\]\((.*)\)$", (DECISIONS / "README.md").read_text(), re.MULTILINE)
    files = sorted(DECISIONS.glob("0*.md"))
    assert [name for _, _, name in listed] == [file.name for file in files]
    for (number, title, name), file in zip(listed, files, strict=True):
        assert name.startswith(f"{int(number):04d}-")
        assert file.read_text().startswith(f"# {number}. {title}\n")


def test_glossary_defines_each_word_once() -> None:
    words = re.findall(r"^\| ([a-z][^|]*?) \|", (PROJECT / "docs" / "glossary.md").read_text(), re.MULTILINE)[1:]
    assert len(words) > 40
    assert len(words) == len(set(words))


def test_every_page_is_in_the_list_of_documents() -> None:
    listed = set(LINK.findall((PROJECT / "docs" / "README.md").read_text().partition("## Pages")[2]))
    pages = {page.name for page in (PROJECT / "docs").iterdir() if page.suffix in (".md", ".json")} - {"README.md"}
    assert len(pages) > 20
    assert pages - listed == set()
