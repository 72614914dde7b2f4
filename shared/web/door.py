"""`@http`: who may come in, what a body may be, and that every end is an answer. Used by every service.py."""

import uuid
from typing import Any

import eventlet
from nameko.web.handlers import HttpRequestHandler
from prometheus_client import Counter, Histogram
from werkzeug.wrappers import Request, Response

from shared.bodies import MAX_BODY_BYTES, parse_json, read_body
from shared.errors import Forbidden, Rejected
from shared.messaging.envelope import valid_traceparent
from shared.tokens import Caller, TokenBook
from shared.web.responses import problem_of
from shared.web.server import LimitedServer
from shared.worker import call_method

# Requests that are worked on at once; below the workers of a process (`WORKERS`), because a subscription that holds
# SQLite's one writer needs a worker, too, and requests that hold all of them may be waiting for that very writer.
AT_ONCE = 32
REQUESTS = Counter(
    "ombud_http_requests_total", "HTTP requests by entrypoint and status class", ["entrypoint", "status"]
)
SECONDS = Histogram(
    "ombud_http_request_duration_seconds",
    "Time to answer an HTTP request, body and waiting for a worker included",
    ["entrypoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
_STATUSES = ("2xx", "3xx", "4xx", "5xx")
_places = eventlet.semaphore.Semaphore(AT_ONCE)


class HttpDoor(HttpRequestHandler):
    """`@http("POST", "/v1/…", scope="source")`: the method gets `(self, request, **path values)`, returns a Response.

    scope: what the caller's token must carry, any of several (admin carries all); None = no token (signed links).
    The caller is `request.caller`. The body is read, within its limits, before a worker is taken.
    max_body: bytes; above MAX_BODY_BYTES a few are read at once, and others are told to come again.
    """

    server = LimitedServer()

    def __init__(
        self,
        method: str,
        url: str,
        *,
        scope: str | tuple[str, ...] | None,
        max_body: int = MAX_BODY_BYTES,
        **kwargs: Any,
    ):
        super().__init__(method, url, **kwargs)
        self.max_body = max_body
        self.scopes = (scope,) if isinstance(scope, str) else scope

    def setup(self) -> None:
        super().setup()
        self.tokens: TokenBook = self.container.config["tokens"]
        SECONDS.labels(self.method_name)
        for status in _STATUSES:
            REQUESTS.labels(self.method_name, status)

    def handle_request(self, request: Request) -> Response:
        request_id = request.headers.get("X-Request-Id", "")[:64] or uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with SECONDS.labels(self.method_name).time():
            response = self._answer(request, request_id)
        response.headers["X-Request-Id"] = request_id
        REQUESTS.labels(self.method_name, f"{response.status_code // 100}xx").inc()
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        try:
            _check_address(request)
            request.caller = self._admit(request)  # type: ignore[attr-defined]
            read_body(request, self.max_body)
            with _places:
                response: Response = call_method(self.container, self, request, **request.path_values)  # type: ignore[attr-defined]
            return response
        except Exception as error:
            return problem_of(error, request_id, self.method_name)

    def _admit(self, request: Request) -> Caller | None:
        if self.scopes is None:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self.tokens.find(token) if scheme.lower() == "bearer" else None
        if caller is None:
            raise Unauthorized("a bearer token that is known here is needed: Authorization: Bearer …")
        if not any(caller.may(scope) for scope in self.scopes):
            raise Forbidden(f"the token {caller.name!r} lacks the scope {' or '.join(self.scopes)}")
        return caller


http = HttpDoor.decorator


class Unauthorized(Rejected):
    status = 401


class BadRequest(Rejected):
    status = 400


def _check_address(request: Request) -> None:
    """Refuses NUL, which PostgreSQL cannot even look for."""
    if "\0" in request.path or any("\0" in value for _, value in request.args.items(multi=True)):
        raise BadRequest("an address has no NUL")


def json_body(request: Request) -> Any:
    """The body as JSON; raises BadRequest when it is none."""
    try:
        return parse_json(request.get_data())
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error


def trace_of(request: Request) -> str | None:
    """The caller's W3C traceparent, if it sent a well-formed one."""
    return valid_traceparent(request.headers.get("traceparent"))
