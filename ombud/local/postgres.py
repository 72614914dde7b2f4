"""A private PostgreSQL on loopback, for tests, benchmarks and `ombud run` with PostgreSQL."""

import os
import secrets
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from ombud.local.errors import LocalError
from ombud.local.ports import require_free
from ombud.local.postgres_binaries import PostgresBinaries, find_postgres
from ombud.local.processes import Child, is_running, remember_pid
from ombud.local.server_user import can_reach, give_to, server_user

USER = "ombud"
_PATIENCE = 120.0
_STOP_WITHIN = 60.0  # it writes a checkpoint first
# Commits are still written before they are confirmed: what was confirmed survives a crash of the server.
_NOT_DURABLE = ("fsync=off", "full_page_writes=off")


class PrivatePostgres:
    """TCP on loopback only, no Unix socket; superuser `ombud` with a password drawn once for each data folder.

    The password (SCRAM) keeps out other users of the machine, who could run commands as us otherwise. As root the
    server runs as `nobody`; where `nobody` may not enter `data_dir`, `home` is a folder below /tmp that `stop()`
    removes, and `is_temporary` says so. `durable=False` is for tests: they may kill the server, but
    never pull the plug of the machine.
    """

    def __init__(self, data_dir: Path, port: int, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.home = self.data_dir
        self._durable = durable
        self._server: Child | None = None
        self._password = ""

    @property
    def pid(self) -> int | None:
        return self._server.pid if self._server else None

    @property
    def is_temporary(self) -> bool:
        return self.home != self.data_dir

    @property
    def is_alive(self) -> bool:
        return self._server is not None and self._server.is_alive

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg2://{USER}:{self._password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Returns when it takes connections; LocalError says why it cannot."""
        if pid := is_running(self.data_dir / "postgres.pid"):
            raise LocalError(f"PostgreSQL is already running in {self.data_dir} (pid {pid})")
        require_free([self.port], "PostgreSQL")
        binaries = find_postgres()
        self.home = _reachable(self.data_dir)
        try:
            self._start_in(self.home, binaries)
        except BaseException:  # also Ctrl-C: a half-started server must not stay
            self.stop()
            raise

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(_STOP_WITHIN)
        (self.home / "postgres.pid").unlink(missing_ok=True)
        if self.is_temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """`immediate` is a crash: connections break and the next start replays the log."""
        if self._server is None:
            raise LocalError("PostgreSQL was not started")
        self._server.stop(_STOP_WITHIN, signal.SIGQUIT if mode == "immediate" else signal.SIGINT)
        self._server.start()
        remember_pid(self.home / "postgres.pid", self._server.pid or 0)
        self._wait_until_ready(self._server)

    def create_database(self, name: str) -> str:
        """Returns its address."""
        quoted = name.replace('"', '""')
        self.psql(f'CREATE DATABASE "{quoted}"')
        return self.url(name)

    def psql(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """One statement, outside of a transaction; returns its rows."""
        connection = self._connect(database)
        try:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def _start_in(self, home: Path, binaries: PostgresBinaries) -> None:
        self._password = _password(home)
        if not (home / "data/PG_VERSION").exists():
            self._create_cluster(binaries, home)
        self._server = Child(
            "postgres",
            [binaries.program("postgres"), "-D", str(home / "data"), *self._settings()],
            _environment(binaries, home),
            home / "postgres.log",
            user=server_user(),
            # SIGTERM would wait for the last client to go (postgres(1), "smart shutdown").
            end_signal=signal.SIGINT,
        )
        self._server.start()
        remember_pid(home / "postgres.pid", self._server.pid or 0)
        self._wait_until_ready(self._server)

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=USER, password=self._password, dbname=database, connect_timeout=20
        )

    def _create_cluster(self, binaries: PostgresBinaries, home: Path) -> None:
        """Made beside its place and renamed, so that one half made is never started."""
        made = home / "data.new"
        shutil.rmtree(made, ignore_errors=True)
        command = [binaries.program("initdb"), "-D", str(made), "-U", USER, "--pwfile", str(home / "password")]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"] + ([] if self._durable else ["--no-sync"])
        init = Child("initdb", command, _environment(binaries, home), home / "initdb.log", user=server_user())
        init.start()
        if init.wait() != 0:
            raise LocalError(f"PostgreSQL could not make its data folder, see {init.log_path}: {init.log_tail(2)}")
        made.rename(home / "data")

    def _settings(self) -> list[str]:
        settings = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            "jit=off",
            *(() if self._durable else _NOT_DURABLE),
        ]
        return [part for setting in settings for part in ("-c", setting)]

    def _wait_until_ready(self, server: Child) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._connect("postgres").close()
                return
            except psycopg2.OperationalError as refused:
                if not server.is_alive or time.monotonic() > deadline:
                    raise LocalError(
                        f"PostgreSQL did not start, see {server.log_path}: {server.log_tail(3)}"
                    ) from refused
            time.sleep(0.05)


def _reachable(data_dir: Path) -> Path:
    """The folder itself, given to the server's user; or one below /tmp when that user could not enter it."""
    user = server_user()
    data_dir.mkdir(parents=True, exist_ok=True)
    home = (
        data_dir if can_reach(user, data_dir.parent) else Path(tempfile.mkdtemp(prefix="ombud-postgres-", dir="/tmp"))
    )
    give_to(user, home)
    home.chmod(0o700)
    return home


def _password(home: Path) -> str:
    path = home / "password"
    if not path.exists():
        path.write_text(secrets.token_hex(16))
        path.chmod(0o400)
        give_to(server_user(), path)
    return path.read_text()


def _environment(binaries: PostgresBinaries, home: Path) -> dict[str, str]:
    path = f"{binaries.folder}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(home), "LC_ALL": "C", "TMPDIR": os.environ.get("TMPDIR", "/tmp"), **binaries.env}
