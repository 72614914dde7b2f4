"""The page behind the signed link of an alert: a look changes nothing, a form acts once. Called by service.py."""

from werkzeug.wrappers import Request, Response

from services.escalation.cases import store
from services.escalation.pages import acts, page, submission
from services.escalation.pages.links import Links
from services.escalation.pages.submission import Came
from services.escalation.pages.view import view_of
from services.escalation.people.supervisors import zone_of
from services.escalation.policy.policybook import PolicyBook
from shared.database import Database
from shared.links import BadLink, Claim


def show_page(db: Database, book: PolicyBook, links: Links, token: str) -> Response:
    """The page of the case; looking at it changes nothing, because mail scanners look at every link."""
    try:
        claim = links.claim(token)
    except BadLink as error:
        return page.bad_link(error.reason)
    return _page(db, book, claim, Came())


def answer_by_link(db: Database, book: PolicyBook, links: Links, request: Request, token: str) -> Response:
    """The person named in the link does what the form says, once, and goes on to a page with a link of its own."""
    try:
        claim = links.claim(token)
        form = request.form
        came = db.run(lambda tx: submission.act(tx, book, links, claim, acts.read(form, zone_of(tx, claim.person))))
    except BadLink as error:
        return page.bad_link(error.reason)
    return page.go_to(came.token) if came.token else _page(db, book, claim, came)


def _page(db: Database, book: PolicyBook, claim: Claim, came: Came) -> Response:
    with db.read() as tx:
        case = store.find_case(tx, claim.case_id)
        if case is not None and case.is_forgotten:
            return page.erased()
        if case is None or case.facts is None:
            return page.bad_link("unknown")
        view = view_of(tx, book, claim, case)
    return page.case_page(view, came.status, came.told, came.filled or page.EMPTY)
