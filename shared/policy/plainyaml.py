"""YAML as it was written: every scalar as its text, and where each thing stands; used by page.py.

Not the values of YAML 1.1, in which the region NO is false and 08:00 a number of seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Place = tuple[str | int, ...]
MOST_NODES, MOST_DEPTH = 50_000, 20  # aliases make much of little, or an endless thing
_STANDARD_TAG = "tag:yaml.org,2002:"
_NULL = f"{_STANDARD_TAG}null"


class NotYaml(ValueError):
    """The text is no YAML, or too much of it; `line` counts from 1."""

    def __init__(self, line: int, text: str):
        super().__init__(text)
        self.line = line


@dataclass
class Written:
    """content: dicts, lists, texts and None (nothing written, or null). lines: of each key and each item, from 1.

    faults: keys that stand twice or are no words, and tags.
    """

    content: Any = None
    lines: dict[Place, int] = field(default_factory=lambda: {(): 1})
    faults: list[tuple[Place, int, str]] = field(default_factory=list)
    nodes: int = 0

    def line_of(self, place: Place) -> int:
        """Its own, or that of the nearest thing around it: what is missing has no line."""
        return next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines)


def read(text: str) -> Written:
    """What the text says; raises NotYaml."""
    written = Written()
    root = _composed(text)
    written.content = None if root is None else _plain(written, root, ())
    return written


def _composed(text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        return node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise NotYaml(text.count("\n", 0, error.position) + 1, f"not YAML: {error.reason}") from error
    except (ValueError, OverflowError) as error:  # of an escape such as "\UFFFFFFFF"
        raise NotYaml(1, f"not YAML: {error}") from error
    except RecursionError as error:
        raise NotYaml(1, "nested too deeply") from error


def _plain(written: Written, node: yaml.Node, place: Place) -> Any:
    line = node.start_mark.line + 1
    written.nodes += 1
    if len(place) > MOST_DEPTH:
        raise NotYaml(line, "nested too deeply")
    if written.nodes > MOST_NODES:
        raise NotYaml(line, "too much of it")
    if not node.tag.startswith(_STANDARD_TAG):
        written.faults.append((place, line, f"the tag {node.tag} means nothing here"))
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(written, node, place))
    if isinstance(node, yaml.SequenceNode):
        return [_at(written, item, (*place, n), item.start_mark.line + 1) for n, item in enumerate(node.value)]
    return None if node.tag == _NULL else node.value


def _entries(written: Written, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
    seen = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            written.faults.append((place, line, "a key is one word"))
        elif key.value in seen:
            written.faults.append((place, line, f"{key.value!r} stands here twice"))
        else:
            seen.add(key.value)
            yield key.value, _at(written, value, (*place, key.value), line)


def _at(written: Written, node: yaml.Node, place: Place, line: int) -> Any:
    written.lines[place] = line
    return _plain(written, node, place)
