"""docker/kubernetes: every manifest is valid by the schema of Kubernetes, complete, restricted, and about things that exist."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from api.metrics import METRICS
from core.heartbeats import STUCK_AFTER
from tests.doc_samples import blocks_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docker/kubernetes"
DEFINITIONS = json.loads((ROOT / "tests/standards/kubernetes-1.33/definitions.json").read_text())
SETTINGS = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
Manifest = dict[str, Any]


def documents(path: Path) -> list[Manifest]:
    return [dict(one) for one in YAML(typ="safe").load_all(path.read_text())]


def files() -> list[Path]:
    return [path for path in sorted(FOLDER.rglob("*.yaml")) if path.name != "kustomization.yaml"]


MANIFESTS = [one for path in files() for one in documents(path)]


def kind_of(manifest: Manifest) -> str:
    """Return the name of the definition that a manifest has to fit."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    wanted = {"group": group, "kind": manifest["kind"], "version": version}
    return next(name for name, one in DEFINITIONS["$defs"].items() if wanted in one.get("x-kubernetes-group-version-kind", ()))


def faults(manifest: Manifest) -> list[str]:
    schema = {"$ref": f"#/$defs/{kind_of(manifest)}", "$defs": DEFINITIONS["$defs"]}
    return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(manifest)]


def pods() -> Iterator[tuple[str, Manifest]]:
    """Yield name and specification of the pods of each workload."""
    for one in MANIFESTS:
        spec = one.get("spec", {})
        spec = spec["jobTemplate"]["spec"] if one["kind"] == "CronJob" else spec
        if "template" in spec:
            yield one["metadata"]["name"], spec["template"]["spec"]


PODS = dict(pods())


def named(kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in MANIFESTS if one["kind"] == kind}


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_every_manifest_fits_the_schema(manifest: Manifest) -> None:
    assert faults(manifest) == []


def test_a_misspelt_field_and_a_wrong_value_are_found() -> None:
    found = faults({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"maxUnavailabel": 1, "selector": "web"}})

    assert len(found) == 2


def test_every_file_is_applied_and_has_the_version_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    applied: set[Path] = set()
    for path in FOLDER.rglob("kustomization.yaml"):
        (found,) = documents(path)
        applied |= {path.parent / name for name in found["resources"]}
        assert found["images"] == [{"name": "fingerpost", "newTag": version}]

    assert applied == set(files())


def test_each_role_has_a_workload_that_starts_it() -> None:
    roles = set(re.findall(r"^  ([a-z]+)\)$", (ROOT / "docker/entrypoint.sh").read_text(), re.M))

    assert {pod["containers"][0]["args"][0] for pod in PODS.values()} == roles
    assert set(PODS) == {"web", "console", "worker", "beat", "migrate", "backup", "unregistered"}


@pytest.mark.parametrize("name", PODS)
def test_no_pod_has_a_right_that_it_does_not_need(name: str) -> None:
    pod = PODS[name]
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    # A Service called web would put WEB_PORT and others into the environment.
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"requests", "limits"} <= container["resources"].keys()
    mounted, known = {one["name"] for one in container["volumeMounts"]}, {one["name"] for one in pod.get("volumes", ())}
    assert mounted - known <= {"state"}
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]


def test_probes_ask_what_tells_whether_a_process_works() -> None:
    web, console = (PODS[name]["containers"][0] for name in ("web", "console"))

    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert {one["livenessProbe"]["httpGet"]["path"] for one in (web, console)} == {"/healthz"}
    for role in STUCK_AFTER:
        probe = PODS[role]["containers"][0]["livenessProbe"]
        assert probe["exec"]["command"] == ["python", "-m", "core.heartbeats", role]


def test_what_serves_or_sends_survives_a_drained_machine_and_grows() -> None:
    workloads = named("Deployment") | named("StatefulSet")
    for name, budget in named("PodDisruptionBudget").items():
        assert budget["spec"]["selector"] == workloads[name]["spec"]["selector"]
    scalers = named("HorizontalPodAutoscaler")
    for name, scaler in scalers.items():
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) == (workloads[name]["kind"], name)
        assert scaler["spec"]["minReplicas"] >= 2
        # A number there would be set back with every apply.
        assert "replicas" not in workloads[name]["spec"]
    (metric,) = scalers["worker"]["spec"]["metrics"]

    assert set(named("PodDisruptionBudget")) == {"web", "console", "worker"}
    assert set(scalers) == {"web", "worker"}
    assert metric["external"]["metric"]["name"] in METRICS


def test_every_setting_exists_and_no_secret_is_in_a_manifest() -> None:
    data = named("ConfigMap")["fingerpost"]["data"]
    given = set(data) | {one["name"] for pod in PODS.values() for one in pod["containers"][0].get("env", ())}

    assert given <= SETTINGS
    assert not given & {"SECRET_KEY", "ADDRESS_KEYS", "DATABASE_PASSWORD", "METRICS_TOKEN", "BROKER_URL", "CACHE_URL"}
    assert "Secret" not in {one["kind"] for one in MANIFESTS}
    # The owner's password is where the tables are changed, and nowhere else.
    owners = [
        name for name, pod in PODS.items() if {"secretRef": {"name": "fingerpost-owner"}} in pod["containers"][0]["envFrom"]
    ]
    assert owners == ["migrate"]


def test_the_commands_of_the_page_name_what_the_manifests_have() -> None:
    commands = "\n".join(one.text for one in blocks_of(ROOT / "docs/kubernetes.md")).replace("\\\n", " ")
    kinds = {"deploy": "Deployment", "statefulset": "StatefulSet", "job": "Job", "hpa": "HorizontalPodAutoscaler"}
    there = {(one["kind"], one["metadata"]["name"]) for one in MANIFESTS}
    given = {
        name: set(re.findall(r"--from-literal=(\w+)=|--from-file=([\w.-]+)", line))
        for line in commands.splitlines()
        for name in re.findall(r"create secret generic (\S+)", line)
    }

    named = {(kinds[kind], name) for kind, name in re.findall(r"\b(deploy|statefulset|job)/([a-z]+)", commands)}
    for kind, names in re.findall(r"delete (hpa|job) ([a-z ]+?)(?= --|$)", commands, re.M):
        named |= {(kinds[kind], name) for name in names.split()}
    assert len(named) >= 7
    assert named - there == set()
    text = json.dumps(MANIFESTS)
    assert given.keys() == set(re.findall(r'"secretRef": {"name": "([a-z-]+)"', text)) | set(
        re.findall(r'"secretName": "([a-z-]+)"', text)
    )
    settings = {literal for name in ("fingerpost", "fingerpost-owner") for literal, _ in given[name]}
    assert {"SECRET_KEY", "ADDRESS_KEYS", "DATABASE_PASSWORD"} <= settings <= SETTINGS
