"""What the benchmark feeds: the sample complaints, repeated, and a roster with room for all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ombud.roster.form import read_file
from ombud.send.lines import SUBMITTED, Kind, lines_of
from shared.contracts.intake import complaint_id

SOURCE = "bench"
# The largest that routing takes; with some fifty agents enough for every size of run.
ROOM = 10_000


@dataclass(frozen=True)
class Upstream:
    """One message to publish. `key` is what the last event about it will carry; type None = that of the chain."""

    id: str
    key: str
    body: bytes
    type: str | None = None
    source: str = SOURCE


def documents_of(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The distinct complaints of a JSON Lines file, without what is broken, repeated or a later step."""
    found: dict[object, dict[str, Any]] = {}
    for line in lines_of(lines):
        if line.kind is Kind.COMPLAINT and line.type == SUBMITTED:
            found.setdefault(line.key, json.loads(line.body))
    return list(found.values())


def upstream(documents: Sequence[Mapping[str, Any]], run: str, count: int) -> list[Upstream]:
    """`count` complaints, each new to intake: the texts repeat, the external ids do not."""
    made = []
    for number in range(count):
        external_id = f"{run}-{number}"
        document = {**documents[number % len(documents)], "source": SOURCE, "external_id": external_id}
        key = complaint_id(SOURCE, external_id)
        body = json.dumps({**document, "complaint_id": key}, ensure_ascii=False).encode()
        made.append(Upstream(f"{SOURCE}-{external_id}", key, body))
    return made


def people_of(roster: Path) -> dict[str, list[dict[str, Any]]]:
    """As `ombud roster apply` reads them: other readers of YAML take 22:00 for a number.

    Without wishes: the ledger counts one alert for each recipient of an escalation.
    """
    parts = read_file(roster).entries.items()
    return {part: [{k: v for k, v in e.data.items() if k != "wishes"} for e in entries] for part, entries in parts}


def roomy_roster(
    people: Mapping[str, Sequence[Mapping[str, Any]]], documents: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The sample roster with room for everything, and one agent more for what nobody else speaks or covers."""
    agents = [{**agent, "capacity": ROOM} for agent in people["agents"]]
    spoken = {language for agent in agents for language in agent["languages"]}
    asked = {str(d["customer"]["language"]) for d in documents if d.get("customer", {}).get("language")}
    anyone = {
        "id": "bench.anywhere",
        "name": "Bench Anywhere",
        "capacity": ROOM,
        "regions": ["*"],
        "languages": sorted(spoken | {language.partition("-")[0] for language in asked}),
        "skills": sorted({skill for agent in agents for skill in agent["skills"]}),
    }
    return {**people, "agents": [*agents, anyone]}
