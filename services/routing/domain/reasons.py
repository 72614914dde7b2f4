"""Why a complaint is where it is: one word per decision, kept with it and shown by the API."""

from enum import StrEnum


class Reason(StrEnum):
    """Assigned to the least loaded or again to the same agent; waiting; released."""

    LEAST_LOADED = "least_loaded"
    SAME_AGENT = "same_agent"
    NOBODY_QUALIFIED = "nobody_qualified"
    ALL_FULL = "all_full"
    RESOLVED = "resolved"
    CASE_RESOLVED = "case_resolved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
