"""Checks the variables by the services' own settings files: every mistake at once, where a start stops at the first."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from environs import Env, EnvError

from ombud.doctor.finding import Check, Finding, Subject, fault, warning
from ombud.doctor.site import Service, Site
from ombud.options import ELSEWHERE
from shared.database import WrongUrl, checked_url
from shared.links import required_keys
from shared.settings import PORTS
from shared.tokens import TokenBook

PREFIX = "OMBUD_"
# So that the rest can be read where one that has no default is missing; nothing is looked at by means of them.
STAND_INS: Mapping[str, Any] = {"AMQP_URI": "amqp://127.0.0.1", "LINK_KEYS": ["stand-in"]}
FOR_TESTS = ("CLOCK_FILE", "FAILPOINTS")
MOST_MISTAKES = 50
SHORTEST_KEY = 16  # characters
IN_THE_ENVIRONMENT = "set it right in the service's environment; docs/configuration.md names each variable"
_NAMED = re.compile(rf"{PREFIX}([A-Z]+(?:_[A-Z]+)*)")


class Asked:
    """In the place of `environs.Env`, which settings files ask: hides what is wrong, and remembers what was asked."""

    def __init__(self, variables: Mapping[str, str], hidden: Iterable[str] = ()):
        self._env = _Given(variables)
        self.hidden = set(hidden)
        self.names: set[str] = set()
        self.mistakes: list[str] = []

    def __getattr__(self, kind: str) -> Any:
        parser = getattr(self._env, kind)

        def answer(name: str, *default: Any) -> Any:
            self.names.add(name)
            if name not in self.hidden:
                try:
                    return parser(name, *default)
                except EnvError as error:
                    self.mistakes.append(_in_words(name, error))
                    self.hidden.add(name)
            return STAND_INS.get(name, default[0] if default else "")

        return answer


class _Given(Env):
    """Reads from what is given instead of from this process's environment."""

    def __init__(self, variables: Mapping[str, str]):
        super().__init__(prefix=PREFIX)
        self._given = variables

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key, default)


def read(name: str, variables: Mapping[str, str]) -> Service:
    """The settings of one service, with every mistake in them."""
    reader = import_module(f"services.{name}.settings").read
    hidden: set[str] = set()
    mistakes: list[str] = []
    settings: Any = None
    for _ in range(MOST_MISTAKES):
        asked = Asked(variables, hidden)
        try:
            settings = reader(asked)
        except ValueError as error:
            mistakes += [*asked.mistakes, str(error)]
            hidden = asked.hidden | ((found := _variables_in(str(error))) - asked.hidden)
            if not found - asked.hidden:
                break
            continue
        mistakes += asked.mistakes
        hidden = asked.hidden
        break
    return Service(name, settings, tuple(dict.fromkeys(mistakes)), frozenset(hidden))


def known_variables() -> set[str]:
    """Every variable that some service reads, and those of the command line that look like them."""
    found = set(ELSEWHERE.values())
    for name in PORTS:
        asked = Asked({}, STAND_INS)
        import_module(f"services.{name}.settings").read(asked)
        found |= {PREFIX + each for each in asked.names}
    return found


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        yield Check(Subject.SETTINGS, service.name, partial(look, service))
    yield Check(Subject.SETTINGS, "", partial(_misspelt, site.variables))


def look(service: Service) -> Iterator[Finding]:
    """What its settings file says, and what the runner would say after it."""
    for mistake in service.mistakes:
        yield fault(mistake, IN_THE_ENVIRONMENT)
    if service.settings is None:
        return
    yield from _of_the_runner(service)
    for name in FOR_TESTS:
        if getattr(service.common, name.lower()):
            yield warning(
                f"{PREFIX}{name} is set, which is for tests", f"take it out of the environment: {PREFIX}{name}"
            )


def _of_the_runner(service: Service) -> Iterator[Finding]:
    common = service.common
    try:
        checked_url(common.database_url)
    except WrongUrl:
        yield fault(
            "OMBUD_DATABASE_URL is not the URL of a database that Ombud can use",
            "write it as postgresql+psycopg2://user:password@host/name, or leave it away for SQLite files",
        )
    try:
        TokenBook.parse(common.api_tokens, common.api_token)
    except ValueError:  # whose text repeats the entry, which may be a token
        yield fault("OMBUD_API_TOKENS has an entry that is none", "take it as `ombud token NAME --scope …` prints it")
    if service.name in ("escalation", "notify") and "LINK_KEYS" not in service.unusable:
        yield from _of_the_keys(common.link_keys)
    if not (common.api_tokens or common.api_token):
        yield warning("no token is set, so nobody may call", "set OMBUD_API_TOKENS to what `ombud token` prints")


def _of_the_keys(keys: Sequence[str]) -> Iterator[Finding]:
    try:
        required_keys(keys)
    except ValueError as error:
        yield fault(str(error), IN_THE_ENVIRONMENT)
        return
    if any(len(key) < SHORTEST_KEY for key in keys):
        yield warning("OMBUD_LINK_KEYS has a short key: who guesses it can answer alerts", "openssl rand -hex 32")


def _misspelt(variables: Mapping[str, str]) -> Iterator[Finding]:
    known = known_variables()
    for name in sorted(n for n in variables if n.startswith(PREFIX) and n not in known):
        if near := difflib.get_close_matches(name, known, 1, 0.88):
            yield warning(f"{name} is read by nothing", f"was {near[0]} meant?")


def _variables_in(text: str) -> set[str]:
    return set(_NAMED.findall(text))


def _in_words(name: str, error: EnvError) -> str:
    """Without the value: it may be a password that got into the wrong variable."""
    if "not set" in str(error):
        return f"{PREFIX}{name} is not set"
    return f"{PREFIX}{name} cannot be used: {str(error).partition('invalid: ')[2].strip('[]') or 'wrong form'}"
