"""Readers of the page behind a link: what they see, and what comes of the forms that they send. Used by its tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.escalation.doors import links as link_doors
from services.escalation.pages.links import Links
from shared import links
from shared.contracts.escalation import CaseEscalated
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintClassified, Customer
from shared.links import Claim
from tests.harness.events import a_classified
from tests.unit.escalation.desk import Desk

KEYS = ("key-1",)
WEEK = timedelta(days=7)
LINKS = Links(KEYS, WEEK)
Fields = Mapping[str, str | Sequence[str]]


def severe(name: str = "1", **changes: Any) -> ComplaintClassified:
    """One that alerts Anna, at level 1."""
    return a_classified(name, **{"severity": Severity.CRITICAL, "excerpt": "charged twice", **changes})


def in_gb(name: str = "1", **changes: Any) -> ComplaintClassified:
    return severe(name, **{"customer": Customer(region="GB", language="en"), **changes})


def id_of(name: str = "1") -> str:
    return a_classified(name).complaint_id


@dataclass(frozen=True)
class Page:
    """What came back. reader: with the link that the page is at, after going where the answer sent."""

    response: Response
    reader: "Reader"

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def acts(self) -> list[str]:
        """Of the forms that it offers, in their order."""
        return [field["value"] for field in tags(self.html, "input") if field.get("name") == "act"]


@dataclass(frozen=True)
class Reader:
    desk: Desk
    token: str

    def look(self) -> Page:
        return Page(link_doors.show_page(self.desk.db, self.desk.book, LINKS, self.token), self)

    def send(self, act: str | None = None, **fields: str | Sequence[str]) -> Page:
        """The bare answer to a form."""
        said: Fields = fields if act is None else {"act": act, **fields}
        request = a_form(said)
        return Page(link_doors.answer_by_link(self.desk.db, self.desk.book, LINKS, request, self.token), self)

    def press(self, act: str | None = None, **fields: str | Sequence[str]) -> Page:
        """A form, and the page that a browser goes to after it."""
        page = self.send(act, **fields)
        if page.status != 303:
            return page
        return replace(self, token=page.response.headers["Location"]).look()


def a_form(fields: Fields) -> Request:
    body = urlencode({name.rstrip("_"): value for name, value in fields.items()}, doseq=True).encode()
    kind = "application/x-www-form-urlencoded"
    return Request(EnvironBuilder(method="POST", data=body, content_type=kind).get_environ())


def reader(desk: Desk, person: str = "anna", alert_id: str | None = None, **claim: Any) -> Reader:
    """With the link of the newest escalation."""
    told = desk.told(CaseEscalated)[-1]
    made = Claim(
        alert_id or f"alert-{person}-{told.escalation_id}", told.case_id, told.escalation_id, told.level, person
    )
    return Reader(desk, links.mint(KEYS, replace(made, **claim)))


def tags(html: str, tag: str) -> list[dict[str, str]]:
    """The attributes of every such element; one without a value has an empty one."""
    found: list[dict[str, str]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
            if name == tag:
                found.append({key: value or "" for key, value in attributes})

    Parser().feed(html)
    return found
