"""The use cases, once more on PostgreSQL: the same tests, with the database of this folder's conftest."""

from tests.unit.notify.test_contacts_at_once import *  # noqa: F403
from tests.unit.notify.test_digests import *  # noqa: F403
from tests.unit.notify.test_dispatcher import *  # noqa: F403
from tests.unit.notify.test_overview import *  # noqa: F403
from tests.unit.notify.test_planning import *  # noqa: F403
from tests.unit.notify.test_reach import *  # noqa: F403
from tests.unit.notify.test_replies import *  # noqa: F403
from tests.unit.notify.test_sending import *  # noqa: F403
from tests.unit.notify.test_warnings import *  # noqa: F403
