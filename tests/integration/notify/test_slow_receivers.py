"""Receivers that answer without end do not hold a sender beyond its lease; in a green process, like the service."""

import subprocess
import sys

from tests.integration.notify.http_sink import DRIP, HANG, HttpSink

SENDER = """
from shared import green; green.patch()
import sys, time
from services.notify.channels.channel import Letter
from services.notify.channels.guard import Allowed
from services.notify.channels.http import Timeouts
from services.notify.channels.long_tail import LongTail
from services.notify.channels.webhook import Webhook, signer_of
here, soon = Allowed.parse(["127.0.0.0/8"]), Timeouts(within=0.4)
channels = {
    "webhook": (Webhook(signer_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), here, 1, soon), "http://"),
    "apprise": (LongTail(here, soon), "json://"),
}
for name, (channel, scheme) in channels.items():
    for _ in ("drip", "hang"):
        letter = Letter("alert-1", "case-1", scheme + sys.argv[1], "text")
        started = []
        outcome = channel.send(letter, lambda: started.append(time.monotonic()))
        print(name, type(outcome).__name__, outcome.reason, time.monotonic() - started[0] < 3)
"""


def test_answer_that_does_not_end_is_ambiguous_in_time(sink: HttpSink) -> None:
    sink.script = [DRIP, HANG] * 2
    command = [sys.executable, "-c", SENDER, f"127.0.0.1:{sink.port}/hook"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    said = [f"{channel} Ambiguous no_answer True" for channel in ("webhook", "apprise") for _ in (DRIP, HANG)]
    assert (done.stdout.splitlines(), done.returncode) == (said, 0), done.stderr
