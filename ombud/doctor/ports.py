"""Checks that the ports of a service are free for it, or already its own; of one that runs, that it can work."""

import re
from collections.abc import Iterator
from functools import partial

import requests

from ombud.doctor.finding import Check, Finding, Subject, fault, note, warning
from ombud.doctor.site import Service, Site
from ombud.local.ports import is_port_free

TIMEOUT = 3.0
_HOLDS = re.compile(r'^ombud_subscription_holding\{queue="([^"]+)"\} 1', re.MULTILINE)
PROXIES = {"http": "", "https": ""}  # one of the machine does not lead to our loopback


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        if service.settings is not None and not service.unusable & {"PORT", "OPS_PORT", "PORT_OFFSET"}:
            yield Check(Subject.PORTS, service.name, partial(look, service))


def look(service: Service) -> Iterator[Finding]:
    common = service.common
    host = "127.0.0.1" if common.host in ("0.0.0.0", "") else common.host  # asked, not listened on
    try:
        metrics = _metrics(f"http://{host}:{common.ops_port}")
    except requests.Timeout:
        yield _hangs(service.name, common.ops_port)
        return
    if (whose := _whose(metrics)) == service.name:
        yield from _readiness(f"http://{host}:{common.ops_port}", service.name)
        yield from _holding(metrics, service.name)
        return
    taken = [port for port in (common.port, common.ops_port) if not is_port_free(port)]
    if not taken:
        yield note("does not run here: its ports are free", "start it: python -m services.NAME, or `ombud run`")
    for port in taken:
        by = f"by {whose}" if whose and port == common.ops_port else "by another program"
        yield fault(
            f"port {port} is taken {by}", "stop that one, or set OMBUD_PORT, OMBUD_OPS_PORT or OMBUD_PORT_OFFSET"
        )


def _readiness(url: str, name: str) -> Iterator[Finding]:
    try:
        answer = requests.get(f"{url}/readyz", timeout=TIMEOUT, proxies=PROXIES)
    except requests.RequestException as error:
        yield fault(f"{name} runs and says nothing: {type(error).__name__}", "look into its log; restart it")
        return
    if not answer.ok:
        yield warning(f"{name} runs and is not ready: {answer.text.strip()}", "see what is said of its database")


def _holding(metrics: str, name: str) -> Iterator[Finding]:
    """A disk of PostgreSQL that is full shows nowhere else, as reading still works."""
    if held := _HOLDS.findall(metrics):
        yield fault(
            f"{name} cannot store what it reads from {', '.join(held)}, and keeps it waiting",
            f"see why in its log, at `holding`: is the disk of {name}'s database full, or may it only be read?",
        )


def _hangs(name: str, port: int) -> Finding:
    return fault(
        f"port {port} is taken and says nothing within {TIMEOUT:g} s: {name} hangs, or it is another program",
        f"keep the log of {name}, then restart it; another program: stop that one, or set OMBUD_OPS_PORT",
    )


def _metrics(url: str) -> str:
    """Empty where nobody is. Raises Timeout where one is silent."""
    try:
        return requests.get(f"{url}/metrics", timeout=TIMEOUT, proxies=PROXIES).text
    except requests.Timeout:
        raise
    except requests.RequestException:
        return ""


def _whose(metrics: str) -> str:
    """The service that these are of; empty for nobody, or somebody else."""
    line = next((line for line in metrics.splitlines() if line.startswith("ombud_build_info{")), "")
    return line.partition('service="')[2].partition('"')[0]
