"""One spelling for regions and languages, so that who is looked for is found. Used where they enter a service; pure."""

from collections.abc import Callable, Iterable

UNKNOWN_LANGUAGE = "und"
LONGEST = 40


def region_code(text: str | None) -> str | None:
    """`cz ` is `CZ`; nothing is no region."""
    return (text or "").strip().upper()[:LONGEST] or None


def language_code(text: str | None) -> str | None:
    """`pt-BR` and `PT_br` are `pt`; nothing and `und` are no language."""
    code = (text or "").strip().lower().replace("_", "-").partition("-")[0][:LONGEST]
    return code if code and code != UNKNOWN_LANGUAGE else None


def each_once(code: Callable[[str], str | None], texts: Iterable[str]) -> tuple[str, ...]:
    """The codes of the texts in their order, none of them twice; without those that name nothing."""
    return tuple(dict.fromkeys(filter(None, map(code, texts))))
