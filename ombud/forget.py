"""`ombud forget`: erases a customer by way of the running intake, which tells the other services to."""

from pathlib import Path

import click
import requests

from ombud import options
from ombud.doors import Answer, Doors
from ombud.options import option
from ombud.trouble import Trouble

DOOR = "/v1/customers/forget"
PATIENCE = 120.0  # seconds: all that is put aside is looked through


@click.command(short_help="Erase what is known of a customer.")
@click.option("--customer", "ref", default="", metavar="REF", help="The customer's reference upstream.")
@click.option("--email", default="", metavar="ADDRESS", help="Complaints that carry this address, too.")
@click.option("--phone", default="", metavar="NUMBER", help="Complaints that carry this number, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
@option("--token", env="OMBUD_API_TOKEN", default="", help="A token with the scope operator; else the local run's.")
@option("--intake-url", env="OMBUD_INTAKE_URL", default="", help="For an intake elsewhere; else the local run's.")
def forget(data_dir: Path, token: str, intake_url: str, yes: bool, **names: str) -> None:
    """Erase all complaints of a customer, everywhere: texts, names, addresses, excerpts. It cannot be undone.

    Ids, categories, severities and times stay, for the statistics. Mails that have left are not called back.
    """
    named = {field: value.strip() for field, value in names.items() if value.strip()}
    if not named:
        raise Trouble("say whom to forget: --customer REF, --email ADDRESS or --phone NUMBER")
    doors = options.doors_to(("intake",), data_dir, token, {"intake_url": intake_url})
    if not yes:
        whom = ", ".join(f"{field} {value}" for field, value in named.items())
        click.confirm(f"Erase everything about the customer with {whom}? It cannot be undone.", abort=True, err=True)
    click.echo(said(erased(doors, named).body))


def said(counts: dict[str, int]) -> str:
    """What was erased, on one line."""
    what = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in counts.items())
    return f"erased: {what}" if any(counts.values()) else "nothing is known of this customer"


def erased(doors: Doors, named: dict[str, str]) -> Answer:
    """What intake says that it erased. Raises Trouble."""
    try:
        answer = doors.post("intake", DOOR, named, PATIENCE)
    except requests.ReadTimeout as error:
        why = f"intake at {doors.urls['intake']} has not answered for {PATIENCE:.0f} s"
        raise Trouble(f"{why}: it may have forgotten the customer, or will; doing it again is harmless") from error
    except requests.RequestException as error:
        raise Trouble(f"intake does not answer at {doors.urls['intake']}: {type(error).__name__}") from error
    if answer.status in (401, 403):
        raise Trouble(f"intake refuses the token: {answer.errors[0][1]}; give another with --token")
    if not answer.is_ok:
        raise Trouble(f"intake could not forget the customer: {answer.errors[0][1]}")
    return answer
