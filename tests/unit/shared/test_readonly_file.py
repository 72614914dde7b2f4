"""A SQLite file that could only be read for a while is written to again, without a restart."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from shared.database import Database
from shared.errors import Fault, fault_of


def test_a_connection_that_may_only_read_is_not_used_again(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/file.sqlite", "routing")
    with db.transaction() as tx:
        tx.execute(text("CREATE TABLE kept (n INTEGER)"))
        tx.execute(text("PRAGMA query_only = ON"))  # as it is when the file could not be opened for writing
    with pytest.raises(OperationalError) as refused, db.transaction() as tx:
        tx.execute(text("INSERT INTO kept VALUES (1)"))
    assert fault_of(refused.value) is Fault.AWAY
    with db.transaction() as tx:
        tx.execute(text("INSERT INTO kept VALUES (2)"))
    with db.read() as tx:
        assert tx.connection.scalar(text("SELECT n FROM kept")) == 2
    db.close()
