"""What a door answers: JSON, and for what went wrong a problem body (RFC 9457). Called by doors and the server."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import structlog
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from shared.errors import Fault, Rejected, TemporaryFailure, TooMany, fault_of

log = structlog.get_logger()


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(data), status, headers, content_type="application/json")


@cache
def _stored(path: Path) -> bytes:
    return path.read_bytes()


def stored_json(path: Path) -> Response:
    """A file that is part of the service, read once."""
    return Response(_stored(path), content_type="application/json")


def problem_of(error: Exception, request_id: str, entrypoint: str) -> Response:
    if isinstance(error, Rejected):
        return problem(error.status, type(error).__name__, error.detail, error.errors, _headers_of(error))
    if isinstance(error, HTTPException):
        return problem(error.code or 400, error.name, error.description or "")
    if isinstance(error, TemporaryFailure) or fault_of(error) is not Fault.OTHER:
        log.warning("request_deferred", entrypoint=entrypoint, request_id=request_id, error=type(error).__name__)
        return problem(503, "Unavailable", "something that this needs is away; try again", None, {"Retry-After": "5"})
    log.error("request_failed", entrypoint=entrypoint, request_id=request_id, exc_info=error)
    return problem(500, "InternalError", f"our fault; tell the operator the request id {request_id}")


def _headers_of(error: Rejected) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(max(1, error.retry_after))}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}


def no_door(error: HTTPException) -> Response:
    """Nothing is at this address, or nothing for this method."""
    if error.code == 405:
        headers = dict(error.get_headers())
        return problem(405, error.name, f"this address takes {headers['Allow']}", None, {"Allow": headers["Allow"]})
    return problem(
        error.code or 500, error.name, "nothing is at this address; GET /v1/openapi.json lists what is where"
    )


def problem(
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
