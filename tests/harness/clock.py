"""Moves the clock of everything that reads its shift from a file (`shared.clock`)."""

import os
from datetime import timedelta
from pathlib import Path


def set_shift(file: Path, shift: timedelta) -> None:
    """In one step: a reader who came while the file was empty would see the clock jump back."""
    written = file.with_name(file.name + ".new")
    written.write_text(str(shift.total_seconds()))
    os.replace(written, file)
