"""Reads the bodies of HTTP requests within their limits; called by the web door before it takes a worker."""

from typing import Any

import eventlet
import orjson
from werkzeug.wrappers import Request

from shared.errors import Rejected, TemporaryFailure

MAX_BODY_BYTES = 256 * 1024
LARGE_AT_ONCE = 4  # bodies above it, for doors that take such; each is in memory as a whole
BODY_WITHIN = 15
DEEPEST = 100  # levels of JSON; orjson reads 1,024 but writes only 254, and who walks through them has a stack
_large = eventlet.semaphore.Semaphore(LARGE_AT_ONCE)


class TooLarge(Rejected):
    status = 413


def read_body(request: Request, limit: int) -> None:
    """Reads the whole body into the request, or refuses: no worker ever waits for a slow sender."""
    length = request.content_length or 0
    if length > limit:
        raise TooLarge(f"the body may have {limit} bytes")
    if length <= MAX_BODY_BYTES:
        _read(request, MAX_BODY_BYTES)  # a chunked body does not tell its length: it has to be small
        return
    if not _large.acquire(blocking=False):
        raise TemporaryFailure("enough large bodies are being read already")
    try:
        _read(request, limit)
    finally:
        _large.release()


def _read(request: Request, limit: int) -> None:
    request.max_content_length = limit + 1
    with eventlet.Timeout(BODY_WITHIN, TemporaryFailure("the body did not arrive in time")):
        # A chunked body that is longer is cut by werkzeug without a word, hence the byte more.
        if len(request.get_data(cache=True)) > limit:
            raise TooLarge(f"the body may have {limit} bytes")


def parse_json(body: bytes) -> Any:
    """Raises ValueError for what is no JSON, or nested so deeply that nobody can mean it."""
    document = orjson.loads(body)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deeper(document, DEEPEST):
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    return document


def _is_deeper(document: Any, most: int) -> bool:
    level = [document]
    for _ in range(most + 1):
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
