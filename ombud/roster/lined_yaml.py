"""YAML as a roster means it, and the line of every value in it; for form.py."""

import re
from collections.abc import Iterator
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does: `NO` is Norway, `17:30` a time of day, a date stays as it is written.

    Also a number with a plus stays text: it is somebody's phone.
    """

    yaml_implicit_resolvers = {}

    def value_of(self, node: yaml.Node) -> Any:
        """Raises YAMLError, with its line, for a value that is not what it says it is."""
        try:
            return self.construct_object(node, deep=True)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})", "-0123456789"),  # longer ones are no number that JSON keeps
    ("float", r"-?[0-9]+\.[0-9]+", "-0123456789"),
    ("merge", r"<<", "<"),
):
    _tag, _whole = f"tag:yaml.org,2002:{_kind}", re.compile(f"(?:{_pattern})$")
    Loader.add_implicit_resolver(_tag, _whole, list(_first))


def line_of(node: yaml.Node) -> int:
    """Counted from 1."""
    return int(node.start_mark.line) + 1


def lines_in(node: yaml.Node, pointer: str = "") -> Iterator[tuple[str, int]]:
    """(JSON pointer, line) of everything inside; what a key names has the key's line. The node leads not to itself."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{pointer}/{key.value}", line_of(key)
            yield from lines_in(value, f"{pointer}/{key.value}")
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield f"{pointer}/{place}", line_of(item)
            yield from lines_in(item, f"{pointer}/{place}")
