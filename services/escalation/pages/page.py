"""Renders the pages behind the link of an alert; called by the doors. Plain HTML: no script, nothing from elsewhere."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.escalation.domain.policy import PauseReason
from services.escalation.pages import acts, wording
from services.escalation.pages.acts import Act, Filled
from services.escalation.pages.state import meanwhile, state_of, used_for
from services.escalation.pages.view import View
from shared.contracts.escalation import Outcome, Remedy
from shared.links import EXPIRED

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
