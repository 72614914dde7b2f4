"""The PrometheusRule for Kubernetes: the same rules, and what the operator's schema takes; no API server was asked."""

import json
from pathlib import Path

import yaml
from jsonschema import Draft7Validator

from apidocs.__main__ import documents as all_documents
from apidocs.prometheusrule import PROJECT, RESOURCE, RULES, documents
from tests.monitoring.rulebook import rules

SCHEMA = Path(__file__).parents[1] / "deploy/crd-schemas/monitoring.coreos.com/prometheusrule_v1.json"


def test_it_holds_all_rules_as_they_are() -> None:
    made = yaml.safe_load((PROJECT / RESOURCE).read_text())
    assert [rule for group in made["spec"]["groups"] for rule in group["rules"]] == rules()


def test_the_schema_of_the_operator_takes_it() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = Draft7Validator(schema)
    made = yaml.safe_load((PROJECT / RESOURCE).read_text())
    assert [error.message for error in validator.iter_errors(made)] == []
    made["spec"]["groups"][0]["rules"][0] = {"record": "x:y:z"}
    assert not validator.is_valid(made)


def test_a_changed_rule_makes_the_checked_document_stale(tmp_path: Path) -> None:
    for path in (PROJECT / RULES).glob("*.yml"):
        changed = tmp_path / RULES / path.name
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.write_text(path.read_text().replace("> 60\n", "> 61\n"))
    assert documents(tmp_path)[RESOURCE] != (PROJECT / RESOURCE).read_text()
    assert all_documents()[RESOURCE] == (PROJECT / RESOURCE).read_text()
