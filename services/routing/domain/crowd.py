"""Whether anybody on the roster meets some needs, found at once for any needs; asked by lint.py."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.domain.roster import EVERYWHERE, Agent
from shared.contracts.routing import Needs

Mark = tuple[Hashable, ...]


class Crowd:
    """Agents that bring the same count once. A set of them is a number, a bit for each, the highest capacity first."""

    def __init__(self, agents: Iterable[Agent]):
        known = {_profile(agent): agent for agent in sorted(agents, key=lambda a: a.capacity)}
        self._agents = sorted(known.values(), key=lambda a: -a.capacity)
        self._all = (1 << len(self._agents)) - 1
        places: dict[Mark, list[int]] = defaultdict(list)
        for place, agent in enumerate(self._agents):
            for mark in _marks(agent):
                places[mark].append(place)
        self._having = {mark: _as_bits(found, len(self._agents)) for mark, found in places.items()}

    def is_met(self, needs: Needs) -> bool:
        return self._who(needs) != 0

    def largest_capacity(self, needs: Needs) -> int | None:
        """Of those who meet the needs; None if nobody does."""
        who = self._who(needs)
        return self._agents[(who & -who).bit_length() - 1].capacity if who else None

    def _who(self, needs: Needs) -> int:
        who = self._all
        if needs.skill is not None:
            who &= self._having.get(("skill", needs.skill, needs.skill_level or LOWEST), 0)
        if needs.language is not None:
            who &= self._having.get(("language", needs.language, needs.language_level or LOWEST), 0)
        if needs.region is not None:
            everywhere = self._having.get(("region", EVERYWHERE), 0)
            who &= self._having.get(("region", needs.region), 0) | everywhere
        if needs.team is not None:
            who &= self._having.get(("team", needs.team), 0)
        return who


def _profile(agent: Agent) -> Mark:
    skills, languages = frozenset(agent.skills.items()), frozenset(agent.languages.items())
    return (skills, languages, frozenset(agent.regions), frozenset(agent.teams))


def _marks(agent: Agent) -> Iterator[Mark]:
    """A level stands for all that are lower."""
    for kind, levels in (("skill", agent.skills), ("language", agent.languages)):
        for name, level in levels.items():
            yield from ((kind, name, lower) for lower in range(LOWEST, min(level, HIGHEST) + 1))
    yield from (("region", region) for region in set(agent.regions))
    yield from (("team", team) for team in set(agent.teams))


def _as_bits(places: list[int], size: int) -> int:
    found = bytearray(size // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")
