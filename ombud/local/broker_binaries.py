"""Finds RabbitMQ and Erlang for broker.py: the installed ones, else Debian's, unpacked."""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ombud.local import apt
from ombud.local.errors import LocalError
from ombud.local.packages import LOADER, MULTIARCH, Bundle, unpacked

ADVICE = "install rabbitmq-server (apt-get install rabbitmq-server) or give --amqp-uri"
_ERLANG = (
    "base asn1 crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools tftp"
    " tools xmerl"
)
_PACKAGES = ("rabbitmq-server", *(f"erlang-{part}" for part in _ERLANG.split()))
# Debian 13's files need a newer C library than Debian 12 has; theirs comes along and is used by these files only.
_C_LIBRARY = "libc6 libstdc++6 libgcc-s1 libtinfo6 zlib1g libssl3t64 libsystemd0 libcap2 libzstd1"


@dataclass(frozen=True)
class BrokerBinaries:
    """`home` is RabbitMQ's folder with sbin/ and plugins/, `erlang` the folder with erl and epmd."""

    home: Path
    erlang: Path
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", self.home.name.rpartition("-")[2])[:3])

    def script(self, name: str) -> str:
        return str(self.home / "sbin" / name)


def find_broker(version: str) -> BrokerBinaries:
    """`version` is "3.10", for that or later, or "4", for 4.x only."""
    if version not in _BUNDLES:
        raise LocalError(f"no private RabbitMQ {version}: choose 3.10 or 4")
    installed = _installed()
    if installed is not None and _fits(installed.version, version):
        return installed
    return _in_bundle(unpacked(_BUNDLES[version]))


def _fits(found: tuple[int, ...], wanted: str) -> bool:
    return found >= (3, 10) if wanted == "3.10" else found[:1] == (4,)


def _installed() -> BrokerBinaries | None:
    """The files of an installed broker, not the /usr/sbin wrapper, which insists on the user rabbitmq."""
    erl = shutil.which("erl") or shutil.which("/usr/lib/erlang/bin/erl")
    homes = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*"))
    if on_path := shutil.which("rabbitmq-server"):
        homes.append(Path(on_path).resolve().parent.parent)
    homes = [
        home for home in homes if (home / "plugins").is_dir() and os.access(home / "sbin/rabbitmq-server", os.X_OK)
    ]
    return BrokerBinaries(homes[-1], Path(erl).resolve().parent) if homes and erl else None


def _in_bundle(root: Path) -> BrokerBinaries:
    machine = apt.architecture()
    home = next((root / "usr/lib/rabbitmq/lib").glob("rabbitmq_server-*"))
    loader = root / "usr/lib" / MULTIARCH[machine] / LOADER[machine]
    env = {"ERL_ROOTDIR": str(root / "usr/lib/erlang"), "OMBUD_LOADER": str(loader)}
    return BrokerBinaries(home, root / "usr/lib/erlang/bin", MappingProxyType(env))


def _take_root_from_environment(root: Path) -> None:
    """Debian wrote /usr/lib/erlang into the start scripts; upstream's ERL_ROOTDIR lets the folder be moved."""
    erlang = root / "usr/lib/erlang"
    for script in [*erlang.glob("bin/*"), *erlang.glob("erts-*/bin/*")]:
        if script.is_symlink() or not script.read_bytes().startswith(b"#!"):
            continue
        text = script.read_text().replace("ROOTDIR=/usr/lib/erlang", 'ROOTDIR="${ERL_ROOTDIR:-/usr/lib/erlang}"')
        script.write_text(text)


def _run_under_own_loader(root: Path) -> None:
    """Start each program through the C library that came with it, found by OMBUD_LOADER, so the folder can be moved."""
    _take_root_from_environment(root)
    erlang = root / "usr/lib/erlang"
    for program in [*erlang.glob("bin/*"), *erlang.glob("erts-*/bin/*"), *erlang.glob("lib/*/priv/bin/*")]:
        if program.is_symlink() or not program.read_bytes().startswith(b"\x7fELF"):
            continue
        real = program.with_name(program.name + ".real")
        program.rename(real)
        program.write_text(
            '#!/bin/sh\nexec "$OMBUD_LOADER" --argv0 "$0" --library-path "${OMBUD_LOADER%/*}" '
            f'"$ERL_ROOTDIR/{real.relative_to(erlang)}" "$@"\n'
        )
        program.chmod(0o755)


_BUNDLES = {
    "3.10": Bundle(
        name="rabbitmq",
        suite="bookworm",
        packages=_PACKAGES,
        title="RabbitMQ 3.10 (Debian 12 packages, 34 MB)",
        advice=ADVICE,
        prepare=_take_root_from_environment,
    ),
    "4": Bundle(
        name="rabbitmq",
        suite="trixie",
        packages=(*_PACKAGES, *_C_LIBRARY.split()),
        title="RabbitMQ 4.0 (Debian 13 packages, 46 MB)",
        advice=ADVICE,
        prepare=_run_under_own_loader,
        revision=2,
    ),
}
