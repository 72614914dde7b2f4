"""Checks every file that a service reads at start beside its settings: policies, rules, sources, texts of alerts."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ombud.doctor.finding import Check, Finding, Subject, fault, warning
from ombud.doctor.site import Service, Site
from services.notify.lines import OWN as OWN_PROVIDERS
from services.notify.texts.rendering import writer_of
from shared.settings import WrongSettings

MOST = 10
Read = Callable[[Any], Any]


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        if service.settings is not None:
            for read in _READ[service.name]:
                yield Check(Subject.POLICIES, service.name, partial(look, service, read))


def look(service: Service, read: Read) -> Iterator[Finding]:
    """Each mistake with its file and line, as the service itself would say it."""
    try:
        read(service.settings)
    except (ValueError, OSError) as error:
        lines = [*getattr(error, "mistakes", ()), *(() if getattr(error, "mistakes", ()) else str(error).splitlines())]
        for line in lines[:MOST]:
            yield fault(str(line), f"mend the file ({service.name} does not start with it, and keeps what it has read)")
        if len(lines) > MOST:
            yield fault(f"and {len(lines) - MOST} mistakes more", "mend the first ones, and look again")
    else:
        if read is _alerting:
            yield from _limits_of_nobody(service.settings)


def _limits_of_nobody(settings: Any) -> Iterator[Finding]:
    known = OWN_PROVIDERS.union(getattr(p, "name", "") for p in settings.sms_providers)
    for name in _alerting(settings).limited_but(known):
        yield warning(f"limits.provider.{name} limits nobody: there is no such provider", "look at how it is written")


# Imported when asked for: a container of one service need not have what the others need.
def _rules(settings: Any) -> Any:
    from services.intake.classify import Classifier

    return Classifier.load(settings.rules_dir)


def _sources(settings: Any) -> Any:
    from services.intake.settings import secret_env
    from services.intake.sources import accountfile

    return accountfile.load(settings.sources, secret_env)


def _routing(settings: Any) -> Any:
    from services.routing.policy import policyfile

    return policyfile.read(settings.policy_file)


def _ladders(settings: Any) -> Any:
    from services.escalation.policy import policyfile

    return policyfile.read(settings.policy)


def _alerting(settings: Any) -> Any:
    from services.notify import policyfile

    return policyfile.read(settings.policy_file)


def _texts(settings: Any) -> Any:
    if not settings.link_keys:
        raise WrongSettings("OMBUD_LINK_KEYS is empty, so no link can be written")
    return writer_of(settings, lambda: _alerting(settings))


_READ: dict[str, tuple[Read, ...]] = {
    "intake": (_rules, _sources),
    "routing": (_routing,),
    "escalation": (_ladders,),
    "notify": (_alerting, _texts),
}
