"""Renders the pages behind the link of an alert; called by the doors. Plain HTML: no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.escalation.domain.case import Case, What
from services.escalation.domain.clocks import Clock, has_kept, is_paused
from services.escalation.domain.policy import PauseReason, Policy
from services.escalation.pages import acts, story, wording
from services.escalation.pages.acts import Act, Filled
from services.escalation.pages.state import meanwhile, state_of, used_for
from shared.contracts.escalation import AlertFacts, Outcome, Remedy
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
# What a form is called, and its button.
_TITLES = {
    Act.TAKE: ("", "I take this case"),
    Act.TAKE_OVER: ("", "I take this case over"),
    Act.RESUME: ("", "Let the clocks run again"),
    Act.RESOLVE: ("Resolve it", "Resolve the case"),
    Act.NOTE: ("Add a note", "Add the note"),
    Act.PAUSE: ("Stop the clocks for a while", "Stop the clocks"),
    Act.SNOOZE: ("Put it off", "Put the case off"),
    Act.ESCALATE: ("Ask the next level", "Ask the next level"),
    Act.HAND_BACK: ("Give it back to the agents", "Give it back"),
}
_TEMPLATES = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
_TEMPLATES.filters |= {
    "span": wording.span,
    "machine": wording.machine,
    "words": wording.words,
    "both": lambda name: (str(name), wording.words(name)),
    "length": lambda name: (name, wording.span(acts.LENGTHS[name])),
    "titles": lambda act: _TITLES[act],
}
_TEMPLATES.globals |= {"style": Markup(_STYLE), "outcomes": [*Outcome], "remedies": [*Remedy]}
_TEMPLATES.globals["pause_reasons"] = [*PauseReason]
EMPTY = Filled(None, {}, {}, {})
JUST_NOW = timedelta(minutes=1)


@dataclass(frozen=True)
class View:
    """What the page is about. people: names by id. parts: how many complaints are part of it. spent: for what the link
    was used, and when. is_present: the link is of the case's present escalation. zone: of the reader.
    """

    case: Case
    facts: AlertFacts
    claim: Claim
    policy: Policy
    people: Mapping[str, str]
    timeline: tuple[Mapping[str, Any], ...]
    notes: Mapping[str, str]
    parent: Case | None
    parts: int
    spent: tuple[str, datetime] | None
    is_present: bool
    now: datetime
    zone: tzinfo

    @property
    def acts(self) -> tuple[Act, ...]:
        """What the forms are for; a link that was used has none."""
        if self.spent:
            return ()
        return acts.offered(self.case, self.claim.person, self.is_present, self.policy, self.now)

    @property
    def levels(self) -> int:
        return self.policy.ladder(self.case.ladder).top_level

    @property
    def lengths(self) -> list[str]:
        return acts.lengths(self.policy)

    @property
    def category(self) -> str:
        return self.facts.category.replace("_", " and ")

    @property
    def text_language(self) -> str:
        """For screen readers; empty = not known, as HTML wants it."""
        return "" if self.facts.language == "und" else self.facts.language

    @property
    def is_waiting(self) -> bool:
        return self.case.state in acts.NOBODY_HAS_IT and self.case.since is not None

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
    def alerted(self) -> list[str]:
        return [self.name(r) + (" (you)" if r == self.claim.person else "") for r in self.case.recipients]

    @property
    def regions(self) -> tuple[str, ...]:
        return self.facts.regions or ((self.facts.region,) if self.facts.region else ())

    @property
    def story(self) -> list[story.Line]:
        return story.told(self.timeline, self.notes, self.case, self.name, self.zone)

    @property
    def just_now(self) -> str:
        """What the reader has done a moment ago, so that whoever pressed a button sees that it worked."""
        mine = [row for row in self.timeline if row["actor"] == self.claim.person and _is_act(row)]
        row = mine[-1] if mine else None
        if row is None or self.now - row["at"] > JUST_NOW:
            return ""
        return story.sentence(row, self.case, self.name, self.zone)

    def clock(self, clock: Clock) -> str:
        """How a clock stands, in words."""
        kept = has_kept(clock)
        if kept is not None:
            return "kept" if kept else "missed"
        if clock.due_at <= self.now:
            return "due now"
        if self._is_paused(clock):
            return f"stands still, {wording.span(clock.due_at - self.now)} left at least"
        return f"running, {wording.span(clock.due_at - self.now)} left"

    def _is_paused(self, clock: Clock) -> bool:
        pause = is_paused(self.case.pauses, self.now)
        return pause is not None and any(r.name == clock.name and pause.reason in r.pauses for r in self.policy.clocks)

    def last(self, *whats: What) -> Mapping[str, Any] | None:
        """The newest row of these kinds."""
        return next((row for row in reversed(self.timeline) if row["what"] in whats), None)

    def when(self, at: datetime) -> str:
        return wording.readable(at, self.zone)

    def name(self, person: str | None) -> str:
        return self.people.get(person, person) if person else "somebody"


def _is_act(row: Mapping[str, Any]) -> bool:
    return not row["what"].startswith("alert_")


def case_page(view: View, status: int = 200, told: str = "", filled: Filled = EMPTY) -> Response:
    """The case as the person of the claim sees it. told: why a form was not taken; filled: that form."""
    said = {"state": state_of(view), "meanwhile": meanwhile(view), "used": used_for(view)}
    return _response("case.html", status, view=view, told=told, filled=filled, **said)


def go_to(token: str) -> Response:
    """After a form, so that reloading the page sends nothing again; relative, since a proxy may add to the path."""
    return Response("", 303, _HEADERS | {"Location": token}, content_type="text/html; charset=utf-8")


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


def _response(template: str, status: int, **values: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(**values)
    return Response(html, status, _HEADERS, content_type="text/html; charset=utf-8")
