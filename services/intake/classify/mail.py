"""Blanks out what the customer did not write now: quoted mail, signatures, tracking lines; called by the classifier."""

import re
from collections.abc import Iterable

# Older mail begins at one of these lines, whatever the language of the mail program.
_HEADER_LINE = re.compile(
    r"-{3,}.{0,60}-{3,}\s*|_{10,}\s*|(?:from|von|od|de|da|van|από|发件人|送信者|kimden)\s?[:：].{0,200}", re.IGNORECASE
)
_WROTE_LINE = re.compile(
    r".{0,200}\b(?:wrote|schrieb|napsala?|napsal\(a\)|napisała?|napisał\(a\)|έγραψε|a écrit|escribió|escreveu|"
    r"ha scritto|schreef|yazdı|написала?|пише|писал|كتب)(?:\s.{0,80})?[:：]\s*"
    r"|.{0,200}(?:写道|寫道|のメッセージ)\s?[:：]?\s*",
    re.IGNORECASE,
)
_HEADER_FIELD = re.compile(r"\S{1,20}(?: \S{1,20})?\s?[:：]\s.{0,300}")
_SHORTEST_WROTE_LINE = 6
_LONGEST_HEADER_LINE = 300
_LONGEST_SIGNATURE_LINE = 70
_LONGEST_SIGNATURE = 8
_LONGEST_SIGNOFF = 40


def blank_foreign_text(text: str, signoffs: Iterable[str]) -> str:
    """The text with quoted mail and signature replaced by blanks, so that offsets stay; `signoffs` are folded stems."""
    if "\n" not in text and not text.startswith(">"):
        return text
    lines = text.splitlines(keepends=True)
    kept = _kept_lines(lines, tuple(signoffs))
    result = "".join(line if keep else _blank(line) for line, keep in zip(lines, kept, strict=True))
    # A forwarded mail without a word of its own is the complaint itself.
    return result if any(character.isalnum() for character in result) else text


def _kept_lines(lines: list[str], signoffs: tuple[str, ...]) -> list[bool]:
    kept = [not line.lstrip().startswith(">") for line in lines]
    end = next((i for i, line in enumerate(lines) if kept[i] and _starts_older_mail(lines, i)), len(lines))
    if end < len(lines):
        # Answers below a quotation marked line by line stay; without marks everything below is old.
        marked = any(line.lstrip().startswith(">") for line in lines[end:])
        for index in range(end, end + 1 if marked else len(lines)):
            kept[index] = False
    start = _signature_start(lines, kept, signoffs)
    return [keep and index < start for index, keep in enumerate(kept)]


def _starts_older_mail(lines: list[str], index: int) -> bool:
    line = lines[index].strip()
    if not line or len(line) > _LONGEST_HEADER_LINE:
        return False
    if len(line) >= _SHORTEST_WROTE_LINE and line.endswith((":", "：", "のメッセージ")) and _WROTE_LINE.fullmatch(line):
        return True
    if len(line) < _SHORTEST_WROTE_LINE or not _HEADER_LINE.fullmatch(line):
        return False
    following = lines[index + 1].strip() if index + 1 < len(lines) else ""
    return line.startswith(("---", "___")) or _HEADER_FIELD.fullmatch(following) is not None


def _signature_start(lines: list[str], kept: list[bool], signoffs: tuple[str, ...]) -> int:
    live = [index for index, line in enumerate(lines) if kept[index] and line.strip()][1:]
    dashes = next((index for index in live if lines[index].strip() == "--"), len(lines))
    end = [index for index in live if index < dashes][-_LONGEST_SIGNATURE - 1 :]
    for place, index in enumerate(end):
        line = lines[index].strip()
        is_signoff = len(line) <= _LONGEST_SIGNOFF and line.lower().startswith(signoffs)
        if is_signoff and _looks_like_signature(lines, end[place + 1 :]):
            return index
    return dashes


def _looks_like_signature(lines: list[str], rest: list[int]) -> bool:
    stripped = [lines[index].strip() for index in rest]
    return all(len(line) <= _LONGEST_SIGNATURE_LINE and not line.endswith(("?", "!", "？", "！")) for line in stripped)


def _blank(line: str) -> str:
    return " " * (len(line.rstrip("\r\n"))) + line[len(line.rstrip("\r\n")) :]
