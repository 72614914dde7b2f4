"""Looks at everything that `ombud status` shows, each thing for itself: what cannot be asked is missing, no more."""

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from amqp.exceptions import NotFound
from prometheus_client.parser import text_string_to_metric_families

from ombud.doors import Doors, readiness
from ombud.runfile import Process, Run
from ombud.send import publisher
from ombud.trouble import Trouble
from shared.contracts.topology import QUEUES, SERVICES

TIMEOUT = 5.0
Sample = tuple[str, Mapping[str, str], float]


@dataclass(frozen=True)
class Seen:
    """One process as it answered; `readiness` is `ready` or the reason why not. samples: its metrics."""

    process: Process
    readiness: str
    samples: tuple[Sample, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.readiness == "ready"

    @property
    def version(self) -> str:
        return next((labels["version"] for name, labels, _ in self.samples if name == "ombud_build_info"), "?")

    @property
    def since(self) -> datetime | None:
        started = self.value("process_start_time_seconds")
        return None if started is None else datetime.fromtimestamp(started, UTC)

    def value(self, name: str) -> float | None:
        return next((value for each, _, value in self.samples if each == name), None)

    def labelled(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        return [(labels, value) for each, labels, value in self.samples if each == name]


@dataclass(frozen=True)
class Depth:
    """Of one queue. consumers: replicas that read it."""

    messages: int
    consumers: int


@dataclass(frozen=True)
class State:
    """queues: None while the broker cannot be asked. counts, outboxes: by service, empty while it cannot be asked.
    free: bytes on the disk of the data folder.
    """

    seen: tuple[Seen, ...]
    counts: Mapping[str, Mapping[str, Any]]
    outboxes: Mapping[str, Mapping[str, Any]]
    queues: Mapping[str, Depth] | None
    now: datetime
    mailbox: str | None = None
    waiting_longest: float = field(default=0.0)
    free: int | None = None

    def of(self, service: str) -> list[Seen]:
        return [one for one in self.seen if one.process.service == service]

    def tells(self, *services: str) -> bool:
        """Whether all of these told their counts."""
        return all(self.counts.get(service) for service in services)


def look(run: Run, data_dir: Path, now: datetime) -> State:
    """All questions at the same time; none takes longer than some seconds."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        seen = [pool.submit(_seen, process) for process in run.processes]
        counts = {service: pool.submit(_document, run.doors, service, "/v1/summary") for service in SERVICES}
        outboxes = {service: pool.submit(_document, run.doors, service, "/v1/outbox") for service in SERVICES}
        queues = pool.submit(depths, run.amqp_uri)
        found = tuple(one.result() for one in seen)
        return State(
            seen=found,
            counts={service: one.result() for service, one in counts.items()},
            outboxes={service: one.result() for service, one in outboxes.items()},
            queues=queues.result(),
            now=now,
            mailbox=run.mailbox_url,
            waiting_longest=max(
                (one.value("ombud_complaints_waiting_oldest_seconds") or 0.0 for one in found), default=0
            ),
            free=shutil.disk_usage(data_dir).free,
        )


def depths(uri: str) -> dict[str, Depth] | None:
    """Of every queue that is there; None while the broker is away."""
    try:
        connection = publisher.connect(uri)
    except Trouble:
        return None
    try:
        return {queue.name: found for queue in QUEUES if (found := _depth(connection, queue.name))}
    except publisher.LOST:
        return None
    finally:
        connection.collect()


def _depth(connection: Any, queue: str) -> Depth | None:
    channel = connection.channel()
    try:
        found = channel.queue_declare(queue, passive=True)
    except NotFound:
        return None
    channel.close()
    return Depth(found.message_count, found.consumer_count)


def _seen(process: Process) -> Seen:
    return Seen(process, readiness(process.ops_url), _samples(process.ops_url))


def _samples(ops_url: str) -> tuple[Sample, ...]:
    try:
        text = requests.get(f"{ops_url}/metrics", timeout=TIMEOUT, proxies={"http": "", "https": ""}).text
        families = list(text_string_to_metric_families(text))
    except (requests.RequestException, ValueError):
        return ()
    return tuple((sample.name, sample.labels, sample.value) for family in families for sample in family.samples)


def _document(doors: Doors, service: str, path: str) -> dict[str, Any]:
    """Empty while the service cannot be asked."""
    own = Doors(doors.urls, doors.token)  # one session a thread
    try:
        answer = own.get(service, path)
    except (requests.RequestException, ValueError):
        return {}
    return answer.body if answer.is_ok else {}
