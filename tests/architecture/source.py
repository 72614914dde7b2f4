"""The product's own source as syntax trees, with names followed back to what they were imported from."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, eq=False)
class Module:
    """One file; `place` is its path inside the project."""

    place: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @cached_property
    def imported(self) -> dict[str, str]:
        """Each local name, and the full name of what it stands for."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {
                    (a.asname or a.name.partition(".")[0]): (a.name if a.asname else a.name.partition(".")[0])
                    for a in node.names
                }
            elif isinstance(node, ast.ImportFrom):
                found |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
        return found

    def name_of(self, node: ast.AST) -> str | None:
        """The full dotted name, e.g. `datetime.datetime.now`, however it was imported; None for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            inner = self.name_of(node.value)
            return f"{inner}.{node.attr}" if inner else None
        return None

    def uses(self, *names: str) -> list[str]:
        """Where one of the full names is used, called or not: `place:line name`."""
        return [
            f"{self.place}:{node.lineno} {name}"
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name | ast.Attribute) and (name := self.name_of(node)) in names
        ]

    def functions_around(self) -> Iterator[tuple[str, ast.AST]]:
        """Every node with the name of the innermost function around it; the module itself is ``."""
        yield from _within(self.tree, "")


def _within(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield function, child
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _within(child, inner)


def modules(*packages: str) -> list[Module]:
    """All modules of these packages, by path."""
    paths = sorted(path for package in packages for path in (PROJECT / package).rglob("*.py"))
    return [Module(str(path.relative_to(PROJECT)), path.read_text()) for path in paths]
