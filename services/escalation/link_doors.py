"""The page behind the signed link of an alert: a look changes nothing, a form answers once. Called by service.py."""

from datetime import timedelta

from werkzeug.wrappers import Response

from services.escalation import store, supervisors
from services.escalation.answering import answer_case
from services.escalation.domain import answers
from services.escalation.pages import page
from services.escalation.policybook import PolicyBook
from shared.database import Database, Transaction
from shared.errors import NotFound
from shared.links import BadLink, Claim, check


class Links:
    """Checks the links that notify minted."""

    def __init__(self, keys: tuple[str, ...], max_age: timedelta):
        self._keys, self._max_age = keys, max_age

    def claim(self, token: str) -> Claim:
        return check(self._keys, token, self._max_age)


def show_page(db: Database, links: Links, token: str) -> Response:
    """The page of the case; looking at it changes nothing, because mail scanners look at every link."""
    try:
        claim = links.claim(token)
    except BadLink as error:
        return page.bad_link(error.reason)
    with db.read() as tx:
        return _page(tx, claim)


def answer_by_link(db: Database, book: PolicyBook, links: Links, token: str) -> Response:
    """The person named in the link takes the case, and sees what came of it."""
    try:
        claim = links.claim(token)
        person = claim.person
        db.run(lambda tx: answer_case(tx, book, claim.case_id, lambda c, s: answers.acknowledge(c, person, s)))
    except BadLink as error:
        return page.bad_link(error.reason)
    except NotFound:
        return page.bad_link("unknown")
    with db.read() as tx:
        return _page(tx, claim)


def _page(tx: Transaction, claim: Claim) -> Response:
    case = store.find_case(tx, claim.case_id)
    if case is not None and case.is_forgotten:
        return page.erased()
    if case is None or case.facts is None:
        return page.bad_link("unknown")
    people = {person.id: person.name for person in supervisors.everybody(tx)}
    view = page.View(case, case.facts, claim, people, case.owner.agent_name, tuple(store.timeline(tx, case.id)), tx.now)
    return page.case_page(view)
