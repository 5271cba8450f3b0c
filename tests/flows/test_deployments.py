"""``prefect.yaml``: every deployment loads, and its defaults fit its form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.events.schemas.automations import AutomationCore, EventTrigger
from prefect.events.schemas.events import ResourceSpecification
from prefect.flows import load_flow_from_entrypoint
from prefect.settings.models.flows import FlowsSettings
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools import is_valid_schema, validate

from erm.parameters import STAGES, check_run, profiles

ROOT = Path(__file__).parents[2]
DEPLOYMENTS: dict[str, dict[str, Any]] = {
    one["name"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
}


def flow_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Flow[..., Any]:
    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])
    return flow


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_defaults_of_a_deployment_fit_its_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flow, parameters = flow_of(name, monkeypatch), DEPLOYMENTS[name]["parameters"]
    schema = parameter_schema(flow).model_dump_for_openapi()
    is_valid_schema(schema, preprocess=False)
    assert validate(parameters, schema, raise_on_error=True) == []
    flow.validate_parameters(parameters)
    if flow.name == "pipeline":
        check_run(parameters.get("profile"), parameters.get("stages", ()))
    assert DEPLOYMENTS[name]["work_pool"]["name"] in ("cpu", "gpu")
    assert DEPLOYMENTS[name]["description"].endswith(".")
    assert DEPLOYMENTS[name]["tags"]


def test_every_stage_has_a_deployment_and_the_pipeline_a_schedule() -> None:
    alone = [
        one["parameters"].get("stages") for one in DEPLOYMENTS.values() if "stages" in str(one)
    ]
    assert [stage for (stage,) in alone] == list(STAGES)
    assert DEPLOYMENTS["nightly"]["schedules"] == [{"cron": "0 2 * * *", "timezone": "UTC"}]
    assert DEPLOYMENTS["published"]["parameters"] == {"profile": "gpu"}


def test_the_form_lists_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    form = parameter_schema(flow_of("nightly", monkeypatch)).properties
    assert form["profile"]["anyOf"][0]["enum"] == profiles()
    assert form["stages"]["items"]["enum"] == list(STAGES)
    assert all(field["description"] for field in form.values())


def test_every_flow_that_stops_to_send_heartbeats_is_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server looks at Prefect's default; a run that lives sends at least three in that time."""
    monkeypatch.delenv("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", raising=False)
    text = (ROOT / ".ci/unresponsive.yaml").read_text()
    trigger = AutomationCore.model_validate(yaml.safe_load(text)).trigger
    assert isinstance(trigger, EventTrigger)
    assert isinstance(trigger.match_related, ResourceSpecification)
    named = trigger.match_related["prefect.resource.name"]
    assert {*named} == {*STAGES, *(flow_of(name, monkeypatch).name for name in DEPLOYMENTS)}
    frequency = FlowsSettings().heartbeat_frequency
    assert frequency is not None
    assert trigger.within.total_seconds() >= 3 * frequency
