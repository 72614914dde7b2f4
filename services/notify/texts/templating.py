"""The templates of alerts, and a company's own in their place, in Jinja2's sandbox. Called by rendering.py."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notify.domain.alert import Purpose
from services.notify.texts.languages import Phrase

log = structlog.get_logger()
TEMPLATES = Path(__file__).parents[1] / "templates"
DIGEST = "digest"
KINDS = (*(purpose.value for purpose in Purpose), DIGEST)
BLOCKS = frozenset({"subject", "text", "sms", "chat"})
PARTS = frozenset({"layout.html", "about.html", "about.txt", "quote.txt"})
ENTRY = "entry"  # of a digest: one case, for a chat that shows each with buttons of its own
# What a template, or a fact that it cannot take, may raise.
UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, TemplateError, RecursionError)


class WrongTemplates(ValueError):
    """A company's own templates cannot be used; the text names the file, and the line of a wrong syntax."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's, which is told of our own functions: a letter calls them twenty times."""

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        if __obj.__class__ is Phrase:
            return __obj(*args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)


class Templates:
    """All templates, read at the start, so that a broken one is found there. own: the folder of those to prefer.

    strict: one of the company's own that fails raises its error, instead of leaving the letter to the shipped one.
    """

    def __init__(self, own: Path | None = None, *, strict: bool = False):
        self._shipped = _shipped()
        self._own = self._shipped | _own(own, set(self._shipped)) if own else self._shipped
        self._strict = strict or not own
        self._failed: set[str] = set()

    def blocks(self, name: str, facts: Mapping[str, Any], *names: str) -> list[str]:
        try:
            return _blocks(self._own[name], facts, *names)
        except UNREADABLE as error:
            self._note(name, error)
            return _blocks(self._shipped[name], facts, *names)

    def page(self, name: str, facts: Mapping[str, Any]) -> str:
        try:
            return self._own[name].render(facts)
        except UNREADABLE as error:
            self._note(name, error)
            return self._shipped[name].render(facts)

    def _note(self, name: str, error: Exception) -> None:
        """Raises the error where there is no other template to take; else logs it, once for each."""
        if self._strict:
            raise error
        if name not in self._failed:
            self._failed.add(name)
            log.error("template_failed", template=name, hint="the shipped one is sent", exc_info=error)


def files_in(folder: Path) -> set[str]:
    """The names of a company's own templates; a folder that begins with a dot, or the catalogues', holds none."""
    return {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}


def _own(folder: Path, known: set[str]) -> dict[str, Template]:
    try:
        names = files_in(folder)
        if unknown := sorted(names - known):
            raise WrongTemplates(f"{folder / unknown[0]}: no such template; there are {', '.join(sorted(known))}")
        # A part of its own changes all that it is a part of.
        changed = known if names & PARTS else names | PARTS
        found = _all(ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(TEMPLATES)]), changed)
    except TemplateError as error:
        place = f"{folder / (getattr(error, 'name', None) or '')}:{getattr(error, 'lineno', '?')}"
        raise WrongTemplates(f"{place}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WrongTemplates(f"{folder} cannot be read: {error}") from error
    for kind in (kind for kind in KINDS if f"{kind}.txt" in found):
        wanted, there = BLOCKS | ({ENTRY} if kind == DIGEST else set()), set(found[f"{kind}.txt"].blocks)
        if there != wanted:
            what = ", ".join(sorted(there ^ wanted))
            raise WrongTemplates(f"{folder / kind}.txt: its blocks are {', '.join(sorted(wanted))}; see to: {what}")
    return found


@cache
def _shipped() -> dict[str, Template]:
    return _all(FileSystemLoader(TEMPLATES), {path.name for path in TEMPLATES.iterdir() if path.is_file()})


def _all(loader: BaseLoader, names: set[str]) -> dict[str, Template]:
    environment = _Sandbox(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
        autoescape=lambda name: bool(name and name.endswith(".html")),
    )
    return {name: environment.get_template(name) for name in sorted(names)}


def _blocks(template: Template, facts: Mapping[str, Any], *names: str) -> list[str]:
    context = template.new_context(dict(facts))
    next(template.root_render_func(context), None)  # runs what stands at the top of the file
    return ["".join(template.blocks[name](context)) for name in names]
