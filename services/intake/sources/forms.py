"""Form bodies, urlencoded and multipart, to fields of raw bytes; called by Inbound."""

from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from shared.errors import Rejected

MAX_PARTS = 1000


def form_fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The first value of each field; files are left out. Raises Rejected."""
    kind, parameters = parse_options_header(content_type)
    if kind == "multipart/form-data":
        return _multipart(parameters.get("boundary", ""), body)
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise Rejected("the body is no form", [{"pointer": "/", "detail": f"Content-Type is {kind!r}."}])
    return _urlencoded(body)


def _urlencoded(body: bytes) -> dict[str, bytes]:
    fields: dict[str, bytes] = {}
    for pair in body.split(b"&", MAX_PARTS):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        if name:
            fields.setdefault(unquote_to_bytes(name).decode("utf-8", "replace"), unquote_to_bytes(value))
    return fields


def _multipart(boundary: str, body: bytes) -> dict[str, bytes]:
    fields: dict[str, bytearray] = {}
    current: bytearray | None = None
    try:
        decoder = MultipartDecoder(boundary.encode(), max_parts=MAX_PARTS)
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field):
                current = _started(fields, event.name)
            elif isinstance(event, File):
                current = None
            elif isinstance(event, Data) and current is not None:
                current += event.data
    except (ValueError, HTTPException) as error:
        raise Rejected("the multipart body is broken", [{"pointer": "/", "detail": str(error)[:200]}]) from error
    return {name: bytes(value) for name, value in fields.items()}


def _started(fields: dict[str, bytearray], name: str) -> bytearray | None:
    """Where the value of a field goes; nowhere for a name that was there before."""
    return None if name in fields else fields.setdefault(name, bytearray())
