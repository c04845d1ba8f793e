"""Where tasks run: the machine's own cores unless the settings name a cluster, which is checked first."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prefect.task_runners import ThreadPoolTaskRunner
from threadpoolctl import threadpool_info

from flows import runners
from flows.errors import ServiceError
from flows.operations import services
from flows.operations.processes import any_free_port
from flows.runners import RunnerBySettings, sender, working_for
from flows.settings import Settings, read_settings
from flows.steps.code_version import code_version


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of this process: an installation whose data folder is there."""
    found = services.isolated_settings(tmp_path)
    found.data.mkdir()
    monkeypatch.setattr(runners, "settings", lambda: found)
    yield found


def test_without_a_cluster_tasks_run_on_this_machine(mine: Settings) -> None:
    assert type(RunnerBySettings(max_workers=2).duplicate()) in (RunnerBySettings, ThreadPoolTaskRunner)


def test_a_cluster_that_does_not_answer_is_one_sentence(mine: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"tcp://127.0.0.1:{any_free_port()}"
    monkeypatch.setattr(runners, "settings", lambda: replace(mine, dask_address=address))
    with pytest.raises(ServiceError) as refused:
        RunnerBySettings(max_workers=2).duplicate()
    assert str(refused.value) == (
        f"The Dask scheduler at {address} does not answer (Connection refused); "
        "start it, or unset DEPTHCASE_DASK to compute on this machine."
    )


def test_a_server_that_another_machine_cannot_reach_is_refused(mine: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "settings", lambda: replace(mine, dask_address="tcp://10.0.0.5:8786"))
    with pytest.raises(ServiceError) as refused:
        RunnerBySettings(max_workers=2).duplicate()
    assert str(refused.value) == (
        "The Dask cluster at tcp://10.0.0.5:8786 is another machine, which cannot reach the Prefect server at "
        f"{mine.prefect_api_url}; give an address that it can reach, as docs/scale.md describes."
    )


def test_a_worker_computes_in_the_senders_folder_with_one_thread(mine: Settings) -> None:
    with working_for(sender()) as theirs:
        assert theirs == mine
        assert {library["num_threads"] for library in threadpool_info()} == {1}


def test_a_worker_with_another_program_refuses(mine: Settings) -> None:
    with pytest.raises(ServiceError) as refused, working_for(sender() | {"code": "0123456789abcdef"}):
        pass
    assert str(refused.value) == (
        f"The Dask worker on {socket.gethostname()} has version {code_version()} of the program, the flow has "
        "0123456789abcdef; install the same version of depthcase on both, then retry."
    )


def test_a_worker_that_does_not_see_the_data_folder_refuses(mine: Settings) -> None:
    asked = sender()
    mine.data.rmdir()
    with pytest.raises(ServiceError) as refused, working_for(asked):
        pass
    assert str(refused.value) == (
        f"The Dask worker on {socket.gethostname()} does not see the data folder {mine.data}; "
        "mount it there under the same path, then retry."
    )


def test_an_address_that_is_none_is_refused() -> None:
    assert read_settings({"DEPTHCASE_DASK": "tls://dask.plant:8786"}).dask_address == "tls://dask.plant:8786"
    with pytest.raises(ServiceError) as refused:
        read_settings({"DEPTHCASE_DASK": "dask.plant"})
    assert str(refused.value) == (
        "DEPTHCASE_DASK is 'dask.plant', which is no address of a Dask scheduler; "
        "write it like tcp://10.0.0.5:8786, or unset it to compute on this machine."
    )


def test_a_number_of_evaluations_that_is_none_is_refused() -> None:
    assert read_settings({"DEPTHCASE_EVALUATIONS": "12"}).evaluations == 12
    with pytest.raises(ServiceError) as refused:
        read_settings({"DEPTHCASE_EVALUATIONS": "a few"})
    assert str(refused.value) == "DEPTHCASE_EVALUATIONS is 'a few'; write a whole number, or unset it."
