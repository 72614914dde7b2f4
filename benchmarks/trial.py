"""Measures one chain: warm-up, a fixed rate, full speed, each until the last one has arrived; used by end_to_end.py."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import meter
from benchmarks.chains import ALERTED, ARRIVED, ASSIGNED, Chain
from benchmarks.figures import FLOOD, PACED, Check, Latency, Memory, Phase, Result, latency
from benchmarks.ledger import Ledger
from benchmarks.publish import Publisher, Stamps
from benchmarks.running import Running
from benchmarks.samples import Upstream, upstream
from benchmarks.servers import Servers
from benchmarks.tap import Heard, Tap
from ombud.screen import bar
from ombud.trouble import Trouble

STILL_FOR = 30.0  # seconds without any progress after which a phase is given up
LOOK_EVERY = 0.05
IDLE_FOR = 5.0


@dataclass(frozen=True)
class Load:
    """How much: `flood` messages at full speed, and `rate` a second for `seconds` if seconds is not 0."""

    documents: Sequence[dict[str, object]]
    flood: int
    rate: float = 0.0
    seconds: float = 0.0


class Trial:
    """One chain that runs, with its tap. ledger: None for a chain without alerts."""

    def __init__(self, servers: Servers, running: Running, tap: Tap, ledger: Ledger | None):
        self._servers, self._running, self._tap, self._ledger = servers, running, tap, ledger
        self._chain: Chain = running.chain
        self._publisher = Publisher(self._chain.room.amqp_uri, self._chain.exchange, self._chain.type)
        self._sent = 0
        self._heard: list[Heard] = []

    def measure(self, load: Load) -> Result:
        """The warm-up is not measured: it fills the caches and opens the connections of everybody."""
        at_start = self._forgotten_peaks()
        self._phase("warm-up", self._messages("w", load, len(load.documents)), self._publisher.flood)
        idle = self._idle() if load.seconds else {}
        phases = []
        if load.seconds:
            paced = partial(self._publisher.pace, rate=load.rate)
            phases.append(self._phase(PACED, self._messages("p", load, int(load.rate * load.seconds)), paced))
        phases.append(self._phase(FLOOD, self._messages("f", load, load.flood), self._publisher.flood))
        self._publisher.close()
        memory = {name: Memory(at_start[name], meter.peak_megabytes(pid)) for name, pid in self._running.roots.items()}
        return Result(self._chain.name, idle, tuple(phases), memory, tuple(self._checks()))

    def _forgotten_peaks(self) -> dict[str, float]:
        peaks = {}
        for name, pid in self._running.roots.items():
            peaks[name] = meter.peak_megabytes(pid)
            meter.forget_peak(pid)
        return peaks

    def _idle(self) -> dict[str, float]:
        """Per cent of a core while nothing comes."""
        before = meter.read(self._roots)
        time.sleep(IDLE_FOR)
        return {name: 100 * used / IDLE_FOR for name, used in meter.read(self._roots).since(before).items()}

    @property
    def _roots(self) -> dict[str, int]:
        return {**self._running.roots, **self._servers.roots, "tap": self._tap.pid}

    def _messages(self, phase: str, load: Load, count: int) -> list[Upstream]:
        return upstream(load.documents, phase, count)

    def _phase(self, name: str, messages: list[Upstream], publish: Callable[[list[Upstream]], Stamps]) -> Phase:
        before = meter.read(self._roots)
        with bar(f"{self._chain.name}, {name}", len(messages)) as advance:
            stamps = publish(messages)
            self._sent += len(messages)
            self._wait(lambda: advance(len(messages) - (self._sent - self._decided())))
        cpu = meter.read(self._roots).since(before)
        heard = self._tap.take()
        self._heard += heard
        return Phase(name, len(messages), self._seconds(stamps, heard), cpu, self._latencies(stamps, heard))

    def _decided(self) -> int:
        return self._tap.count(*(type_ for type_, end in self._chain.ends.items() if end in (ASSIGNED, ARRIVED)))

    def _alerted(self) -> int:
        return self._tap.count(*(type_ for type_, end in self._chain.ends.items() if end == ALERTED))

    def _wait(self, tell: Callable[[], None]) -> None:
        seen, moved = (-1, -1), time.monotonic()
        while not self._is_done():
            now = (self._decided(), self._alerted())
            if now != seen:
                seen, moved = now, time.monotonic()
            elif time.monotonic() - moved > STILL_FOR:
                raise Trouble(self._stuck(*now))
            tell()
            self._running.require_alive()
            time.sleep(LOOK_EVERY)
        tell()

    def _is_done(self) -> bool:
        if self._decided() < self._sent:
            return False
        return self._ledger is None or self._alerted() == self._ledger.due_alerts(self._sent)

    def _stuck(self, decided: int, alerted: int) -> str:
        waiting = {queue: depth for queue, depth in self._running.depths().items() if depth}
        return (
            f"{self._chain.name}: nothing moved for {STILL_FOR:.0f} s; {decided} of {self._sent} reached the end, "
            f"{alerted} alerts accepted, waiting in queues: {waiting or 'nothing'}\n{self._running.logs()}"
        )

    def _seconds(self, stamps: Stamps, heard: Sequence[Heard]) -> float:
        return max(h.at for h in heard) - min(stamps.values())

    def _latencies(self, stamps: Stamps, heard: Sequence[Heard]) -> dict[str, Latency]:
        """From the publish to the first event of each kind about the complaint; alerts count each."""
        firsts: dict[str, dict[str, float]] = {}
        for each in (h for h in heard if h.key in stamps):
            end = self._chain.ends[each.type]
            name = each.event_id if end == ALERTED else each.key
            firsts.setdefault(end, {}).setdefault(name, each.at - stamps[each.key])
        return {end: latency(list(found.values())) for end, found in firsts.items()}

    def _checks(self) -> list[Check]:
        if self._ledger:
            return self._ledger.checks(self._sent, self._heard, self._servers.sink.count())
        arrived = [h.key for h in self._heard]
        return [
            Check("arrived at the last hop", self._sent, len(set(arrived))),
            Check("arrivals (none twice)", self._sent, len(arrived)),
        ]
