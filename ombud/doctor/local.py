"""The variables of the services of a local run, which hands them to its processes and not to whoever asks."""

from collections.abc import Mapping
from pathlib import Path

from ombud import runfile
from ombud.environment import MAIL_FROM, SAMPLE_LAST_RESORT
from ombud.layout import SMTP_PORT, Folder
from shared.settings import PORTS


def variables(data_dir: Path, outer: Mapping[str, str]) -> dict[str, str]:
    """Those of the environment; what a run in this folder has beside them, where they say nothing."""
    given = {"OMBUD_DATA_DIR": str(data_dir.absolute())} | dict(outer)
    run = runfile.read(data_dir)
    if run is None:
        return given
    first = next(one for one in run.processes if one.replica == 1)
    offset = first.port - PORTS[first.service][0]
    keys = Folder(data_dir).link_keys
    decided = {
        "OMBUD_AMQP_URI": run.amqp_uri,
        "OMBUD_API_TOKEN": run.token,
        "OMBUD_PORT_OFFSET": str(offset),
        "OMBUD_MAIL_FROM": MAIL_FROM,
        "OMBUD_LAST_RESORT": SAMPLE_LAST_RESORT,
        **({"OMBUD_LINK_KEYS": keys.read_text().strip()} if keys.exists() else {}),
        **({"OMBUD_SMTP_URL": f"smtp://127.0.0.1:{SMTP_PORT + offset}"} if run.mailbox_url else {}),
    }
    return decided | {name: value for name, value in given.items() if value or name not in decided}
