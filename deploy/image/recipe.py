"""Reads a Dockerfile into stages and steps; for build.py, and for the tests that ask what the image will be."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser

_MOUNT = re.compile(r"\s*--mount=(\S+)\s+")


@dataclass(frozen=True)
class Run:
    """A RUN: the line for the shell, where the secrets of the builder are seen, by their id, and what ENV had set."""

    line: str
    secrets: Mapping[str, str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Copy:
    """A COPY; `stage`: the earlier stage that it copies from, else the checkout."""

    sources: tuple[str, ...]
    target: str
    stage: str = ""


@dataclass
class Stage:
    """What one FROM makes; the rest is how the image starts."""

    base: str
    name: str = ""
    steps: list[Run | Copy] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    user: str = ""
    folder: str = "/"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


class UnknownInstruction(ValueError):
    """The Dockerfile says something that is not tried here; teach recipe.py to read it."""


def read(dockerfile: Path) -> list[Stage]:
    stages: list[Stage] = []
    before: dict[str, str] = {}  # ARGs in front of the first FROM, for the FROMs alone
    with dockerfile.open("rb") as file:
        lines = DockerfileParser(fileobj=file).structure
    for name, value in ((line["instruction"], line["value"]) for line in lines):
        if name == "FROM":
            base, _, called = Template(value).substitute(before).partition(" AS ")
            stages.append(Stage(base.strip(), called.strip()))
        elif name == "ARG" and not stages:
            before.update(_pairs(value))
        elif name != "COMMENT":
            _add(stages[-1], name, value)
    return stages


def _add(stage: Stage, name: str, value: str) -> None:
    match name:
        case "RUN":
            stage.steps.append(_run(value, stage.arguments | stage.env))
        case "COPY":
            stage.steps.append(_copy(shlex.split(value)))
        case "ARG":
            stage.arguments.update(_pairs(value))
        case "ENV":
            stage.env.update(_pairs(Template(value).safe_substitute(stage.arguments)))
        case "LABEL":
            stage.labels.update(_pairs(Template(value).safe_substitute(stage.arguments)))
        case "USER":
            stage.user = value
        case "WORKDIR":
            stage.folder = value
        case "ENTRYPOINT":
            stage.entrypoint = tuple(_exec_form(value))
        case "CMD":
            stage.command = tuple(_exec_form(value))
        case _:
            raise UnknownInstruction(f"{name} {value}")


def _run(value: str, env: Mapping[str, str]) -> Run:
    secrets: dict[str, str] = {}
    while found := _MOUNT.match(value):
        wanted = dict(part.split("=", 1) for part in found[1].split(","))
        if wanted["type"] != "secret":
            raise UnknownInstruction(f"RUN {found[0]}")
        secrets[wanted["id"]] = wanted["target"]
        value = value[found.end() :]
    return Run(value, secrets, env)


def _copy(words: Sequence[str]) -> Copy:
    stage = ""
    if words[0].startswith("--"):
        if not words[0].startswith("--from="):
            raise UnknownInstruction(f"COPY {words[0]}")
        stage, words = words[0].removeprefix("--from="), words[1:]
    return Copy(tuple(words[:-1]), words[-1], stage)


def _exec_form(value: str) -> list[str]:
    """Raises for the form with a shell, which would keep the engine's signals to itself."""
    try:
        words: list[str] = json.loads(value)
    except json.JSONDecodeError:
        raise UnknownInstruction(f"not in the exec form: {value}") from None
    return words


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    for word in shlex.split(value):
        key, _, content = word.partition("=")
        yield key, content
