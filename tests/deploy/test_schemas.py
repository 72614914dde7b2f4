"""Every rendered resource is what Kubernetes, or the operator that defines its kind, takes; nothing is misspelt."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.deploy.rendered import OVERLAYS, Resource, label, of_kind, rendered

SCHEMAS = __file__.rpartition("/")[0] + "/crd-schemas"
# The oldest that README.md promises, and the newest that the validator knows.
VERSIONS = ("1.30", "1.37")


def is_custom(resource: Resource) -> bool:
    """Kinds of operators have a group with a domain that is not Kubernetes' own."""
    group, slash, _ = resource["apiVersion"].partition("/")
    return bool(slash) and "." in group and not group.endswith(".k8s.io")


@cache
def schema_of(api_version: str, kind: str) -> Mapping[str, Any]:
    group, _, version = api_version.partition("/")
    with open(f"{SCHEMAS}/{group}/{kind.lower()}_{version}.json") as file:
        loaded: Mapping[str, Any] = json.load(file)
        return loaded


def faults(resource: Resource) -> list[str]:
    validator = jsonschema.Draft7Validator(schema_of(resource["apiVersion"], resource["kind"]))
    return [f"{label(resource)}: {error.json_path}: {error.message}" for error in validator.iter_errors(resource)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_takes_it(overlay: str, version: str) -> None:
    own = [r for r in rendered(overlay) if not is_custom(r)]
    assert len(own) > 20
    for resource in own:
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_operators_take_it(overlay: str) -> None:
    assert [fault for r in rendered(overlay) if is_custom(r) for fault in faults(r)] == []


def test_local_needs_no_operator() -> None:
    assert [label(r) for r in rendered("local") if is_custom(r)] == []


def test_a_misspelt_field_is_noticed_in_each_kind() -> None:
    """The schemas refuse what they do not know; else the tests above would say nothing."""
    one_of_each = {r["kind"]: r for r in rendered("production") if "spec" in r}
    for resource in one_of_each.values():
        wrong = copy.deepcopy(resource)
        wrong["spec"]["replicsa"] = 3
        if is_custom(wrong):
            assert faults(wrong), label(wrong)
        else:
            with pytest.raises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_everything_is_in_the_namespace_and_named_once(overlay: str) -> None:
    names = [(r["kind"], r["metadata"]["name"]) for r in rendered(overlay)]
    assert sorted(names) == sorted(set(names))
    (namespace,) = of_kind(overlay, "Namespace")
    for resource in rendered(overlay):
        if resource is not namespace:
            assert resource["metadata"].get("namespace") == namespace["metadata"]["name"], label(resource)
