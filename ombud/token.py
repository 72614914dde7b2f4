"""`ombud token`: draws a token for a person or a system; only its hash goes into the settings."""

import secrets

import click

from ombud.trouble import Trouble
from shared.tokens import MAX_NAME, SCOPES, digest


@click.command(short_help="Draw a token for a person or a system.")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    required=True,
    help="What the token may do; can be given several times.",
)
def token(name: str, scopes: tuple[str, ...]) -> None:
    """Draw a token for NAME and print its entry for OMBUD_API_TOKENS.

    NAME is written into what its holder does: a person's id or a system's name.
    """
    drawn = secrets.token_urlsafe(32)
    click.echo(f"token (shown once): {drawn}")
    click.echo(f"entry for OMBUD_API_TOKENS (comma separated): {settings_entry(name, scopes, drawn)}")


def settings_entry(name: str, scopes: tuple[str, ...], drawn: str) -> str:
    """The form that shared.tokens reads: name:scope+scope:sha256."""
    if not name or any(mark in name for mark in ":,+ "):
        raise Trouble(f"the name {name!r} may not be empty nor hold a colon, comma, plus or space")
    if len(name) > MAX_NAME:
        raise Trouble(f"the name has {len(name)} characters; at most {MAX_NAME} are kept of who did something")
    return f"{name}:{'+'.join(dict.fromkeys(scopes))}:{digest(drawn)}"
