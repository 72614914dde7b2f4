"""`ombud run` and `ombud demo`: everything on this machine, the samples fed and accounted for."""

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ombud import options
from ombud.options import RunOptions
from ombud.roster.command import apply_unasked
from ombud.roster.form import read_file
from ombud.run import lock, preflight, signals
from ombud.run.accounting import Expected, Judgement, complaints_about, summary_line
from ombud.run.reckoning import Mailbox, Reckoning
from ombud.run.settle import Look
from ombud.run.stack import Stack, wait_for
from ombud.screen import bar, say, warn
from ombud.send.command import feed_file
from ombud.send.publisher import Depths
from ombud.trouble import Trouble

SAMPLES = Path(__file__).parents[2] / "samples"
INTERRUPTED = 130
FIRST_COMPLAINT = '{"source": "me", "external_id": "1", "text": "This is unsafe. I want to speak to a supervisor."}'


@click.command()
@options.run_options
def run(no_samples: bool, **given: Any) -> None:
    """Start everything here, feed the samples, stay until Ctrl-C.

    A private RabbitMQ, SQLite files, a mail catcher and the four services; the line `ready` says that all of them
    answer. Options put a broker, a database or a mail server that you have in the place of the private ones.
    """
    asked = RunOptions(samples=not no_samples, **given)
    sys.exit(_session(replace(asked, data_dir=asked.data_dir or Path(options.DATA_DIR)), stays=True))


@click.command(short_help="Start everything, feed the samples, count what became of them, stop.")
@options.run_options
@options.feed_file
def demo(no_samples: bool, **given: Any) -> None:
    """Start everything, feed the samples, print what became of them, stop.

    The exit code is 0 only if every complaint is accounted for.
    """
    asked = RunOptions(samples=not no_samples, **given)
    if asked.data_dir:
        sys.exit(_session(asked, stays=False))
    folder = Path(tempfile.mkdtemp(prefix="ombud-demo-"))
    code = 1
    try:
        code = _session(replace(asked, data_dir=folder), stays=False)
    finally:
        _clear_up(folder, code)
    sys.exit(code)


def _clear_up(folder: Path, code: int) -> None:
    if code == 1 and any((folder / "logs").glob("*.log")):
        warn(f"logs and databases are kept in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _session(asked: RunOptions, stays: bool) -> int:
    """The exit code. Whatever ends it, nothing that it started stays behind."""
    assert asked.data_dir is not None
    preflight.check_options(asked)
    folder = preflight.made_folder(asked.data_dir)
    with lock.held(folder.lock), signals.raised_as_stopped():
        stack = None
        try:
            preflight.require_ports(asked)
            if asked.amqp_uri:
                preflight.require_broker(asked.amqp_uri)
            stack = Stack(asked, folder)
            return _live(stack, stays)
        except signals.Stopped:
            return 0 if stays else INTERRUPTED
        finally:
            signals.no_longer_raised()
            _stop(stack)


def _stop(stack: Stack | None) -> None:
    if stack is None:
        return
    say("stopping …")
    stack.stop()
    say("stopped")


def _live(stack: Stack, stays: bool) -> int:
    say(f"starting in {stack.folder.root}")
    stack.start()
    say("ready")
    judgement = _feed(stack)
    if not stays:
        return 0 if judgement is None or judgement.is_accounted else 1
    _tell_where(stack)
    signals.wait()
    return 0


def _feed(stack: Stack) -> Judgement | None:
    """Roster and complaints; None when there is nothing to feed."""
    asked = stack.options
    if asked.samples:
        _apply_roster(stack, SAMPLES / "roster.yml")
    file = asked.feed or (SAMPLES / "complaints.jsonl" if asked.samples else None)
    return _feed_and_count(stack, file) if file else None


def _apply_roster(stack: Stack, file: Path) -> None:
    if not file.exists():
        raise Trouble(f"{file} is not there: run from a full copy of the project, or with --no-samples")
    form = read_file(file)
    if form.faults:
        raise Trouble(f"{file}:{form.faults[0].line}: {form.faults[0].text}")
    parts = apply_unasked(file, form, stack.doors)
    say("roster: " + ", ".join(f"{len(form.entries[part.title])} {part.title}" for part in parts))


def _feed_and_count(stack: Stack, file: Path) -> Judgement:
    depths = Depths(stack.amqp_uri)
    try:
        # Readiness says nothing about the broker: the queues may still be on their way.
        if not wait_for(lambda: depths.waiting() is not None, 30):
            raise Trouble(f"the queues are not there after 30 s; look into {stack.folder.root / 'logs'}")
        started = time.monotonic()
        tally = feed_file(file, stack.amqp_uri)
        expected = Expected(len(tally.complaints), len(tally.broken))
        reckoning = Reckoning(stack.doors, depths, Mailbox(stack.mailbox_url) if stack.mailbox_url else None)
        with bar("accounted for", expected.complaints) as advance:
            settled = reckoning.wait(expected, lambda look: advance(min(expected.complaints, _done(look))))
        judgement = reckoning.judge(expected, settled)
    finally:
        depths.close()
    say(summary_line(judgement, settled.at - started))
    for line in complaints_about(judgement):
        warn(f"not as it should be: {line}")
    return judgement


def _done(look: Look) -> int:
    """Complaints that have been through intake, routing and escalation."""
    return min(look.standing.classified, look.standing.owned, look.standing.cases)


def _tell_where(stack: Stack) -> None:
    root = stack.folder.root
    for service, url in stack.doors.urls.items():
        say(f"  {service:<12}{url}")
    say(f"  {'mailbox':<12}{stack.mailbox_url or 'none: mail goes out by ' + stack.options.smtp_url}")
    say(f"  {'data':<12}{root}   (logs in {root / 'logs'})")
    say(f"  {'token':<12}{stack.token}")
    say("a first complaint of your own:")
    say(f"  curl -H 'Authorization: Bearer {stack.token}' -H 'Content-Type: application/json' \\")
    say(f"    -d '{FIRST_COMPLAINT}' \\")
    say(f"    {stack.doors.urls['intake']}/v1/complaints")
    say("Ctrl-C stops everything")
