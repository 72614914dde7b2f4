"""Receipts and opt-outs, once more on PostgreSQL: where a statement differs there, or a lock is taken."""

from tests.unit.notify.test_optouts import (
    ann,
    test_second_copy_is_answered_like_the_first_and_takes_nothing_more,
    test_the_newest_word_counts_in_whatever_order_they_are_told,
    test_what_waits_for_the_number_goes_on_to_the_next_channel_at_once,
)
from tests.unit.notify.test_receipts import (
    test_escalation_is_unreachable_once_its_last_channel_bounced,
    test_one_receipt_is_about_every_alert_of_a_digest,
    test_receipt_that_comes_before_the_outcome_counts_after_it,
    told,
    under_way,
)

__all__ = [
    "ann",
    "test_escalation_is_unreachable_once_its_last_channel_bounced",
    "test_one_receipt_is_about_every_alert_of_a_digest",
    "test_receipt_that_comes_before_the_outcome_counts_after_it",
    "test_second_copy_is_answered_like_the_first_and_takes_nothing_more",
    "test_the_newest_word_counts_in_whatever_order_they_are_told",
    "test_what_waits_for_the_number_goes_on_to_the_next_channel_at_once",
    "told",
    "under_way",
]
