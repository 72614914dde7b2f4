"""`ombud deadletters`: what the services put aside, seen, corrected, worked off again or thrown away."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO, TypeVar

import click

from ombud import options
from ombud.deadletters import shown as letters_shown
from ombud.deadletters.letters import Letter, Outcome, Quarantine
from ombud.deadletters.shown import plain
from ombud.doors import Answer
from ombud.screen import bar, counted
from ombud.trouble import Trouble
from shared.contracts.topology import SERVICES

C = TypeVar("C", bound=Callable[..., Any])
FILTERS = ("reason", "type", "queue", "source", "contains", "since")
_service = click.option("--service", type=click.Choice(SERVICES), help="Only this one; else all four are asked.")
_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _asking(command: C) -> C:
    return _service(_as_json(options.services_elsewhere(command)))


def _filtered(command: C) -> C:
    """The options of a filter, in the order of the help."""
    texts = {
        "reason": "As the list shows it: not_json, invalid, failed, given_up, …",
        "type": "The event's type, such as complaint.submitted.",
        "queue": "The queue that it came from.",
        "source": "Who sent it.",
        "contains": "A text in the body or in the error.",
        "since": "A time (RFC 3339), or how long ago: 30m, 12h, 2d.",
    }
    for name in reversed(FILTERS):
        command = click.option(f"--{name}", metavar="TEXT", help=texts[name])(command)
    return command


@click.group()
def deadletters() -> None:
    """Messages that could not be worked off: list, show, replay (corrected, if need be), discard."""


@deadletters.command("list")
@_filtered
@click.option("--all", "everything", is_flag=True, help="All of them, not the newest only.")
@_asking
def list_letters(everything: bool, as_json: bool, **rest: Any) -> None:
    """List dead letters, newest first, without their bodies. The exit code is 1 when a service does not say which it
    has; those of the others are shown all the same.
    """
    quarantine, silent = _quarantine(rest).answering()
    wanted = _wanted(rest)
    found, more = (quarantine.all(wanted), False) if everything else quarantine.newest(wanted)
    if as_json:
        _print_json([_data(letter) for letter in found])
    else:
        if found:
            letters_shown.console().print(letters_shown.as_table(found))
        click.echo(counted(len(found), "dead letter") + (", and more: --all shows them" if more else ""))
    for trouble in silent:
        click.echo(f"ombud: {trouble}", err=True)
    if silent:
        raise SystemExit(1)


@deadletters.command("show")
@click.argument("id_", metavar="ID")
@_asking
def show_letter(id_: str, as_json: bool, **rest: Any) -> None:
    """Show a dead letter whole: headers, body, and why it is one."""
    letter = _quarantine(rest).find(id_)
    if as_json:
        _print_json(_data(letter))
    else:
        letters_shown.show(letter)


@deadletters.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--body", type=click.File("rb"), metavar="FILE", help="A corrected body for the one ID (- for stdin).")
@click.option("--as-type", metavar="TYPE", help="A corrected type, such as complaint.submitted.")
@click.option("--as-content-type", metavar="TYPE", help="A corrected content type of the body.")
@_filtered
@click.option("--all", "everything", is_flag=True, help="All that the filter finds.")
@_asking
def replay_letters(
    ids: tuple[str, ...],
    body: BinaryIO | None,
    as_type: str | None,
    as_content_type: str | None,
    everything: bool,
    as_json: bool,
    **rest: Any,
) -> None:
    """Let dead letters be worked off once more, and see which come back. The exit code is 1 when one does."""
    if body and len(ids) != 1:
        raise Trouble("--body is the corrected body of one dead letter: give its ID")
    quarantine = _quarantine(rest)
    correction = {"body": _text(body), "type": as_type, "content_type": as_content_type}
    given = {name: value for name, value in correction.items() if value is not None}
    chosen = _chosen(quarantine, ids, everything, rest)
    outcome = quarantine.settle(_each("replayed", chosen, lambda letter: quarantine.replay(letter, given)))
    if as_json:
        _print_json(asdict(outcome) | {"back": [_data(letter) for letter in outcome.back]})
    else:
        _tell(outcome)
    if not outcome.is_good:
        raise SystemExit(1)


@deadletters.command("discard")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@click.option("--why", required=True, metavar="TEXT", help="Stands in the service's log.")
@click.option("--by", metavar="NAME", help="Who discards; else the token's name.")
@_filtered
@click.option("--all", "everything", is_flag=True, help="All that the filter finds.")
@click.option("--yes", is_flag=True, help="Do not ask back for --all.")
@_asking
def discard_letters(
    ids: tuple[str, ...], why: str, by: str | None, everything: bool, yes: bool, as_json: bool, **rest: Any
) -> None:
    """Throw dead letters away for good; who and why stand in the log."""
    quarantine = _quarantine(rest)
    chosen = _chosen(quarantine, ids, everything, rest)
    if everything and chosen and not yes:
        click.confirm(f"Throw {counted(len(chosen), 'dead letter')} away for good?", abort=True)
    reason = {"why": why} | ({"by": by} if by else {})
    answers = _each("discarded", chosen, lambda letter: quarantine.discard(letter, reason))
    gone = [letter.id for letter, answer in answers if answer.is_ok]
    refused = [(letter.id, answer.errors[0][1]) for letter, answer in answers if not answer.is_ok]
    if as_json:
        _print_json({"discarded": gone, "refused": refused})
    else:
        click.echo(f"{len(gone)} discarded")
        _tell_refused(refused)
    if refused:
        raise SystemExit(1)


def _quarantine(rest: dict[str, Any]) -> Quarantine:
    services = (rest["service"],) if rest["service"] else SERVICES
    named = {name: url for name, url in rest.items() if name.endswith("_url")}
    return Quarantine(options.doors_to(services, rest["data_dir"], rest["token"], named), services)


def _wanted(rest: dict[str, Any]) -> dict[str, str]:
    return {name: rest[name] for name in FILTERS if rest[name] is not None}


def _chosen(quarantine: Quarantine, ids: tuple[str, ...], everything: bool, rest: dict[str, Any]) -> list[Letter]:
    if bool(ids) == everything:
        raise Trouble("say which: the ID of a dead letter, or --all with a filter")
    if ids and (wanted := _wanted(rest)):
        raise Trouble(f"an ID names one dead letter, --{next(iter(wanted))} goes with --all")
    return quarantine.all(_wanted(rest)) if everything else [quarantine.find(id_) for id_ in ids]


def _each(title: str, chosen: list[Letter], do: Callable[[Letter], Answer]) -> list[tuple[Letter, Answer]]:
    """Oldest first, as they came."""
    done = []
    with bar(title, len(chosen)) as advance:
        for letter in reversed(chosen):
            done.append((letter, do(letter)))
            advance(len(done))
    return done


def _text(body: BinaryIO | None) -> str | None:
    if body is None:
        return None
    try:
        return body.read().decode()
    except UnicodeDecodeError as error:
        raise Trouble(f"{body.name} is not UTF-8: {error}") from error


def _tell(outcome: Outcome) -> None:
    parts = [
        (len(outcome.worked_off), "worked off"),
        (len(outcome.sent_back), "sent back to the queue they came from"),
        (len(outcome.back), "came back"),
        (len(outcome.refused), "refused"),
        (outcome.under_way, "not worked off yet"),
    ]
    click.echo(" · ".join(f"{n} {what}" for n, what in parts if n) or "nothing to replay")
    for letter in outcome.back:
        click.echo(f"{letter.service} {letter.id}: {letter.told['reason']}: {plain(letter.told['error'])}", err=True)
    _tell_refused(outcome.refused)


def _tell_refused(refused: list[tuple[str, str]]) -> None:
    for id_, why in refused:
        click.echo(f"{id_}: {why}", err=True)


def _data(letter: Letter) -> dict[str, Any]:
    return {"service": letter.service} | letter.told


def _print_json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2))
