"""Bearer tokens: who calls and what they may. Read by the web door; hashed at rest in the settings."""

import hashlib
import hmac
import re
from dataclasses import dataclass

# source: tells us complaints. provider: tells us what became of alerts, and what people answered to them. text: to read
# what customers wrote, and who they are.
SCOPES = ("admin", "operator", "person", "source", "provider", "text")


@dataclass(frozen=True)
class Caller:
    """The holder of a token: `name` is written into what they do."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


_SHA256 = re.compile("[0-9a-fA-F]{64}")
MAX_NAME = 100  # as wide as the columns that keep who did something


def digest(token: str) -> str:
    """How a token stands in the settings: tokens are random and long, so a plain hash keeps them."""
    return hashlib.sha256(token.encode()).hexdigest()


class TokenBook:
    """All tokens of an installation."""

    def __init__(self, callers: dict[str, Caller]):
        self._callers = callers

    @classmethod
    def parse(cls, spec: str, local_token: str = "") -> "TokenBook":
        """From `name:scope+scope:sha256hex` entries, comma separated, and a local run's token; raises ValueError."""
        callers = dict(_entry(part) for part in filter(None, (p.strip() for p in spec.split(","))))
        if local_token:
            callers[digest(local_token)] = Caller("local", frozenset(SCOPES))
        return cls(callers)

    def find(self, token: str) -> Caller | None:
        """The caller of a token; the time it takes does not depend on how much of it is right."""
        wanted, found = digest(token), None
        for known, caller in self._callers.items():
            if hmac.compare_digest(known, wanted):
                found = caller
        return found


def _entry(part: str) -> tuple[str, Caller]:
    name, _, rest = part.partition(":")
    scopes, _, hashed = rest.partition(":")
    wanted = frozenset(scopes.split("+"))
    if not 0 < len(name) <= MAX_NAME or not _SHA256.fullmatch(hashed) or not wanted <= set(SCOPES):
        said = f"token {name!r}" if rest else "a token"  # without a colon it may be the token itself
        raise ValueError(
            f"OMBUD_API_TOKENS: {said}: the form is name:{'+'.join(SCOPES[:2])}:<sha256 of the token, 64 hex digits>, "
            f"the name of at most {MAX_NAME} characters"
        )
    return hashed.lower(), Caller(name, wanted)
