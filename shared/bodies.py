"""Reads the bodies of HTTP requests within their limits; called by the web door before it takes a worker."""

import eventlet
from werkzeug.wrappers import Request

from shared.errors import Rejected, TemporaryFailure

MAX_BODY_BYTES = 256 * 1024
LARGE_AT_ONCE = 4  # bodies above it, for doors that take such; each is in memory as a whole
BODY_WITHIN = 15
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
