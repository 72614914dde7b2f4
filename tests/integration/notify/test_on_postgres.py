"""The use cases, once more on PostgreSQL: the same tests, with the database of this folder's conftest."""

from tests.unit.notify.conftest import ann  # noqa: F401
from tests.unit.notify.test_contacts_at_once import *  # noqa: F403
from tests.unit.notify.test_digests import *  # noqa: F403
from tests.unit.notify.test_dispatcher import *  # noqa: F403
from tests.unit.notify.test_doubts import *  # noqa: F403
from tests.unit.notify.test_limits import *  # noqa: F403
from tests.unit.notify.test_overview import *  # noqa: F403
from tests.unit.notify.test_planning import *  # noqa: F403
from tests.unit.notify.test_reach import *  # noqa: F403
from tests.unit.notify.test_replies import *  # noqa: F403
from tests.unit.notify.test_sending import *  # noqa: F403
from tests.unit.notify.test_trying import (  # noqa: F401
    test_all_alerts_of_a_test_are_listed_page_by_page,
    test_what_cannot_be_tried_ends_at_once_with_its_reason,
)
from tests.unit.notify.test_turns import *  # noqa: F403
from tests.unit.notify.test_warnings import *  # noqa: F403
from tests.unit.notify.test_wish_assignments import (  # noqa: F401
    test_a_complaint_that_ended_is_nobodys_any_more,
    test_an_agent_who_wishes_is_told_of_an_assignment_once,
    test_of_two_agents_the_newest_one_is_told,
)
from tests.unit.notify.test_wish_taken import (  # noqa: F401
    test_those_who_were_told_hear_by_the_same_channel_that_somebody_took_it,
)

# test_burst.py shows the same here, with real mails.
del test_thousands_for_a_few_people_are_a_few_mails  # noqa: F821
