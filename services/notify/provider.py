"""Gives the service its dispatcher, with a pool of greenlets to send in. Named in service.py."""

from collections.abc import Mapping
from typing import Any

import eventlet
import structlog
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import SQLAlchemyError

from services.notify.channels.line import Line
from services.notify.domain.alert import ChannelName
from services.notify.rulebook import RuleBook
from services.notify.senders.dispatcher import Dispatcher
from services.notify.senders.sending import HAND_OFF_LEASE
from services.notify.watch import last_resort

log = structlog.get_logger()
# Seconds for the sends under way: each may take as long as its lease, if whoever stops the service lets it, as
# `ombud run` (STOPPED_WITHIN in ombud/run/stack.py) and the pods do.
STOP_WITHIN = HAND_OFF_LEASE.total_seconds()


class Sending(DependencyProvider):  # type: ignore[misc]
    """Gives the service its Dispatcher; when it stops, lets the sends under way end."""

    def setup(self) -> None:
        config = self.container.config
        self._channels: Mapping[ChannelName, Line] = config["channels"]
        self._book: RuleBook = config["rules"]
        senders = sum(line.senders for line in self._channels.values())
        self._pool = eventlet.GreenPool(2 * max(1, senders))  # half of them with outcomes to write
        self._dispatcher = Dispatcher(
            config["database"], lambda: self._book.current, self._channels, config["writer"], self._pool.spawn_n
        )

    def start(self) -> None:
        rules = self._book.current
        try:
            with self.container.config["database"].read() as tx:
                found = last_resort.find(tx, rules)
        except SQLAlchemyError as error:
            log.warning("last_resort_unknown", error=type(error).__name__)  # the audit looks again
        else:
            last_resort.show(found)
            last_resort.warn(found)
        for channel in (c for c in ChannelName if c is not ChannelName.NONE and c not in self._channels):
            log.warning("channel_not_configured", channel=channel.value)

    def stop(self) -> None:
        with eventlet.Timeout(STOP_WITHIN, False):
            self._pool.waitall()
        for channel in self._channels.values():
            channel.close()

    def get_dependency(self, _worker: Any) -> Dispatcher:
        return self._dispatcher
