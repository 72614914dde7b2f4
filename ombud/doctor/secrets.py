"""Keeps passwords, tokens and keys out of whatever the doctor says: errors of libraries repeat what they were given."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@\s'\"]*@")
_PASSWORD = re.compile(r"://[^/@:\s]*:([^/@\s]+)@")
_IS_SECRET = re.compile(r"(TOKEN|TOKENS|SECRET|KEY|KEYS|PASSWORD|HEARTBEAT_URL)$")
SHORTEST = 4  # what is shorter stands in too many words
HIDDEN = "…"


class Veil:
    """Made of the environment once; `over` a text gives the text without what is secret."""

    def __init__(self, environments: Iterable[Mapping[str, str]], *urls: str):
        named = {pair for variables in environments for pair in variables.items()} | {("", url) for url in urls}
        found = {secret for name, value in named for secret in _secrets(name, value)}
        self._secrets = sorted((s for s in found if len(s) >= SHORTEST), key=len, reverse=True)

    def over(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _USER_AND_PASSWORD.sub(f"{HIDDEN}@", text)


def _secrets(name: str, value: str) -> set[str]:
    if _IS_SECRET.search(name):
        return {value, *(part.strip() for part in value.split(","))}
    written = set(_PASSWORD.findall(value))
    return written | {unquote(each) for each in written}
