"""The doctor's checks that need no server: versions, folders, ports."""

import importlib.metadata
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import DepthcaseError
from flows.operations import doctor, services

VERSION = importlib.metadata.version


def test_the_installed_versions_are_the_tested_ones() -> None:
    assert doctor.check_versions().startswith("Python 3.")


@pytest.mark.parametrize(
    ("package", "version"), [("fastapi", "0.155.0"), ("SQLAlchemy", "2.1.9"), ("prefect", "3.9.1")]
)
def test_a_version_that_breaks_the_servers_without_a_word_is_refused(
    monkeypatch: pytest.MonkeyPatch, package: str, version: str
) -> None:
    monkeypatch.setattr(
        importlib.metadata, "version", lambda name: version if name.lower() == package.lower() else VERSION(name)
    )
    with pytest.raises(DepthcaseError, match=rf"^{package} is {version} but must be .*{package_pin(package)}"):
        doctor.check_versions()


def package_pin(package: str) -> str:
    """A part of the pin that the sentence must name."""
    return {"fastapi": r"<0\.151", "SQLAlchemy": r"<2\.1", "prefect": r"==3\.8\.8"}[package]


def test_the_bounds_of_the_distribution_hold_without_the_source_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda self: False)
    pins = doctor.declared_pins()
    assert not pins["fastapi"].contains("0.155.0")
    assert not pins["sqlalchemy"].contains("2.1.9")


def test_a_folder_that_is_a_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    settings = services.isolated_settings(tmp_path)
    with pytest.raises(DepthcaseError) as found:
        doctor.check_folders(settings)
    assert str(found.value) == (
        f"{tmp_path / 'data'} cannot be written (File exists); free it, or choose another with DEPTHCASE_DATA."
    )


def test_looking_at_folders_leaves_none_behind(tmp_path: Path) -> None:
    settings = services.isolated_settings(tmp_path)
    assert doctor.check_folders(settings) == f"{settings.home} and {settings.data} can be written"
    assert os.listdir(tmp_path) == []


def test_ports_in_use_are_found(tmp_path: Path) -> None:
    settings = services.isolated_settings(tmp_path)
    assert doctor.check_free_ports(settings) == f"{settings.prefect_port} and {settings.mlflow_port} are free"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = replace(settings, mlflow_port=server.getsockname()[1])
        with pytest.raises(DepthcaseError, match=rf"^Port {taken.mlflow_port} on 127\.0\.0\.1, meant for the MLflow"):
            doctor.check_free_ports(taken)
