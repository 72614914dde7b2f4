"""What the HTTP doors have promised so far, in promises.json: `python -m tests.api.promises` adds what is new.

A promise is kept for ever, like the stored examples of events: a door and its answer's status stay, a field of an
answer stays, a field of a body is still taken, and what may be left out still may. Only by hand is one taken back, or
a form given another name.
"""

import json
from pathlib import Path
from typing import Any

from shared.contracts.topology import SERVICES
from tests.api.documents import operations, stored

FILE = Path(__file__).with_name("promises.json")
Promises = dict[str, dict[str, Any]]


def promised() -> Promises:
    found: Promises = json.loads(FILE.read_text())
    return found


def current() -> Promises:
    """By service and door, or service and form, what stands in the documents now."""
    made: Promises = {}
    for each in operations():
        taken = [p for p in each.parameters if p["in"] != "path"]
        made[f"{each.service} {each.method.upper()} {each.path}"] = {
            "answers": sorted(s for s in each.operation["responses"] if s < "4"),
            "bodies": sorted(each.operation.get("requestBody", {}).get("content", {})),
            "fields": sorted(p["name"] for p in taken),
            "needed": sorted(p["name"] for p in taken if p.get("required")),
        }
        for status, answer in each.operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                if "properties" in content["schema"]:
                    made[f"{each.service} {each.method.upper()} {each.path} {status} {media}"] = form(content["schema"])
    for service in SERVICES:
        for name, schema in stored(service)["components"]["schemas"].items():
            made[f"{service} {name}"] = form(schema)
    return made


def form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"fields": sorted(schema.get("properties", ())), "needed": sorted(schema.get("required", ()))}


def broken(old: Promises, new: Promises) -> list[str]:
    """Each promise that is not kept, in words."""
    return [fault for name, before in old.items() for fault in _broken(name, before, new.get(name))]


def _broken(name: str, before: dict[str, Any], now: dict[str, Any] | None) -> list[str]:
    if now is None:
        return [f"{name} is gone"]
    faults = [
        f"{name}: {what} {each} is gone"
        for what in ("answers", "bodies", "fields")
        for each in before.get(what, ())
        if each not in now.get(what, ())
    ]
    if name.endswith("Body") or "answers" in before:
        return faults + [f"{name}: {field} is needed now" for field in now["needed"] if field not in before["needed"]]
    return faults + [f"{name}: {field} may be missing now" for field in before["needed"] if field not in now["needed"]]


def merged(old: Promises, new: Promises) -> Promises:
    """The old promises with what is new; of what is there already the old counts, and its new fields are added."""
    made = dict(new)
    for name, before in old.items():
        now = new.get(name, {})
        both = {what: sorted({*before.get(what, ()), *now.get(what, ())}) for what in {**before, **now}}
        is_taken = name.endswith("Body") or "answers" in before
        made[name] = both | {"needed": before["needed"] if is_taken else both["needed"]}
    return made


def main() -> None:
    kept = merged(promised() if FILE.exists() else {}, current())
    lines = (f"{json.dumps(name)}: {json.dumps(kept[name], sort_keys=True)}" for name in sorted(kept))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
