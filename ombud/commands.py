"""The commands under `ombud`, in the order of the help; called by main.py.

A command of one file is that file; one of several is a folder of its name, read from command.py on.
"""

from importlib import import_module

import click

COMMANDS = {
    "demo": "ombud.run.command",
    "run": "ombud.run.command",
    "send": "ombud.send.command",
    "status": "ombud.status.command",
    "doctor": "ombud.doctor.command",
    "roster": "ombud.roster.command",
    "test-alert": "ombud.testalert",
    "forget": "ombud.forget",
    "bounce": "ombud.bounce",
    "rules": "ombud.rules",
    "policy": "ombud.policy.command",
    "template": "ombud.template.command",
    "deadletters": "ombud.deadletters.command",
    "outbox": "ombud.outbox",
    "audit": "ombud.audit",
    "eval": "ombud.eval.command",
    "migrate": "ombud.migrate.command",
    "topology": "ombud.topology",
    "definitions": "ombud.definitions",
    "token": "ombud.token",
    "serve": "ombud.serve",
}


_FUNCTIONS = {"eval": "evaluate", "test-alert": "test_alert"}  # where the command's name is none in Python, or taken


class Commands(click.Group):
    """Imports a command when it is asked for: `ombud status` does not wait for the database libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="ombud", message="ombud %(version)s")
def cli() -> None:
    """Ombud takes in complaints and makes sure that the severe ones reach a supervisor who answers.

    Start with `ombud demo` (feeds sample complaints, counts what became of them, stops) or `ombud run` (stays until
    Ctrl-C). Most options can be set by an environment variable, which their help names.
    """
