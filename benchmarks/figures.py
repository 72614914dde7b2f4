"""What is made of the measurements: latencies, cost, ratios, aims; pure. Filled by trial.py, shown by report.py."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SERVERS = ("broker", "database")


@dataclass(frozen=True)
class Latency:
    """Milliseconds; `count` is how many were measured."""

    count: int
    p50: float
    p95: float
    p99: float


def latency(seconds: Sequence[float]) -> Latency:
    """By nearest rank, so that each figure is one that really happened."""
    ordered = sorted(seconds)
    return Latency(len(ordered), *(_percentile(ordered, share) for share in (0.50, 0.95, 0.99)))


def _percentile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return math.nan
    return 1000 * ordered[math.ceil(share * len(ordered)) - 1]


@dataclass(frozen=True)
class Phase:
    """One stretch of a trial. `seconds`: from the first publish to the last end; `cpu`: seconds by process name."""

    name: str
    messages: int
    seconds: float
    cpu: Mapping[str, float]
    latencies: Mapping[str, Latency]

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds

    def cpu_per_message(self, *names: str) -> float:
        """Milliseconds of all these processes together."""
        return 1000 * sum(self.cpu[name] for name in names if name in self.cpu) / self.messages


@dataclass(frozen=True)
class Memory:
    """Resident megabytes at most: until the process was ready, and from then on."""

    at_start: float
    at_work: float


@dataclass(frozen=True)
class Check:
    """Something that was counted twice, in two places; the run is worth nothing when they differ."""

    what: str
    expected: int
    found: int

    @property
    def is_right(self) -> bool:
        return self.expected == self.found


@dataclass(frozen=True)
class Result:
    """All about one chain. `idle`: per cent of a core that each process uses when nothing comes."""

    chain: str
    idle: Mapping[str, float]
    phases: tuple[Phase, ...]
    memory: Mapping[str, Memory]
    checks: tuple[Check, ...]

    @property
    def members(self) -> tuple[str, ...]:
        """Its services, among all the processes that have CPU figures."""
        return tuple(self.memory)

    def phase(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)

    @property
    def cpu_in_services(self) -> float:
        """Milliseconds a message at full speed."""
        return self.phase(FLOOD).cpu_per_message(*self.members)

    @property
    def cpu_in_all(self) -> float:
        """The same with broker and database."""
        return self.phase(FLOOD).cpu_per_message(*self.members, *SERVERS)


FLOOD, PACED = "full speed", "fixed rate"


@dataclass(frozen=True)
class Aim:
    """A figure that the project has set itself; `is_met` says on which side of `limit` it must be."""

    what: str
    value: float
    limit: float
    at_least: bool

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value < self.limit


def aims(ombud: Result, baselines: Mapping[str, Result], rate: float) -> list[Aim]:
    """Throughput against the baselines that were run, latency at 50 a second, memory."""
    flood = ombud.phase(FLOOD)
    found = [
        Aim(f"throughput of {name}", flood.per_second / baselines[name].phase(FLOOD).per_second, limit, at_least=True)
        for name, limit in (("bare", 0.5), ("stock", 4.0))
        if name in baselines
    ]
    paced = [phase for phase in ombud.phases if phase.name == PACED and rate == AIMED_RATE]
    found += [Aim("ms to assigned, p50", phase.latencies["assigned"].p50, 40.0, at_least=False) for phase in paced]
    heaviest = max(max(memory.at_start, memory.at_work) for memory in ombud.memory.values())
    return [*found, Aim("MB of the largest service, start included", heaviest, 120.0, at_least=False)]


AIMED_RATE = 50.0
