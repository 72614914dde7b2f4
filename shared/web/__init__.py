"""HTTP doors, as every service.py takes them from here."""

from shared.web.door import BadRequest, HttpDoor, Unauthorized, http, json_body, trace_of
from shared.web.responses import json_response, stored_json

__all__ = ["BadRequest", "HttpDoor", "Unauthorized", "http", "json_body", "json_response", "stored_json", "trace_of"]
