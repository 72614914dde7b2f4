"""HTTP doors: nameko's web server with the limits, tokens and error bodies that it lacks. Used by every service.py."""

import uuid
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import eventlet
import orjson
import structlog
from eventlet import wsgi
from nameko.web.handlers import HttpRequestHandler
from nameko.web.server import WebServer
from prometheus_client import Counter, Histogram
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.bodies import MAX_BODY_BYTES, parse_json, read_body
from shared.errors import Fault, Forbidden, Rejected, TemporaryFailure, TooMany, fault_of
from shared.messaging.envelope import valid_traceparent
from shared.tokens import Caller, TokenBook
from shared.worker import call_method

log = structlog.get_logger()
CONNECTIONS = 1000  # at once; further ones wait in the kernel
# Requests that are worked on at once; below the workers of a process (`WORKERS`), because a subscription that holds
# SQLite's one writer needs a worker, too, and requests that hold all of them may be waiting for that very writer.
AT_ONCE = 32
SOCKET_TIMEOUT = 15  # seconds without a byte before a connection is closed
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


class LimitedServer(WebServer):
    """nameko's server with a socket timeout, without its request log, and with problem bodies for unknown paths."""

    _starting: bool

    def start(self) -> None:
        if self._starting:
            return
        self._starting = True
        # Not the default, with which a second service would share the port instead of being refused.
        self._sock = eventlet.listen(self.bind_addr, reuse_port=False, backlog=512)
        self._sock.settimeout(None)
        self._serv = self.get_wsgi_server(self._sock, self.get_wsgi_app())
        self._places = eventlet.semaphore.Semaphore(CONNECTIONS)
        self._gt = self.container.spawn_managed_thread(self.run)

    def run(self) -> None:
        """Accepts until stopped; nameko's own loop ends the service at the first error, such as too many open files."""
        while self._is_accepting:
            self._places.acquire()
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                self._places.release()
                log.warning("connection_not_accepted", error=str(error))
                eventlet.sleep(0.2)
                continue
            sock.settimeout(SOCKET_TIMEOUT)
            self.container.spawn_managed_thread(partial(self._serve, sock, address))

    def _serve(self, sock: Any, address: Any) -> None:
        try:
            self.process_request(sock, address)
        except Exception as error:
            log.warning("connection_broken", error=type(error).__name__)
        finally:
            self._places.release()

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_: Any) -> wsgi.Server:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            log_output=False,
            socket_timeout=SOCKET_TIMEOUT,
            debug=False,
            keepalive=True,
            url_length_limit=8192,
        )

    def get_wsgi_app(self) -> Callable[..., Any]:
        inner = super().get_wsgi_app()
        inner.url_map.merge_slashes = False  # not found, as other misspelt addresses, instead of a redirect

        def app(environ: dict[str, Any], start_response: Any) -> Any:
            adapter = inner.url_map.bind_to_environ(environ)
            try:
                provider, values = adapter.match()
            except HTTPException as error:
                response: Any = error if isinstance(error.response, Response) else _no_door(error)
                return response(environ, start_response)
            # eventlet reads a chunked body to its end; werkzeug would take it for empty without being told.
            if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
                environ["wsgi.input_terminated"] = True
            request = Request(environ)
            request.path_values = values  # type: ignore[attr-defined]
            return provider.handle_request(request)(environ, start_response)

        return app


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
            return _problem_of(error, request_id, self.method_name)

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


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(data), status, headers, content_type="application/json")


@cache
def _stored(path: Path) -> bytes:
    return path.read_bytes()


def stored_json(path: Path) -> Response:
    """A file that is part of the service, read once."""
    return Response(_stored(path), content_type="application/json")


def trace_of(request: Request) -> str | None:
    """The caller's W3C traceparent, if it sent a well-formed one."""
    return valid_traceparent(request.headers.get("traceparent"))


def _problem_of(error: Exception, request_id: str, entrypoint: str) -> Response:
    if isinstance(error, Rejected):
        return _problem(error.status, type(error).__name__, error.detail, error.errors, _headers_of(error))
    if isinstance(error, HTTPException):
        return _problem(error.code or 400, error.name, error.description or "")
    if isinstance(error, TemporaryFailure) or fault_of(error) is not Fault.OTHER:
        log.warning("request_deferred", entrypoint=entrypoint, request_id=request_id, error=type(error).__name__)
        return _problem(503, "Unavailable", "something that this needs is away; try again", None, {"Retry-After": "5"})
    log.error("request_failed", entrypoint=entrypoint, request_id=request_id, exc_info=error)
    return _problem(500, "InternalError", f"our fault; tell the operator the request id {request_id}")


def _headers_of(error: Rejected) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(max(1, error.retry_after))}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}


def _no_door(error: HTTPException) -> Response:
    """Nothing is at this address, or nothing for this method."""
    if error.code == 405:
        headers = dict(error.get_headers())
        return _problem(405, error.name, f"this address takes {headers['Allow']}", None, {"Allow": headers["Allow"]})
    return _problem(
        error.code or 500, error.name, "nothing is at this address; GET /v1/openapi.json lists what is where"
    )


def _problem(
    status: int,
    title: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An RFC 9457 body; it never carries the text of an exception that we did not write."""
    name = "".join(f"-{c.lower()}" if c.isupper() else c for c in title.replace(" ", "")).lstrip("-")
    body = {"type": f"urn:ombud:problem:{name}", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status, headers, content_type="application/problem+json")
