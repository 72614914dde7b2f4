"""How well what a style sheet paints can be seen, by WCAG 2.2 (1.4.3, 1.4.11). Used by the tests of pages and mails."""

import re
from collections.abc import Iterator, Mapping

READABLE, VISIBLE = 4.5, 3.0
Rules = Mapping[str, Mapping[str, str]]
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_DARK = re.compile(r"@media \(prefers-color-scheme: ?dark\) ?\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_COLOUR = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b")


def rules(css: str, *, dark: bool) -> dict[str, dict[str, str]]:
    """By selector its properties, variables put in, as they hold for whoever has set that scheme."""
    found: dict[str, dict[str, str]] = {}
    for part in (_DARK.sub("", css), *(_DARK.findall(css) if dark else ())):
        for selectors, body in _RULE.findall(part):
            said = dict(pair.split(":", 1) for pair in body.split(";") if ":" in pair)
            for selector in selectors.split(","):
                found.setdefault(selector.strip(), {}).update({k.strip(): v.strip() for k, v in said.items()})
    known = found.get(":root", {})
    return {
        selector: {k: re.sub(r"var\((--\w+)\)", lambda m: known[m[1]], v) for k, v in properties.items()}
        for selector, properties in found.items()
    }


def texts(found: Rules, paper: str) -> Iterator[tuple[str, float]]:
    """Each selector with the contrast of its words to what is behind them: its own ground, else the page's."""
    ink, ground = _colour(found[paper]["color"]), _colour(found[paper]["background"])
    for selector, said in found.items():
        behind, words = _colour(said.get("background", "")) or ground, _colour(said.get("color", "")) or ink
        if {"color", "background"} & said.keys():
            yield selector, contrast(words, behind)


def borders(found: Rules, paper: str, selectors: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """The same of the borders of what is pressed and filled in, to the page around them."""
    for selector in selectors:
        yield selector, contrast(_colour(found[selector]["border"]), _colour(found[paper]["background"]))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colour(value: str) -> str:
    found = _COLOUR.search(value.lower())
    return found[0] if found else ""
