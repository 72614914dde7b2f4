"""The private PostgreSQL: a real server, started, crashed and stopped."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
import sqlalchemy

from ombud.local.errors import LocalError
from ombud.local.ports import free_ports, is_port_free
from ombud.local.postgres import PrivatePostgres
from tests.harness.process import PATIENCE


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(tmp_path / "postgres", free_ports(1)[0])
    server.start()
    yield server
    server.stop()


def test_url_opens_the_new_database(postgres: PrivatePostgres) -> None:
    url = postgres.create_database("intake tests")
    with sqlalchemy.create_engine(url).connect() as connection:
        assert connection.scalar(sqlalchemy.text("select current_database()")) == "intake tests"


def test_wrong_password_is_refused(postgres: PrivatePostgres) -> None:
    url = sqlalchemy.make_url(postgres.url()).set(password="guessed")
    with pytest.raises(sqlalchemy.exc.OperationalError, match="password authentication failed"):
        sqlalchemy.create_engine(url).connect()


def test_committed_row_survives_a_crash(postgres: PrivatePostgres) -> None:
    postgres.psql("create table kept as select 1 as one")
    before = postgres.pid
    postgres.restart("immediate")
    assert postgres.psql("select one from kept") == [(1,)]
    assert postgres.pid != before
    assert "was not properly shut down" in (postgres.home / "postgres.log").read_text()


def test_only_loopback_is_open(postgres: PrivatePostgres) -> None:
    doors = [tuple(each.laddr) for each in psutil.net_connections("tcp") if each.status == "LISTEN"]
    assert [host for host, port in doors if port == postgres.port] == ["127.0.0.1"]
    assert postgres.psql("show unix_socket_directories") == [("",)]


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_disk_is_trusted_only_when_durability_is_given_up(tmp_path: Path, durable: bool, fsync: str) -> None:
    server = PrivatePostgres(tmp_path, free_ports(1)[0], durable=durable)
    server.start()
    try:
        assert server.psql("show fsync") == [(fsync,)]
    finally:
        server.stop()


def test_stop_leaves_nothing_behind(postgres: PrivatePostgres) -> None:
    server = psutil.Process(postgres.pid)
    started = [server, *server.children(recursive=True)]
    postgres.stop()
    assert psutil.wait_procs(started, timeout=PATIENCE)[1] == []
    assert is_port_free(postgres.port)
    assert not postgres.is_temporary or not postgres.home.exists()


def test_start_after_stop_works(postgres: PrivatePostgres) -> None:
    postgres.stop()
    postgres.start()
    assert postgres.psql("select 1") == [(1,)]


def test_second_start_in_the_same_folder_names_the_first() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        first = PrivatePostgres(Path(folder) / "postgres", free_ports(1)[0])
        first.start()
        try:
            with pytest.raises(LocalError, match=rf"already running .*\(pid {first.pid}\)"):
                PrivatePostgres(first.data_dir, free_ports(1)[0]).start()
        finally:
            first.stop()


def test_taken_port_is_named(postgres: PrivatePostgres, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"PostgreSQL needs port {postgres.port}, "):
        PrivatePostgres(tmp_path / "second", postgres.port).start()
