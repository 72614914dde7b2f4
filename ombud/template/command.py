"""`ombud template`: the texts of alerts as they would be sent, with made-up facts, in every language."""

from pathlib import Path

import click

from ombud.options import option
from ombud.template.samples import job
from ombud.trouble import Trouble
from services.notify.channels.channel import Letter
from services.notify.domain.alert import ChannelName
from services.notify.domain.policy import Policy
from services.notify.texts.languages import WrongCatalogue
from services.notify.texts.rendering import Writer
from services.notify.texts.templating import KINDS, TEMPLATES, UNREADABLE, WrongTemplates, files_in

_CHANNELS = [channel.value for channel in ChannelName if channel is not ChannelName.NONE]
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_templates = option(
    "--templates", env="OMBUD_TEMPLATES", type=_FOLDER, default=None, help="A folder with texts of your own."
)


@click.group()
def template() -> None:
    """The texts of alerts: which there are, and how they look."""


@template.command("list")
@_templates
def list_templates(templates: Path | None) -> None:
    """The purposes, the files of each, and the languages; says which files are your own."""
    writer, own = _writer(templates, quotes=True), files_in(templates) if templates else set()
    for name in sorted(path.name for path in TEMPLATES.iterdir() if path.is_file()):
        click.echo(f"{name:20} {'your own' if name in own else 'shipped'}")
    click.echo(f"languages            {' '.join(writer.languages)}")


@template.command()
@click.argument("purpose", type=click.Choice(KINDS), default="escalation")
@click.option("--language", default="en", show_default=True, help="The reader's language.")
@click.option("--all", "every", is_flag=True, help="In every language.")
@click.option("--channel", type=click.Choice(_CHANNELS), default="email", show_default=True)
@click.option("--timezone", default="Europe/Prague", show_default=True, help="Where the reader is.")
@click.option("--no-quotes", is_flag=True, help="As if the policy did not let this channel quote the complaint.")
@click.option("--repeated", is_flag=True, help="As if an earlier attempt might have arrived.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=None,
    help="Write the page of the mail to this file; with --all, the language is put before its ending.",
)
@_templates
def preview(
    purpose: str,
    language: str,
    every: bool,
    channel: str,
    timezone: str,
    no_quotes: bool,
    repeated: bool,
    page: Path | None,
    templates: Path | None,
) -> None:
    """Show the text of PURPOSE as it would be sent, with made-up facts; of escalation, if none is named."""
    if page and channel != ChannelName.EMAIL.value:
        raise Trouble(f"only a mail has a page, {channel} has none: leave out --html or --channel")
    writer = _writer(templates, quotes=not no_quotes)
    for code in writer.languages if every else (language,):
        try:
            letter = writer.letter(job(purpose, ChannelName(channel), code, timezone, may_repeat=repeated))
        except UNREADABLE as error:
            raise Trouble(f"{purpose} cannot be written in {code}: {error}") from error
        if page:
            path = page.with_suffix(f".{letter.language}{page.suffix}") if every else page
            path.write_text(letter.html, encoding="utf-8")
        click.echo(_shown(letter, ChannelName(channel)))


def _writer(templates: Path | None, *, quotes: bool) -> Writer:
    policy = Policy(excerpt_in=frozenset({ChannelName.EMAIL}) if quotes else frozenset())
    try:
        return Writer(
            ("made-up",),
            "https://ombud.example",
            sms_replies=True,
            policy=lambda: policy,
            templates=templates,
            strict=True,
        )
    except (WrongTemplates, WrongCatalogue) as error:
        raise Trouble(str(error)) from error


def _shown(letter: Letter, channel: ChannelName) -> str:
    head = f"── {letter.language} · {channel.value} " + (
        f"· {len(letter.text)} characters " if not letter.subject else ""
    )
    lines = [head.ljust(78, "─")]
    lines += [f"Subject: {letter.subject}", ""] if letter.subject else []
    lines.append(letter.text.rstrip("\n"))
    lines += [f"[{button.label}]" for button in letter.buttons]
    for entry in letter.entries:
        lines += ["", entry.text, *(f"[{button.label}]" for button in entry.buttons)]
    return "\n".join([*lines, ""])
