"""Fetches and unpacks Debian packages without root, beside the machine's own package database; for packages.py."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ombud.local.progress import Report

_SUITE = re.compile(
    r"(?:bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing)(-updates|-security)?(?:/updates)?"
)
_NOT_NEEDED = ("doc", "man", "lintian", "locale")


class AptFailure(Exception):
    """The packages could not be fetched or unpacked; the text is the shortest reason there is."""


def missing_tool() -> str | None:
    return next((tool for tool in ("apt-get", "dpkg", "dpkg-deb") if shutil.which(tool) is None), None)


def architecture() -> str:
    """Debian's name for this machine's kind, such as amd64."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def fetch_and_unpack(packages: Sequence[str], suite: str, target: Path, report: Report) -> None:
    """Put the files of `packages` from Debian `suite` below `target`, an empty folder; nothing else is left behind."""
    work = target.with_name(target.name + ".apt")
    try:
        options = _private_apt(work, suite)
        report("reading package lists", 0.05)
        # A third-party source that does not know the suite fails here and does no harm: the download decides.
        refused = _run(["apt-get", *options, "update"], work)
        report(f"fetching {len(packages)} packages", 0.25)
        _download(options, packages, work, report)
        for done, archive in enumerate(archives := sorted((work / "debs").glob("*.deb"))):
            report("unpacking", 0.75 + 0.25 * done / len(archives))
            if failure := _run(["dpkg-deb", "-x", str(archive), str(target)], work):
                raise AptFailure(failure)
        if not archives:
            raise AptFailure(refused or "no package came")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for folder in _NOT_NEEDED:
        shutil.rmtree(target / "usr/share" / folder, ignore_errors=True)


def _private_apt(work: Path, suite: str) -> list[str]:
    for folder in ("lists/partial", "cache/archives/partial", "sources", "debs"):
        (work / folder).mkdir(parents=True)
    if not write_sources(work / "sources", suite):
        raise AptFailure("this machine has no Debian package source")
    settings = {
        "Dir::State::lists": f"{work}/lists",
        "Dir::Cache": f"{work}/cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": f"{work}/sources",
        "APT::Sandbox::User": "",
        "APT::Default-Release": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    return ["-qq", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]


def _download(options: Sequence[str], packages: Sequence[str], work: Path, report: Report) -> None:
    command = ["apt-get", *options, "-o", "APT::Status-Fd=1", "download", *packages]
    with (work / "errors").open("wb") as errors:
        apt = subprocess.Popen(
            command, cwd=work / "debs", env=_english(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
        with apt:
            for line in apt.stdout or ():  # dlstatus:<n>:<percent>:<text>, apt's doc/progress-reporting
                parts = line.split(b":")
                if parts[0] == b"dlstatus" and len(parts) > 2:
                    report(f"fetching {len(packages)} packages", 0.25 + 0.5 * float(parts[2]) / 100)
    if apt.returncode != 0:
        raise AptFailure(_first_error((work / "errors").read_text(errors="replace")))


def _run(command: Sequence[str], work: Path) -> str | None:
    """The first error of the command, or None when it went well."""
    done = subprocess.run(
        command, check=False, cwd=work, env=_english(), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return None if done.returncode == 0 else _first_error(done.stderr)


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E: ") for line in lines if not line.startswith("W:")]
    return (errors or lines or ["it gave no reason"])[0][:200]


def _english() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


def write_sources(folder: Path, suite: str) -> bool:
    """The machine's own package sources, turned to `suite`: its mirror, its proxy and its keys stay in force."""
    etc = _configuration()
    lines = [line for path in _readable(etc, "*.list") for line in _turned_lines(path.read_text(), suite)]
    stanzas = [stanza for path in _readable(etc, "*.sources") for stanza in _turned_stanzas(path.read_text(), suite)]
    (folder / "debian.list").write_text("".join(f"{line}\n" for line in lines))
    (folder / "debian.sources").write_text("".join(f"{stanza}\n\n" for stanza in stanzas))
    return bool(lines or stanzas)


def _configuration() -> Path:
    """Where apt looks for its own: /etc/apt, unless APT_CONFIG names another place."""
    asked = subprocess.run(["apt-config", "shell", "ETC", "Dir::Etc/d"], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip().removeprefix("ETC='").removesuffix("'"))


def _readable(etc: Path, pattern: str) -> Iterator[Path]:
    paths: Iterable[Path] = [*etc.glob(pattern), *sorted((etc / "sources.list.d").glob(pattern))]
    return (path for path in paths if os.access(path, os.R_OK))


def _turned_lines(text: str, suite: str) -> Iterator[str]:
    """One-line sources, `deb [options] URI suite component…` (sources.list(5))."""
    for line in text.splitlines():
        found = re.match(r"(deb\s+(?:\[[^]]*]\s+)?\S+)\s+(\S+)\s+(.*\bmain\b.*)", line.strip())
        if found and (known := _SUITE.fullmatch(found[2])):
            yield f"{found[1]} {suite}{known[1] or ''} main"


def _turned_stanzas(text: str, suite: str) -> Iterator[str]:
    """deb822 sources: a stanza counts when it offers `main` of a Debian suite."""
    for stanza in re.split(r"\n\s*\n", text):
        suites = re.search(r"(?mi)^Suites:\s*(.+)$", stanza)
        known = [_SUITE.fullmatch(name) for name in suites[1].split()] if suites else []
        offered = re.search(r"(?mi)^Components:.*\bmain\b", stanza)
        disabled = re.search(r"(?mi)^Enabled:\s*(no|false|0)", stanza)
        names = " ".join(f"{suite}{match[1] or ''}" for match in known if match)
        if names and offered and not disabled:
            turned = re.sub(r"(?mi)^Suites:.*$", f"Suites: {names}", stanza.strip("\n"))
            turned = re.sub(r"(?mi)^Types:.*$", "Types: deb", turned)
            yield re.sub(r"(?mi)^Components:.*$", "Components: main", turned)
