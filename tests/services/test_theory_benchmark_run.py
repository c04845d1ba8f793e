"""The theory benchmark as a person runs it: deployed, followed to its result."""

import pytest

from flows.operations import runs, services
from flows.operations.servers import read_result
from flows.settings import Settings

pytestmark = pytest.mark.services


def test_the_theory_benchmark_runs_to_its_table(deployed_services: Settings) -> None:
    asked = {"request": {"k": 2, "w": 2, "seeds": 5, "seed": 0}}
    run = runs.submit(deployed_services, "Theory benchmark", "theory-benchmark", asked)
    ended = runs.follow(deployed_services, run, lambda line: None)
    assert ended.state == "COMPLETED"
    result = read_result(ended, services.result_storage(deployed_services))
    assert (result["pieces"], result["parameters"]) == (4, 13)
    assert result["mlflow_url"].startswith(deployed_services.mlflow_tracking_uri)
