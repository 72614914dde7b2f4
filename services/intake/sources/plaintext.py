"""HTML bodies to plain text; called by the kinds whose texts are HTML."""

import re
from html.parser import HTMLParser

MAX_HTML = 300_000  # characters looked at; a mail of a customer has a few thousand
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """address article aside blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre
        section table td th tr ul""",
    )
)
_UNSEEN = frozenset(("head", "script", "style", "template", "title"))
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LOOKS_LIKE_HTML = re.compile(r"<(?:/?[a-zA-Z][a-zA-Z0-9]{0,15}(?:\s[^<>]{0,2000})?/?|!--)>?")


def plain(text: str) -> str:
    """The text as a person reads it; what holds no tag stays as it is."""
    if not _LOOKS_LIKE_HTML.search(text[:MAX_HTML]):
        return text.strip()
    reader = _Reader()
    reader.feed(text[:MAX_HTML])
    reader.close()
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "img" and (alt := dict(attrs).get("alt")):
            self.pieces.append(f" {alt} ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data.replace("\n", " "))
