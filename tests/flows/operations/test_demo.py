"""The demonstration leaves the checkout as it found it: the charter that is kept is the one it asks."""

from pathlib import Path

from flows.charter import read_charter
from flows.operations import demo
from flows.settings import read_settings

ROOT = Path(__file__).parents[3]


def test_the_charter_in_the_repository_is_the_demonstration_s(tmp_path: Path) -> None:
    written = demo.prepare(read_settings({"DEPTHCASE_DATA": str(tmp_path)}))
    kept = ROOT / "data" / "charters" / written.name
    assert kept.read_text(encoding="utf-8") == written.read_text(encoding="utf-8")
    assert read_charter(kept).problems() == []


def test_a_charter_that_somebody_changed_stays(tmp_path: Path) -> None:
    settings = read_settings({"DEPTHCASE_DATA": str(tmp_path)})
    written = demo.prepare(settings)
    written.write_text("mine", encoding="utf-8")
    assert demo.prepare(settings).read_text(encoding="utf-8") == "mine"
