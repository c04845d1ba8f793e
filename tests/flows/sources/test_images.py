"""Folders of pictures become rows with a label; masks, damage and bombs are told apart."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.errors import SourceError
from flows.features.images import STATISTICS, grey_values, measure_images, patches, small_picture, texture_statistics
from flows.lake.quarantine import check
from flows.sources.images import is_image_folder, read_images


def save(path: Path, seed: int = 0, mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 255, (24, 32), dtype=np.uint8)
    Image.fromarray(values).convert(mode).save(path)


def bomb() -> bytes:
    """A PNG file of a few hundred bytes that claims 60,000 x 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def labels(folder: Path) -> dict[str, str]:
    frame = read_images(folder).frame
    return dict(zip(frame["source_file"], frame["label"], strict=True))


def test_labels_from_names_with_hyphens_and_numbers(tmp_path: Path) -> None:
    for i in range(1, 7):
        save(tmp_path / f"rolled-in_scale_{i}.jpg", i)
        save(tmp_path / f"crazing_{i}.png", i)
    assert is_image_folder(tmp_path)
    assert set(labels(tmp_path).values()) == {"rolled-in_scale", "crazing"}
    assert labels(tmp_path)["rolled-in_scale_3.jpg"] == "rolled-in_scale"
    assert "Labels were taken from the name." in read_images(tmp_path).notes


def test_labels_from_folders_and_lists_and_annotations(tmp_path: Path) -> None:
    for i in range(5):
        save(tmp_path / "folders" / "good" / f"{i}.bmp", i)
        save(tmp_path / "folders" / "scratch" / f"{i}.tif", i)
        save(tmp_path / "voc" / f"{i}.png", i)
        save(tmp_path / "voc" / f"{i + 5}.png", i)
        save(tmp_path / "list" / f"{i}.png", i)
        save(tmp_path / "list" / f"{i + 5}.png", i)
    assert labels(tmp_path / "folders")["scratch/2.tif"] == "scratch"
    lines = ["file,class", *(f"{i}.png,{'ok' if i < 5 else 'ng'}" for i in range(10))]
    (tmp_path / "list" / "labels.csv").write_text("\n".join(lines))
    assert labels(tmp_path / "list")["7.png"] == "ng"
    for i in range(10):
        name = "dent" if i % 2 else "stain"
        objects = f"<object><name>{name}</name></object>" * 2 + "<object><name>other</name></object>"
        (tmp_path / "voc" / f"{i}.xml").write_text(f"<annotation><filename>{i}.jpg</filename>{objects}</annotation>")
    assert labels(tmp_path / "voc")["3.png"] == "dent"


def test_masks_are_no_pictures(tmp_path: Path) -> None:
    for i in range(5):
        save(tmp_path / f"a_{i}.png", i)
        save(tmp_path / f"b_{i}.png", i)
        save(tmp_path / f"a_{i}_mask.png", i)
        save(tmp_path / "ground_truth" / f"b_{i}.png", i)
    table = read_images(tmp_path)
    assert len(table.frame) == 10
    assert "10 mask(s) were told apart from the pictures and left out." in table.notes


def test_damaged_pictures_and_bombs_leave_with_their_reason(tmp_path: Path) -> None:
    for i in range(5):
        save(tmp_path / f"a_{i}.jpg", i)
        save(tmp_path / f"b_{i}.png", i)
    (tmp_path / "a_8.jpg").write_bytes((tmp_path / "a_1.jpg").read_bytes()[:300])
    (tmp_path / "a_9.png").write_bytes(bomb())
    (tmp_path / "b_8.png").write_bytes(b"not a picture")
    (tmp_path / "b_9.png").write_bytes(b"")
    table = read_images(tmp_path)
    result = check(measure_images(table, tmp_path))
    reasons = dict(zip(result.quarantined["file"], result.quarantined["reason"], strict=True))
    assert reasons["a_8.jpg"].startswith("the picture is damaged (")
    assert reasons["a_9.png"] == "it has more than 100 million pixels"
    assert reasons["b_8.png"] == "it is no picture of a known kind"
    assert reasons["b_9.png"] == "the file is empty"
    assert result.rows_read == len(result.frame) + len(result.quarantined) == len(result.sources) == 14


def test_a_folder_of_damage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(SourceError) as caught:
        read_images(tmp_path)
    assert str(caught.value) == (
        f'the folder "{tmp_path.name}" holds no picture that can be read '
        "(a.png: it is no picture of a known kind); copy them again"
    )


def test_grey_stored_as_colour_is_told(tmp_path: Path) -> None:
    save(tmp_path / "a_1.png", 1, "RGB")
    save(tmp_path / "a_2.png", 2, "L")
    noise = np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a_3.png")
    deep = np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "a_4.tif")
    assert read_images(tmp_path).frame["colour"].tolist() == ["grey as colour", "grey", "colour", "grey"]
    assert abs(grey_values(tmp_path / "a_4.tif").mean() - 0.5) < 0.01


def test_statistics_mean_what_they_say() -> None:
    stripes = np.tile([0.2, 0.2, 0.8, 0.8], (32, 8))
    along = dict(zip(STATISTICS, texture_statistics(stripes), strict=True))
    across = dict(zip(STATISTICS, texture_statistics(stripes.T), strict=True))
    assert along["brightness"] == pytest.approx(0.5) and along["contrast"] == pytest.approx(0.3)
    assert along["edge direction"] == pytest.approx(-1) and across["edge direction"] == pytest.approx(1)
    assert along["edge coherence"] == pytest.approx(1) and along["entropy"] == pytest.approx(1)
    assert np.isfinite(texture_statistics(np.full((1, 1), 0.3))).all()
    flipped = texture_statistics(stripes[::-1, ::-1])
    np.testing.assert_allclose(flipped, texture_statistics(stripes), atol=1e-12)


def test_small_pictures_and_patches() -> None:
    picture = np.arange(48).reshape(6, 8) / 48
    assert small_picture(np.full((40, 40), 0.2), 4) == pytest.approx(np.full(16, 0.2), abs=1 / 255)
    cut = patches(picture, 3)
    assert cut.shape == (4, 3, 3)
    np.testing.assert_array_equal(cut[1], picture[:3, 3:6])
