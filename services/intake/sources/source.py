"""What an upstream system's webhook is, and the form that each file here keeps; used by webhooks.py and the kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from marshmallow import Schema

from services.intake.sources.enrich import Enrich
from services.intake.sources.forms import form_fields
from shared.bodies import parse_json
from shared.errors import Rejected, TemporaryFailure

SUBMITTED, CONTACTED = "complaint.submitted", "complaint.contacted"
ANSWERED, RESOLVED, REOPENED, RATED, ESCALATION_REQUESTED = (
    "complaint.answered",
    "complaint.resolved",
    "complaint.reopened",
    "complaint.rated",
    "complaint.escalation_requested",
)
REPLAY_WINDOW = timedelta(minutes=5)
QUEUES = "intake.webhooks."  # before the name of a source: under it its retries and dead letters are kept


class Forged(Rejected):
    """The sender could not show that it is the system; nothing of it is stored."""

    status = 401


@dataclass(frozen=True)
class Inbound:
    """One request of an upstream system: `url` as the sender sees it, header names in lower case, the raw body."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def json(self) -> Any:
        try:
            return parse_json(self.body)
        except ValueError as error:
            raise Rejected("the body is not JSON", [{"pointer": "/", "detail": str(error)}]) from error

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; raises Rejected when it is something else."""
        found = self.json()
        if not isinstance(found, dict):
            raise Rejected("the body is no JSON object", [{"pointer": "/", "detail": "Not an object."}])
        return found

    @cached_property
    def form_bytes(self) -> Mapping[str, bytes]:
        """Fields of an urlencoded or multipart body as they came; of a repeated name the first, of files none."""
        return form_fields(self.content_type, self.body)

    def form(self) -> dict[str, str]:
        return {name: value.decode("utf-8", "replace") for name, value in self.form_bytes.items()}


@dataclass(frozen=True)
class Said:
    """One thing that the system said, as an upstream event; a repetition has the same `id`.

    data: as schemas.upstream takes it, without the source, which is the account's name.
    """

    type: str
    data: Mapping[str, Any]
    id: str


@dataclass(frozen=True)
class Ignored:
    """Something that intake has no use for, such as a changed priority."""


@dataclass(frozen=True)
class Unclear:
    """Something that cannot be understood, or not now: kept whole for later."""

    error: Rejected | TemporaryFailure


Heard = Said | Ignored | Unclear


@dataclass(frozen=True)
class Reply:
    """The answer for systems that want one of their own."""

    status: int
    content_type: str
    body: str


class Check(Protocol):
    """A way to know the sender that does not depend on the kind: a header, a password, a signature."""

    def verify(self, inbound: Inbound, account: "Account", now: datetime) -> None: ...


class Source(Protocol):
    """One kind of upstream system.

    options: what may stand under `options` in the file. own_check: it knows its sender without a `check` in the file,
    by `secrets` where needs_secret; takes_check: it may have one. reply: for systems that want a special answer.
    """

    @property
    def kind(self) -> str: ...

    @property
    def options(self) -> Schema: ...

    @property
    def own_check(self) -> bool: ...

    @property
    def needs_secret(self) -> bool: ...

    @property
    def takes_check(self) -> bool: ...

    @property
    def reply(self) -> Reply | None: ...

    def check(self, inbound: Inbound, account: "Account", now: datetime) -> None:
        """Raises Forged."""
        ...

    def said(self, inbound: Inbound, account: "Account") -> list[Heard]:
        """Raises Rejected when the body as a whole cannot be understood."""
        ...


@dataclass(frozen=True)
class Account:
    """One entry of the sources file: a system that sends to `/v1/webhooks/<name>`.

    secrets: the current one and older ones. url: the address that the sender calls, where it differs from ours.
    """

    name: str
    source: Source
    secrets: tuple[str, ...] = field(default=(), repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    check: Check | None = None
    url: str | None = None
    replay_window: timedelta = REPLAY_WINDOW

    @property
    def queue(self) -> str:
        """The name under which its retries and dead letters are kept."""
        return QUEUES + self.name

    def patient_until(self, seconds: float) -> "Account":
        """The same account, whose fetches together may take so long."""
        enrich = self.options.get("enrich")
        if not isinstance(enrich, Enrich):
            return self
        return replace(self, options={**self.options, "enrich": enrich.within(seconds)})

    def verify(self, inbound: Inbound, now: datetime) -> None:
        """Runs the check of the file, if there is one."""
        if self.check is not None:
            self.check.verify(inbound, self, now)


def at(document: Any, *path: str | int) -> Any:
    """What stands at the path, None where anything on the way is missing or of another kind."""
    for step in path:
        if isinstance(document, dict) and isinstance(step, str):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and -len(document) <= step < len(document):
            document = document[step]
        else:
            return None
    return document


def text_at(document: Any, *path: str | int) -> str:
    """The text or number at the path as text, stripped; empty for anything else."""
    found = at(document, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found).strip()


def needed(document: Any, *path: str | int) -> str:
    """Like text_at; raises Rejected with the path when there is nothing."""
    found = text_at(document, *path)
    if not found:
        pointer = "/" + "/".join(map(str, path))
        raise Rejected("the body lacks something", [{"pointer": pointer, "detail": "Missing data."}])
    return found


def filled(**fields: Any) -> dict[str, Any]:
    """The fields that have something in them."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
