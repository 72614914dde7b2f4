"""What the people cannot do of a policy; found by the lint.py of services, which give their own kinds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=StrEnum)


@dataclass(frozen=True)
class Finding(Generic[K]):
    """name: of the entry of the policy, or of the person, that it is about."""

    kind: K
    name: str
    text: str
