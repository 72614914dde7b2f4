"""Asks RabbitMQ's management API for alarms and lost nodes, if its URL was given."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import requests

from ombud.doctor.finding import Check, Finding, Subject, fault, warning
from ombud.doctor.site import Site

TIMEOUT = 5.0
# https://www.rabbitmq.com/docs/monitoring#health-checks
_ALARMS, _NODES = "/api/health/checks/alarms", "/api/nodes"


def checks(site: Site) -> Iterator[Check]:
    if site.management_url:
        yield Check(Subject.BROKER, "", partial(look, site.management_url.rstrip("/")))


def look(url: str) -> Iterator[Finding]:
    try:
        alarms, nodes = (requests.get(url + path, timeout=TIMEOUT) for path in (_ALARMS, _NODES))
    except requests.RequestException as error:
        yield fault(f"the management API does not answer: {type(error).__name__}", "look at --management-url")
        return
    if nodes.status_code in (401, 403):
        yield fault("the management API refuses the login", "name a user with the tag `monitoring` in --management-url")
        return
    if not nodes.ok:  # which of the two does not depend on whether an alarm is on
        yield fault(
            f"the management API cannot be asked: status {nodes.status_code}", "look at --management-url, and its path"
        )
        return
    if alarms.status_code == requests.codes.service_unavailable:
        reason = _json(alarms).get("reason", "an alarm")
        yield fault(f"the broker takes no messages: {reason}", "rabbitmq-diagnostics alarms; free disk or memory")
    for node in _json(nodes):
        if not node.get("running"):
            yield fault(f"the broker's node {node.get('name')} does not run", "start it: quorum queues need most nodes")
        if node.get("partitions"):
            yield warning(f"the node {node.get('name')} does not see all others", "look at the network between them")


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return {}
