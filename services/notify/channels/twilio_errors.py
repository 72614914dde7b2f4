"""Twilio's error codes: what each means for an alert. Read by the channel, and by the door that hears of deliveries.

Each code was looked up in Twilio's own dictionary, https://www.twilio.com/docs/api/errors/<code>; whether it is worth
another try is our judgement of what stands there. Codes of media, calls, templates and inbound messages are not here.
"""

from collections.abc import Iterable, Mapping

from services.notify.domain.outcomes import Reason

Meaning = tuple[Reason, bool]


def _all(reason: Reason, codes: Iterable[int], *, is_permanent: bool = False) -> dict[int, Meaning]:
    return dict.fromkeys(codes, (reason, is_permanent))


MEANINGS: Mapping[int, Meaning] = {
    # What is wrong is the number, and stays so.
    # 21211 invalid, 21214 cannot be reached, 21217 and 21421 no valid number, 21604 missing, 21614 no mobile,
    # 21635 and 30006 a landline, 30005 does not exist.
    **_all(
        Reason.INVALID_ADDRESS,
        (21211, 21214, 21217, 21421, 21604, 21614, 21635, 30005, 30006),
        is_permanent=True,
    ),
    # 21610: they answered STOP to this sender.
    **_all(Reason.OPTED_OUT, (21610,), is_permanent=True),
    # 21612: this sender cannot reach this number, 30004: the number, its carrier or a registry blocks the message.
    **_all(Reason.RECIPIENT_REFUSED, (21612, 30004), is_permanent=True),
    # 21602, 21619 no text, 21605, 21617, 30019 too long, 30007 filtered for what it says.
    **_all(Reason.MESSAGE_REFUSED, (21602, 21605, 21617, 21619, 30007, 30019), is_permanent=True),
    # The handset or its network failed, perhaps only now: 30003 switched off or out of reach, 30008 nobody knows why,
    # 30036 it waited longer than it may.
    **_all(Reason.UNDELIVERED, (30003, 30008, 30036)),
    # Held back for a while: 30450, 30453, 30485 by a guard against fraud; 30017 the carrier is congested.
    **_all(Reason.PROVIDER_DEFERRED, (30017, 30450, 30453, 30485)),
    # Too many: 20429 requests, 14107 between two numbers, 21611 and 30001 in the queue, 30022, 30023, 30027 for the
    # carrier, 30454 and 63038 of this account today.
    **_all(Reason.PROVIDER_THROTTLED, (14107, 20429, 21611, 30001, 30022, 30023, 30027, 30454, 63038)),
    # Their own fault. 30410: given up, so that nothing arrives twice.
    **_all(Reason.PROVIDER_ERROR, (20500, 20503, 30020, 30021, 30410, 30500)),
    # An operator must mend these. 20003 wrong token, 20006 no access.
    **_all(Reason.LOGIN_REFUSED, (20003, 20006)),
    # The account: 10001 and 20005 not active, 20008 only for tests, 20404 not there, 21219 and 21608 on trial,
    # 30002 suspended, 30010 a price limit, 30037 may not send.
    # The sender: 21212, 21401, 21601, 21603, 21606, 21657, 21659, 21660, 21661, 21704, 21910 unusable, 30024, 30032,
    # 30033, 30034, 30035, 30040, 30041, 30042 not registered where the message goes.
    # Else: 21408 the country is not switched on, 21609 the callback address.
    **_all(
        Reason.WRONG_SETTINGS,
        (
            *(10001, 20005, 20008, 20404, 21219, 21608, 30002, 30010, 30037),
            *(21212, 21401, 21601, 21603, 21606, 21657, 21659, 21660, 21661, 21704, 21910),
            *(30024, 30032, 30033, 30034, 30035, 30040, 30041, 30042),
            *(21408, 21609),
        ),
    ),
}


def reason_of(code: int) -> Meaning:
    """Why the message did not arrive, and whether the same one to the same number would fail again.

    Of those not known a code of the request (21xxx) is taken for a refusal; what any other means may pass.
    """
    if code in MEANINGS:
        return MEANINGS[code]
    return (Reason.RECIPIENT_REFUSED, True) if 21000 <= code < 22000 else (Reason.UNDELIVERED, False)
