"""Builders for what the services tell of their books; for the tests of `status` and `audit`."""

from typing import Any

Summaries = dict[str, dict[str, Any]]


def summaries(**changes: Any) -> Summaries:
    """Of a system in which all adds up; `service__name=value` changes one of the counts."""
    plumbing = {"outbox": 0, "retries": 0, "dead_letters": 0}
    alerts = dict.fromkeys(("pending", "claimed", "handed_off", "delivered", "failed", "suppressed", "ambiguous"), 0)
    made: Summaries = {
        "intake": {"complaints": 10, "classified": 10, "merged": 0},
        "routing": {"assigned": 7, "waiting": 2, "released": 1},
        "escalation": {
            "cases": 10,
            "open": 6,
            "escalated_now": 2,
            "acknowledged": 1,
            "escalated": 3,
            "exhausted": 0,
            "audit": {"no_due": 0, "no_outcome": 0, "late": 0},
        },
        "notify": {
            "alerts": alerts | {"accepted": 4},
            "mails": 4,
            "contacts": 4,
            "channels": ["email", "sms"],
            "unaccounted": 0,
            "last_resort": "duty",
            "last_resort_configured": True,
            "last_resort_reachable": True,
        },
    }
    for told in made.values():
        told["plumbing"] = dict(plumbing)
    for path, value in changes.items():
        service, *within, name = path.split("__")
        place = made[service]
        for part in within:
            place = place[part]
        place[name] = value
    return made
