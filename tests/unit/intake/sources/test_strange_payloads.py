"""Payloads of known senders that are right and still strange: any letters in names, and lists with nothing in them."""

import orjson
import pytest

from services.intake import schemas
from services.intake.sources.accountfile import Sources
from services.intake.sources.fitting import fitted
from services.intake.sources.source import Inbound, Said
from shared.errors import Rejected
from tests.unit.intake.sources.payloads import payload


def test_names_and_addresses_of_a_mail_may_have_any_letters(sources: Sources) -> None:
    given, account = payload("postmark", "new"), sources.account("postmark")
    document = orjson.loads(given.body)
    document["FromFull"] = {"Name": 'Jana "Líza" Nováková, dr.', "Email": "jana@nová.example"}
    request = Inbound("POST", "http://x/", {"content-type": given.content_type}, orjson.dumps(document))
    (said,) = account.source.said(request, account)
    assert isinstance(said, Said)
    assert said.data["customer"] == {"name": 'Jana "Líza" Nováková, dr.', "email": "jana@nová.example"}
    assert schemas.upstream(said.type, fitted(said, account)).customer.name == 'Jana "Líza" Nováková, dr.'


@pytest.mark.parametrize(
    "body", [b"null", b"{}", b"7", b'"x"', b'{"entries": [{"event": "opened"}]}', b'{"items": {}}']
)
def test_a_body_without_the_events_that_it_should_hold_is_a_fault(body: bytes, sources: Sources) -> None:
    """Else a system that calls its list by another name from now on would tell us nothing, and nobody would know."""
    account = sources.account("mapping")
    with pytest.raises(Rejected, match="holds no events"):
        account.source.said(Inbound("POST", "http://x/", {}, body), account)


@pytest.mark.parametrize(("name", "body"), [("mapping", b'{"items": []}'), ("hubspot", b"[]")])
def test_an_empty_list_of_events_is_none(name: str, body: bytes, sources: Sources) -> None:
    account = sources.account(name)
    assert account.source.said(Inbound("POST", "http://x/", {}, body), account) == []
