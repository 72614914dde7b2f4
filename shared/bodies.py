"""Reads the bodies of HTTP requests within their limits, before a worker is taken; and JSON, of whatever door."""

import re
from typing import Any

import eventlet
import orjson
from werkzeug.wrappers import Request

from shared.errors import Rejected, TemporaryFailure

MAX_BODY_BYTES = 256 * 1024
LARGE_AT_ONCE = 4  # bodies above it, for doors that take such; each is in memory as a whole
BODY_WITHIN = 15
DEEPEST = 100  # levels of JSON; orjson reads 1,024 but writes only 254, and who walks through them has a stack
# A pair of surrogates, a half of one, or any other escape: read in this order, a half that belongs to a pair is none.
_ESCAPE = re.compile(rb"(?i)\\u(?:d[89ab]..\\ud[c-f]..|(d[89a-f]..))|\\.", re.DOTALL)
_large = eventlet.semaphore.Semaphore(LARGE_AT_ONCE)


class TooLarge(Rejected):
    status = 413


class Encoded(Rejected):
    status = 415


class TooSlow(Rejected):
    status = 408


def read_body(request: Request, limit: int, within: float = BODY_WITHIN) -> None:
    """Reads the whole body into the request, or refuses: no worker ever waits for a slow sender."""
    if (encoding := request.headers.get("Content-Encoding", "identity").strip().lower()) not in ("", "identity"):
        raise Encoded(f"the body is encoded ({encoding[:20]}), and is taken only as it is: without Content-Encoding")
    length = request.content_length or 0
    if length > limit:
        raise TooLarge(f"the body may have {limit} bytes")
    if length <= MAX_BODY_BYTES:
        _read(request, MAX_BODY_BYTES, within)  # a chunked body does not tell its length: it has to be small
        return
    if not _large.acquire(blocking=False):
        raise TemporaryFailure("enough large bodies are being read already")
    try:
        _read(request, limit, within)
    finally:
        _large.release()


def _read(request: Request, limit: int, within: float) -> None:
    request.max_content_length = limit + 1
    with eventlet.Timeout(within, TooSlow(f"the body did not arrive within {within:g} seconds")):
        # A chunked body that is longer is cut by werkzeug without a word, hence the byte more.
        if len(request.get_data(cache=True)) > limit:
            raise TooLarge(f"the body may have {limit} bytes")


def parse_json(body: bytes) -> Any:
    """Raises ValueError for what is no JSON, or nested so deeply that nobody can mean it."""
    document = _loads(body)
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_deeper(document, DEEPEST):
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    return document


def _loads(body: bytes) -> Any:
    """Half an emoji, as JavaScript leaves it where it cuts a text, is a character that is not known, and no fault."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        _check_utf8(body)  # orjson says of the first byte what is wrong with a later one
        mended = _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body)
        if mended == body:
            raise
        return orjson.loads(mended)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: byte 0x{body[error.start]:02x} at position {error.start}") from error


def _is_deeper(document: Any, most: int) -> bool:
    level = [document]
    for _ in range(most + 1):
        level = [inner for outer in level for inner in _inside(outer)]
    return bool(level)


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
