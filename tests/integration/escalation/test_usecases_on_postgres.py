"""The same use-case tests on PostgreSQL; the desk comes from this folder's conftest."""

from tests.unit.escalation.test_supervisors import *  # noqa: F403
from tests.unit.escalation.test_usecases import *  # noqa: F403
