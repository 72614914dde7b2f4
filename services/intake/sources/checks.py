"""Ways to know the sender that the sources file chooses: header, query, password, HMAC; built by accountfile.py."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.intake.sources.signatures import ALGORITHMS, ENCODINGS, mac, must_be_fresh, must_match
from services.intake.sources.source import Account, Forged, Inbound
from shared.errors import Rejected

SCHEMES = ("none", "header", "query", "basic", "hmac")
_PART = re.compile(r"\{([a-z]+)(?::([\w-]+))?\}")
_PARTS = ("body", "method", "url", "timestamp", "header", "form")


@dataclass(frozen=True)
class ConfiguredCheck:
    """`signed` says what an HMAC covers: text with {body}, {timestamp}, {method}, {url}, {header:NAME}, {form:NAME}."""

    scheme: str
    name: str = ""
    prefix: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    signed: str = "{body}"
    key: str = "{secret}"
    timestamp: str = ""
    in_form: bool = False

    def verify(self, inbound: Inbound, account: Account, now: datetime) -> None:
        """Raises Forged unless the sender shows one of the account's secrets."""
        if self.scheme == "none":
            return
        if self.scheme == "hmac":
            self._verify_hmac(inbound, account, now)
        else:
            must_match(self._shown(inbound), account.secrets)

    def _shown(self, inbound: Inbound) -> str:
        if self.scheme == "basic":
            return _basic_login(inbound.header("authorization"))
        if self.scheme == "query":
            return parse_qs(urlsplit(inbound.url).query).get(self.name, [""])[0]
        return inbound.header(self.name).removeprefix(self.prefix)

    def _verify_hmac(self, inbound: Inbound, account: Account, now: datetime) -> None:
        given = _form(inbound, self.name) if self.in_form else inbound.header(self.name)
        if not given.startswith(self.prefix):
            raise Forged("the signature is missing or wrong")
        if self.timestamp:
            must_be_fresh(inbound.header(self.timestamp), account, now)
        signed = self._signed(inbound)
        keys = (self.key.replace("{secret}", secret).encode() for secret in account.secrets)
        made = (mac(self.algorithm, self.encoding, key, signed) for key in keys)
        must_match(given.removeprefix(self.prefix), made, any_case=self.encoding == "hex")

    def _signed(self, inbound: Inbound) -> bytes:
        pieces, end = [], 0
        for found in _PART.finditer(self.signed):
            pieces += [self.signed[end : found.start()].encode(), self._part(inbound, found[1], found[2] or "")]
            end = found.end()
        return b"".join([*pieces, self.signed[end:].encode()])

    def _part(self, inbound: Inbound, part: str, name: str) -> bytes:
        if part == "body":
            return inbound.body
        if part == "form":
            return _form(inbound, name).encode()
        texts = {"method": inbound.method, "url": inbound.url, "header": inbound.header(name)}
        return texts.get(part, inbound.header(self.timestamp)).encode()


class CheckSchema(Schema):
    """`check:` in the sources file and in presets."""

    scheme = fields.String(required=True, validate=validate.OneOf(SCHEMES))
    name = fields.String(validate=validate.Length(1, 100))
    prefix = fields.String(validate=validate.Length(1, 50))
    algorithm = fields.String(validate=validate.OneOf(ALGORITHMS))
    encoding = fields.String(validate=validate.OneOf(ENCODINGS))
    signed = fields.String(validate=validate.Length(1, 300))
    key = fields.String(validate=[validate.Length(1, 300), validate.ContainsNoneOf("\0")])
    timestamp = fields.String(validate=validate.Length(1, 100))
    in_form = fields.Boolean()

    @validates_schema
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        if data["scheme"] in ("header", "query", "hmac") and "name" not in data:
            raise ValidationError(f"the scheme {data['scheme']} needs the name of what it looks at", "name")
        for found in _PART.finditer(data.get("signed", "")):
            if found[1] not in _PARTS or (found[1] == "timestamp" and not data.get("timestamp")):
                raise ValidationError(f"{found[0]} cannot be signed here; there are {', '.join(_PARTS)}", "signed")
        signed = data.get("signed", "{body}")
        if data["scheme"] == "hmac" and "{body}" not in signed and "{form:" not in signed:
            raise ValidationError("a signature that does not cover the body shows nothing about it", "signed")
        if "{secret}" not in data.get("key", "{secret}"):
            raise ValidationError("the key must hold {secret}", "key")

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> ConfiguredCheck:
        return ConfiguredCheck(**data)


def _form(inbound: Inbound, name: str) -> str:
    try:
        return inbound.form_bytes.get(name, b"").decode("utf-8", "replace")
    except Rejected:  # no form at all: then it holds no signature either
        return ""


def _basic_login(header: str) -> str:
    """`user:password` of an Authorization header, empty when there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
