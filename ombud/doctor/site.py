"""What is to be looked at: the services of this environment, with what their own settings files made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.settings import CommonSettings


@dataclass(frozen=True)
class Service:
    """settings: as its settings.py reads them, with the defaults in the place of what cannot be used.

    mistakes: in words; unusable: the variables in which they are.
    """

    name: str
    settings: Any
    mistakes: tuple[str, ...] = ()
    unusable: frozenset[str] = frozenset()

    @property
    def common(self) -> CommonSettings:
        common: CommonSettings = self.settings.common
        return common


@dataclass(frozen=True)
class Site:
    """services: those that are asked about. variables: the environment, which holds secrets.

    management_url: of RabbitMQ's management API, empty = it is not asked.
    """

    services: tuple[Service, ...]
    variables: Mapping[str, str]
    management_url: str = ""

    def service(self, name: str) -> Service | None:
        return next((one for one in self.services if one.name == name), None)
