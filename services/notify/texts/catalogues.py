"""Takes what is to be translated out of templates and vocabulary into the catalogues.

`python -m services.notify.texts.catalogues` after each change of a text; with `xx`, it begins the language xx.
"""

import sys
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from services.notify.texts.languages import DOMAIN, LOCALE, catalogues_in
from services.notify.texts.templating import TEMPLATES

HERE = Path(__file__).parent.name
_PYTHON = ("vocabulary.py", "rendering.py", "replies.py", "clicks.py")
_SOURCES = [*((f"{HERE}/{name}", "python") for name in _PYTHON), ("templates/*", "jinja2")]
_OPTIONS = {"templates/*": {"trim_blocks": "true", "silent": "false"}}
_KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
WIDTH = 120


def extracted(templates: Path = TEMPLATES) -> Catalog:
    """Every message of the source, with the files that it is in."""
    found = Catalog(project="Ombud", charset="utf-8")
    for file, _, message, comments, context in extract_from_dir(
        templates.parent,
        _SOURCES,
        _OPTIONS,
        _KEYWORDS,
        directory_filter=lambda path: Path(path).name in (HERE, templates.name),
    ):
        found.add(message, None, [(file, 1)], auto_comments=comments, context=context)
    return found


def read(code: str, path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def update(code: str, path: Path, source: Catalog) -> None:
    """Adds what is new, untranslated, and drops what is not said any more; guesses nothing."""
    catalogue = read(code, path) if path.exists() else _new(code)
    catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, ignore_obsolete=True, include_lineno=False)


def _new(code: str) -> Catalog:
    name = Locale.parse(code).english_name
    header = f"# Alerts of Ombud in {name}. What is translated: docs/alerting.md, Texts and languages."
    return Catalog(
        code,
        project="Ombud",
        version="1",
        fuzzy=False,
        header_comment=header,
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
    )


def main(new: list[str]) -> None:
    source = extracted()
    paths = catalogues_in(LOCALE) | {code: LOCALE / code / "LC_MESSAGES" / f"{DOMAIN}.po" for code in new}
    for code, path in paths.items():
        update(code, path, source)


if __name__ == "__main__":
    main(sys.argv[1:])
