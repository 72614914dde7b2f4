"""Renders the pages behind the link of an alert; called by the doors. Plain HTML: no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.escalation.domain.case import Case, CaseState, Ending
from services.escalation.pages import wording
from shared.contracts.escalation import AlertFacts
from shared.links import EXPIRED, Claim

_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # The address is the permission to answer: it must not travel on.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
_TEMPLATES.filters |= {"span": wording.span, "readable": wording.readable, "machine": wording.machine}
_TEMPLATES.globals["style"] = Markup(_STYLE)


@dataclass(frozen=True)
class State:
    """The box at the top: how things stand for the reader."""

    headline: str
    at: datetime | None = None
    more: str = ""


@dataclass(frozen=True)
class View:
    """What the page is about. people: names by id."""

    case: Case
    facts: AlertFacts
    claim: Claim
    people: Mapping[str, str]
    agent: str | None
    timeline: tuple[Mapping[str, Any], ...]
    now: datetime

    @property
    def can_be_taken(self) -> bool:
        return self.case.state in (CaseState.OPEN, CaseState.ESCALATED, CaseState.EXHAUSTED)

    @property
    def category(self) -> str:
        return self.facts.category.replace("_", " and ")

    @property
    def text_language(self) -> str:
        """For screen readers; empty = not known, as HTML wants it."""
        return "" if self.facts.language == "und" else self.facts.language

    @property
    def waiting_since(self) -> datetime | None:
        return self.case.since if self.can_be_taken else None

    @property
    def waited(self) -> timedelta:
        return self.now - self.case.since if self.case.since else timedelta(0)

    @property
    def why(self) -> str:
        reason, trigger = self.case.reason, self.case.trigger
        if trigger in (reason, None):
            return wording.why(reason, self.case)
        return f"{wording.why(reason, self.case)}; escalated at first because {wording.why(trigger, self.case)}"

    @property
    def others(self) -> list[str]:
        return [self.name(r) for r in self.case.recipients if r != self.claim.person]

    @property
    def story(self) -> list[tuple[datetime, str]]:
        return [(row["at"], wording.sentence(row, self.case, self.people)) for row in self.timeline]

    def name(self, person: str | None) -> str:
        return self.people.get(person, person) if person else "somebody"


def case_page(view: View) -> Response:
    """The case as the person of the claim sees it."""
    stale = view.can_be_taken and view.claim.escalation_id != view.case.escalation_id
    return _response("case.html", 200, view=view, state=_state(view), stale=stale)


def bad_link(reason: str) -> Response:
    """410 for a link that has expired, 404 for any other that leads nowhere."""
    if reason == EXPIRED:
        return _response(
            "bad_link.html",
            410,
            headline="This link has expired",
            more="A newer alert about the case has a link that works. Else ask your coordinator for it.",
        )
    return _response(
        "bad_link.html",
        404,
        headline="This link leads nowhere",
        more="It may have been cut off on its way. Open it from the alert, or copy the whole address.",
    )


def erased() -> Response:
    """In the place of a case whose customer asked to be forgotten."""
    return _response(
        "bad_link.html",
        410,
        headline="The customer's data was erased",
        more="The customer asked to be forgotten. The case is closed, and nothing more is needed.",
    )


def _state(view: View) -> State:
    case = view.case
    if case.ending is Ending.MERGED:
        return State("Part of another complaint now", case.closed_at, "Whoever is needed there is alerted for it.")
    if case.state is CaseState.RESOLVED:
        return State(f"Resolved by {view.name(case.closed_by)}", case.closed_at, "Nothing more is needed.")
    if case.state is CaseState.ACKNOWLEDGED:
        if case.acknowledged_by == view.claim.person:
            return State("You have taken this case", case.acknowledged_at, "Nobody else is alerted any more.")
        taker = view.name(case.acknowledged_by)
        return State(f"{taker} has taken this case", case.acknowledged_at, "Nothing more is needed.")
    if case.state is CaseState.EXHAUSTED:
        return State("Nobody has taken this case, and no level is left", None, "It can still be taken.")
    return State("Nobody has taken this case yet", None, "Whoever takes it stops the alerts to the next level.")


def _response(template: str, status: int, **values: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(**values)
    return Response(html, status, _HEADERS, content_type="text/html; charset=utf-8")
