"""Why a complaint is where it is: one word per decision, kept with it and shown by the API."""

from enum import StrEnum


class Reason(StrEnum):
    """Assigned; waiting; released; lost by an agent. LEAST_LOADED was written by earlier versions."""

    BEST_SCORE = "best_score"
    LEAST_LOADED = "least_loaded"
    SAME_AGENT = "same_agent"
    KNOWN_CUSTOMER = "known_customer"
    BY_HAND = "by_hand"

    NOBODY_QUALIFIED = "nobody_qualified"
    NOBODY_AT_WORK = "nobody_at_work"
    ALL_FULL = "all_full"
    OUT_OF_HOURS = "out_of_hours"
    DECLINED = "declined"

    RESOLVED = "resolved"
    CASE_RESOLVED = "case_resolved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"


WAITING = (
    Reason.NOBODY_QUALIFIED,
    Reason.NOBODY_AT_WORK,
    Reason.ALL_FULL,
    Reason.OUT_OF_HOURS,
    Reason.DECLINED,
)


class Loss(StrEnum):
    """Why an agent lost a complaint that they had not answered."""

    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    GONE = "gone"
