"""The use-case tests of routing once more, on PostgreSQL instead of SQLite."""

from tests.unit.routing.test_answers import *  # noqa: F403
from tests.unit.routing.test_following import *  # noqa: F403
from tests.unit.routing.test_waiting import *  # noqa: F403
