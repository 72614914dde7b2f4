"""Words that are ours: enumerations of the four services, as alerts say them. Called by facts.py.

N_ marks what catalogues translate; a value that is not listed here is said as it is.
"""

from typing import Any

from services.notify.texts.languages import Language


def N_(message: str) -> str:
    return message


SEVERITIES = {"low": N_("Low"), "medium": N_("Medium"), "high": N_("High"), "critical": N_("Critical")}
REASONS = {
    "severity": N_("the complaint was read as this severe"),
    "asked": N_("the customer asks for a supervisor"),
    "anger": N_("the customer is very angry"),
    "flagged": N_("the complaint touches what a supervisor must see"),
    "tier": N_("the customer is one whom a supervisor looks after"),
    "repeated": N_("the customer has had to write again and again"),
    "low_rating": N_("the customer gave a very low rating"),
    "reopened": N_("the complaint was closed and is open again"),
    "unassigned": N_("nobody has worked on the complaint for too long"),
    "declined": N_("the agents have declined the complaint"),
    "overdue": N_("the customer has waited longer than agreed"),
    "upstream_request": N_("the system that the complaint came from asks for a supervisor"),
    "agent_request": N_("the agent asks for a supervisor"),
    "manual": N_("a colleague asks for a supervisor"),
    "storm": N_("many complaints of the same kind come in at once"),
    "unanswered": N_("nobody answered at the level before"),
    "unreachable": N_("nobody could be reached at the level before"),
    "stalled": N_("whoever took the case has not gone on with it"),
    "shift_ended": N_("the shift of whoever took the case has ended"),
    "snooze_ended": N_("the case was put off until now"),
    "exhausted": N_("every level was alerted and nobody answered"),
}
CLOCKS = {
    "first_answer": N_("first answer"),
    "next_answer": N_("next answer"),
    "resolution": N_("resolution"),
    "supervisor": N_("answer by a supervisor"),
    "acknowledgement": N_("acknowledgement"),
}
CATEGORIES = {
    "billing": N_("billing"),
    "refund": N_("refund"),
    "delivery": N_("delivery"),
    "defect": N_("defect"),
    "technical": N_("technical problem"),
    "account": N_("account"),
    "conduct": N_("conduct of staff"),
    "cancellation": N_("cancellation"),
    "privacy_security": N_("privacy and security"),
    "safety": N_("safety"),
    "other": N_("other"),
}
FLAGS = {
    "safety": N_("safety"),
    "legal": N_("legal steps"),
    "press": N_("press"),
    "fraud": N_("fraud"),
    "privacy": N_("privacy"),
    "vulnerable": N_("vulnerable customer"),
    "discrimination": N_("discrimination"),
    "outage": N_("outage"),
    "large_amount": N_("large amount"),
    "repeat_contact": N_("repeated contact"),
}
# How a complaint came in, as most upstream systems name it, and by what an alert goes out.
CHANNELS = {
    "email": N_("e-mail"),
    "sms": N_("text message"),
    "phone": N_("phone"),
    "chat": N_("chat"),
    "web": N_("web"),
    "form": N_("web form"),
    "social": N_("social media"),
    "letter": N_("letter"),
    "unknown": N_("unknown"),
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "webhook": "webhook",
    "apprise": "Apprise",
}


def complaints(language: Language, count: int) -> str:
    ngettext = language.count
    return ngettext("%(num)s complaint", "%(num)s complaints", count)


def major(language: Language, count: int, regions: str, since: str) -> str:
    """What a major complaint stands for."""
    _, ngettext = language.say, language.count
    what = ngettext(
        "A major complaint: it stands for %(num)s complaint since %(time)s.",
        "A major complaint: it stands for %(num)s complaints since %(time)s.",
        count,
        time=since,
    )
    return what + (" " + _("Regions: %(regions)s.", regions=regions) if regions else "")


def warned(language: Language, clock: str, percent: Any, due_at: str, *, is_over: bool, is_follow_up: bool) -> str:
    """Which clock of the case runs out, and how far it has come."""
    _ = language.say
    if is_follow_up and is_over:
        return _("You took this case and it has not gone on. That was due on %(time)s.", time=due_at)
    if is_follow_up:
        return _("You took this case and it has not gone on. That is due on %(time)s.", time=due_at)
    if is_over:
        return _('The time for "%(clock)s" is over: it was due on %(time)s.', clock=clock, time=due_at)
    return _(
        '%(percent)s%% of the time for "%(clock)s" has gone: it is due on %(time)s.',
        percent=percent,
        clock=clock,
        time=due_at,
    )


def warned_shortly(language: Language, clock: str, percent: Any, *, is_over: bool, is_follow_up: bool) -> str:
    _ = language.say
    if is_follow_up:
        return _("not gone on")
    if is_over:
        return _("too late: %(clock)s", clock=clock)
    return _("%(percent)s%% gone: %(clock)s", percent=percent, clock=clock)


def passed(language: Language, reference: str, *, is_part: bool) -> str:
    """Of a case that somebody gave back or put off, or that is part of another one."""
    _ = language.say
    if is_part:
        return _("%(reference)s is part of another case now.", reference=reference)
    return _("%(reference)s is not waiting for anybody any more.", reference=reference)


def taken(language: Language, reference: str, name: str, *, is_resolved: bool) -> str:
    """What became of a case that somebody else was alerted of; name: who did it, if that is known."""
    _ = language.say
    if is_resolved and name:
        return _("Case %(reference)s is resolved, by %(name)s.", reference=reference, name=name)
    if is_resolved:
        return _("Case %(reference)s is resolved.", reference=reference)
    if name:
        return _("Case %(reference)s has been taken by %(name)s.", reference=reference, name=name)
    return _("Case %(reference)s has been taken by somebody else.", reference=reference)


def assigned(language: Language, reference: str) -> str:
    _ = language.say
    return _("The complaint %(reference)s is yours.", reference=reference)
