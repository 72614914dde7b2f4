"""The n-gram model of py3langid, read so that it stays small in memory; run by the language guesser.

The library's own reader holds the whole model several times over while it loads. Here the model's automaton goes into
a mapped file, of which memory keeps only the pages that texts touch, and of the weights only the wanted languages.
"""

import lzma
import math
import mmap
import shutil
import tempfile
import unicodedata
import zipfile
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import IO, Any

import numpy
from numpy.lib import format as npy
from py3langid.langid import MODEL_DIR, MODEL_FILE

_CHUNK = 1 << 20
# Written in larger pieces, the file would come back in larger pieces too: 18 MB more at the first text.
_PIECE = 1 << 16
_ROWS_AT_ONCE = 1024
_TYPECODES = {2: "H", 4: "I"}
# Texts come in lower case and without digits, so that a third of all bytes never occurs: the table does without their
# columns, and a page of it holds more states. Should one occur after all, it counts as a space.
_ABSENT = frozenset(
    (*range(0x20), *b"0123456789", *range(ord("A"), ord("Z") + 1), 0x7F, 0xC0, 0xC1, *range(0xF5, 0x100))
)
_KEPT = [byte for byte in range(0x100) if byte not in _ABSENT]
_COLUMN = bytes(_KEPT.index(0x20 if byte in _ABSENT else byte) for byte in range(0x100))


@dataclass(frozen=True, slots=True)
class _Automaton:
    """Finds the n-grams of a text: one step a byte, from state to state, and the n-gram that each state completes."""

    next_state: "memoryview[int]"
    row_start: "array[int]"
    ngram: "array[int]"

    def count(self, encoded: bytes) -> Counter[int]:
        next_state, row_start, ngram = self.next_state, self.row_start, self.ngram
        state = 0
        found: list[int] = []
        for column in encoded.translate(_COLUMN):
            state = next_state[row_start[state] + column]
            completed = ngram[state]
            if completed >= 0:
                found.append(completed)
        return Counter(found)


@dataclass(frozen=True, slots=True)
class Identifier:
    """Tells a set of languages apart; one column of weights each, two for a language that is written in two scripts."""

    labels: tuple[str, ...]
    _automaton: _Automaton
    _weights: Any
    _priors: Any

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The languages with their probabilities, the likeliest first; `text` in lower case."""
        if len(self.labels) == 1:
            return [(self.labels[0], 1.0)]
        encoded = unicodedata.normalize("NFC", text).encode(errors="surrogatepass")
        # The scale keeps confidence comparable between short and long texts; so the library does.
        scale = 1.0 / math.sqrt(len(encoded) or 1)
        scores = self._scores(self._automaton.count(encoded))
        top = max(scores)
        odds = [math.exp((score - top) * scale) for score in scores]
        total = sum(odds)
        shares: dict[str, float] = {}
        for label, one in zip(self.labels, odds, strict=True):
            shares[label] = shares.get(label, 0.0) + one / total
        return sorted(shares.items(), key=itemgetter(1), reverse=True)

    def _scores(self, counts: Counter[int]) -> list[float]:
        if not counts:
            return [0.0] * len(self.labels)
        ngrams = numpy.fromiter(counts.keys(), dtype=numpy.intp, count=len(counts))
        often = numpy.fromiter(counts.values(), dtype=numpy.float32, count=len(counts))
        scores: list[float] = (numpy.log1p(often) @ self._weights.take(ngrams, axis=0) + self._priors).tolist()
        return scores


def load_identifiers(groups: Iterable[Collection[str]]) -> list[Identifier | None]:
    """One identifier for each group of languages, None for a group of which the model knows none."""
    with tempfile.TemporaryFile(prefix="ombud-languages-") as unpacked:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
            shutil.copyfileobj(packed, unpacked, _CHUNK)
        with zipfile.ZipFile(unpacked) as model:
            automaton = _Automaton(
                _mapped(model),
                array("I", (_array(model, "nextmove_row").astype(numpy.uint32) * len(_KEPT)).tobytes()),
                array("i", _array(model, "out_feat").astype(numpy.int32).tobytes()),
            )
            labels: list[str] = _array(model, "classes").tolist()
            columns = [[i for i, label in enumerate(labels) if label in group] for group in groups]
            priors, weights = _array(model, "pc"), _columns(model, columns)
    return [
        Identifier(tuple(labels[i] for i in chosen), automaton, table, priors[chosen]) if chosen else None
        for chosen, table in zip(columns, weights, strict=True)
    ]


def _array(model: zipfile.ZipFile, name: str) -> Any:
    with model.open(f"{name}.npy") as member:
        return npy.read_array(member, allow_pickle=False)


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], Any]:
    npy.read_magic(member)
    shape, _, dtype = npy.read_array_header_1_0(member)
    return shape, dtype


def _mapped(model: zipfile.ZipFile) -> "memoryview[int]":
    with tempfile.TemporaryFile(prefix="ombud-languages-") as file, model.open("nextmove.npy") as member:
        _, dtype = _header(member)
        while piece := member.read(_PIECE):
            file.write(numpy.frombuffer(piece, dtype=dtype).reshape(-1, 0x100)[:, _KEPT].tobytes())
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(mapped).cast(_TYPECODES[dtype.itemsize])  # type: ignore[call-overload,no-any-return]


def _columns(model: zipfile.ZipFile, groups: list[list[int]]) -> list[Any]:
    """The weights of each group, cut out block by block: the table of all languages is seven times as large."""
    with model.open("ptc.npy") as member:
        (height, width), dtype = _header(member)
        # In rows: the weights of one n-gram lie side by side, else each would cost a walk through the whole table.
        tables = [numpy.empty((height, len(chosen)), dtype) for chosen in groups]
        for start in range(0, height, _ROWS_AT_ONCE):
            block = member.read(_ROWS_AT_ONCE * width * dtype.itemsize)
            rows = numpy.frombuffer(block, dtype=dtype).reshape(-1, width)
            for table, chosen in zip(tables, groups, strict=True):
                table[start : start + len(rows)] = rows[:, chosen]
    return tables
