"""Alarms and dashboard: about metrics that exist, in the runbook, and raised in the situations that they are for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.metrics import METRICS
from tests.doc_samples import sample

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docker/prometheus"
RULES = FOLDER / "fingerpost.yaml"
SITUATIONS = ("fingerpost_test.yaml", "fingerpost_days_test.yaml")
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus is not installed")


def rules() -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load(RULES.read_text())["groups"][0]["rules"])


def expressions() -> Iterator[str]:
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def metrics_in(texts: Iterator[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"fingerpost_\w+", text)}


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_alarm_is_about_a_metric_that_exists_and_has_a_section_in_the_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.M)

    assert [rule["alert"] for rule in rules()] == headings
    assert metrics_in(rule["expr"] for rule in rules()) <= set(METRICS)
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}


def test_the_dashboard_shows_every_metric() -> None:
    assert metrics_in(expressions()) == set(METRICS)


def test_each_alarm_has_a_situation_that_raises_it() -> None:
    situations = [test for name in SITUATIONS for test in YAML(typ="safe").load((FOLDER / name).read_text())["tests"]]
    raised = {one["alertname"] for test in situations for one in test.get("alert_rule_test", ()) if one["exp_alerts"]}

    assert raised == {rule["alert"] for rule in rules()}


@needs_promtool
def test_prometheus_accepts_the_rules() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", RULES.name)


@needs_promtool
def test_prometheus_accepts_the_configuration_of_the_runbook(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    token = tmp_path / "token"
    token.touch()
    text = sample("docs/runbook.md", "Runbook", "yaml").replace("/etc/prometheus/fingerpost-token", str(token))
    (tmp_path / "prometheus.yaml").write_text(text, encoding="utf-8")

    assert f"{len(rules())} rules found" in promtool("check", "config", str(tmp_path / "prometheus.yaml"))


@needs_promtool
def test_the_alarms_are_raised_in_their_situations_and_in_no_other() -> None:
    assert promtool("test", "rules", *SITUATIONS).count("SUCCESS") == len(SITUATIONS)


@needs_promtool
def test_prometheus_understands_every_panel_of_the_dashboard(tmp_path: Path) -> None:
    recorded = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions())]
    (tmp_path / "panels.yaml").write_text(json.dumps({"groups": [{"name": "panels", "rules": recorded}]}))

    promtool("check", "rules", str(tmp_path / "panels.yaml"))
