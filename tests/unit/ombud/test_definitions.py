"""Definitions for a broker are made of passwords that are there, and of nothing else."""

from pathlib import Path

import pytest

from ombud.definitions import definitions
from ombud.trouble import Trouble


@pytest.mark.parametrize(
    ("name", "text", "reason"), [("intake", "x", "no file named after a user"), ("ombud-intake", "\n", "no password")]
)
def test_a_folder_without_passwords_is_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Trouble, match=reason):
        definitions(["--passwords", str(tmp_path)], standalone_mode=False)
