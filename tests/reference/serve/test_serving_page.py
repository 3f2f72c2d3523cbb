"""What docs/serving.md shows for many machines: the deployment is one that Kubernetes takes, and fits the container."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

PAGE = Path(__file__).resolve().parents[3] / "docs" / "serving.md"
KUBERNETES = "1.37"


def block(beginning: str) -> str:
    """Return the block of code of the page that begins with this."""
    found = re.findall(r"```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (one,) = (each for each in found if each.startswith(beginning))
    return str(one)


def resources() -> dict[str, Any]:
    return {each["kind"]: each for each in yaml.safe_load_all(block("apiVersion: apps/v1"))}


@pytest.mark.parametrize("kind", ["Deployment", "Service", "HorizontalPodAutoscaler"])
def test_kubernetes_takes_the_resource(kind: str) -> None:
    kubernetes_validate.validate(resources()[kind], KUBERNETES, strict=True)


def test_a_misspelled_field_is_refused() -> None:
    deployment = resources()["Deployment"]
    deployment["spec"]["template"]["spec"]["terminationGraceSeconds"] = 40
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, KUBERNETES, strict=True)


def test_the_probes_and_the_service_lead_to_the_port_of_the_container() -> None:
    (port,) = re.findall(r"^EXPOSE (\d+)$", block("FROM "), re.MULTILINE)
    (container,) = resources()["Deployment"]["spec"]["template"]["spec"]["containers"]
    probes = [container[each]["httpGet"]["port"] for each in ("startupProbe", "readinessProbe", "livenessProbe")]
    targets = [each["targetPort"] for each in resources()["Service"]["spec"]["ports"]]
    assert {*probes, *targets, container["ports"][0]["containerPort"]} == {int(port)}
