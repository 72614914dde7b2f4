"""Which alerts a mail tells of: its links say so, one by one; used where mails are weighed against alerts."""

import re
from datetime import timedelta
from typing import Any

from shared import links
from tests.harness.process import LINK_KEYS

_LINK = re.compile(r"/a/([\w.-]+)")
_FOR_EVER = timedelta(days=36_500)


def claims_in(text: str) -> list[links.Claim]:
    return [links.check([LINK_KEYS], token, _FOR_EVER) for token in _LINK.findall(text)]


def alerts_in(mail: dict[str, Any]) -> list[str]:
    """The ids of the alerts; a mail without a link, of a dead letter, is named by its alert."""
    found = [claim.alert_id for claim in claims_in(mail["text"] or "")]
    return found or [str(mail["message_id"]).strip("<>").partition("@")[0]]
