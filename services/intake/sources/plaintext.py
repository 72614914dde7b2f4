"""HTML bodies to plain text; called by the kinds whose texts are HTML.

A scanner of its own, because anybody can write to a mail address: html.parser and the tree builders tried take seconds
for 300,000 characters of unclosed tags. This one looks at each character once.
"""

import html
import re

MAX_HTML = 500_000  # characters looked at
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """address article aside blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre
        section table td th tr ul""",
    )
)
_UNSEEN = frozenset(("head", "script", "style", "template", "title"))
_TAG = re.compile(r"<(?:!--|(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>?|[!?][^<>]*>?)")
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")


def plain(text: str) -> str:
    """The text as a person reads it; what holds no tag stays as it is."""
    text = text[:MAX_HTML]
    if not any(_is_known(found) for found in _TAG.finditer(text)):
        return text.strip()
    lines = (_SPACES.sub(" ", line).strip() for line in html.unescape("".join(_pieces(text))).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_known(tag: re.Match[str]) -> bool:
    """A tag that ends: `3 <b` and `<me@example.org>` are what people write."""
    return tag[0].startswith("<!--") or (tag[0].endswith(">") and "@" not in tag[0])


def _pieces(text: str) -> list[str]:
    pieces, lower, at = [], text.lower(), 0
    while tag := _TAG.search(text, at):
        pieces.append(text[at : tag.start()].replace("\n", " "))
        pieces.append(_instead_of(tag))
        at = _behind(tag, lower)
    return [*pieces, text[at:].replace("\n", " ")]


def _instead_of(tag: re.Match[str]) -> str:
    name = (tag[2] or "").lower()
    if name in _BLOCKS:
        return "\n"
    if name == "img" and (alt := _ALT.search(tag[3])):
        return f" {alt[1] or alt[2] or ''} "
    return ""


def _behind(tag: re.Match[str], lower: str) -> int:
    """Where the text goes on: behind a comment, and behind the end of what nobody sees."""
    name = (tag[2] or "").lower()
    if tag[0] == "<!--":
        end = lower.find("-->", tag.end())
        return end + 3 if end >= 0 else len(lower)
    if name in _UNSEEN and not tag[1]:
        end = lower.find(f"</{name}", tag.end())
        return end if end >= 0 else len(lower)
    return tag.end()
