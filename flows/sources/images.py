"""Folders of pictures: one row a picture, its label from an annotation, a list, its folder or its name."""

import hashlib
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from flows.errors import SourceError
from flows.sources.split import split_fields, split_lines
from flows.sources.table import RejectedRow, SourceFile, Table
from flows.sources.typed import text_frame

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
COLUMNS = ("source_file", "label", "label_from", "width", "height", "colour")
_MOST_PIXELS = 100_000_000
_MASK = re.compile(r"(?:^|[/ _.-])(?:masks?|gt|ground_?truth|seg|annot\w*)(?:[/ _.-]|$)", re.IGNORECASE)
_NUMBER = re.compile(r"(?:[ _-]*\(?\d+\)?)+$")


@dataclass(frozen=True)
class _Picture:
    name: str
    digest: str
    row: list[object]


def is_image_folder(folder: Path) -> bool:
    """Whether most files with data in `folder` are pictures."""
    names = [file.suffix.lower() for file in folder.rglob("*") if file.is_file()]
    pictures = sum(name in SUFFIXES for name in names)
    return pictures > 0 and pictures >= 0.3 * len(names)


def read_images(folder: Path) -> Table:
    """One row a picture below `folder`: columns source_file, label, label_from, width, height, colour.

    The label comes from a list (CSV with the file names in its first column), else from the folder, else from the name
    without its number, else from the most frequent object of a Pascal VOC file; masks are counted and left out; what is
    no picture, damaged, or larger than 100 megapixels is rejected with its reason. Raises SourceError: no picture.
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    names = {file: file.relative_to(folder).as_posix() for file in files}
    masks = [file for file in files if _MASK.search(names[file].rsplit(".", 1)[0])]
    labels = _labels(folder, [names[file] for file in files if file not in set(masks)])
    pictures: list[_Picture] = []
    rejected: list[RejectedRow] = []
    for file in (one for one in files if one not in set(masks)):
        try:
            pictures.append(_look(file, names[file], *labels[names[file]]))
        except SourceError as error:
            rejected.append(RejectedRow(names[file], 1, "", str(error)))
    if not pictures:
        why = f" ({rejected[0].file}: {rejected[0].reason})" if rejected else ""
        raise SourceError(f'the folder "{folder.name}" holds no picture that can be read{why}; copy them again')
    notes = [f"{len(masks)} mask(s) were told apart from the pictures and left out."] if masks else []
    return _table(pictures, rejected, notes)


def open_grey(file: Path) -> Image.Image:
    """The picture as grey values, 16 bits scaled down to 8. Raises SourceError: damaged, too large, no picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(file)
            if picture.width * picture.height > _MOST_PIXELS:
                raise SourceError(f"it has {picture.width} x {picture.height} pixels, more than 100 million")
            picture.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise SourceError("it has more than 100 million pixels") from None
    except UnidentifiedImageError:
        raise SourceError("it is no picture of a known kind") from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError) as error:
        raise SourceError(f"the picture is damaged ({error})") from error
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if values.max() > 255 else 255.0
        return Image.fromarray(np.clip(values / top * 255, 0, 255).astype(np.uint8))
    return picture.convert("L")


def _look(file: Path, name: str, label: str, origin: str) -> _Picture:
    content = file.read_bytes()
    if not content:
        raise SourceError("the file is empty")
    grey = open_grey(file)
    with Image.open(file) as picture:
        colour = "grey" if picture.mode in ("L", "1", "F") or picture.mode.startswith("I") else _colour(picture)
    row: list[object] = [name, label, origin, grey.width, grey.height, colour]
    return _Picture(name, hashlib.sha256(content).hexdigest(), row)


def _colour(picture: Image.Image) -> str:
    """ "grey as colour" where all three channels are equal: stored as RGB, but without any colour."""
    channels = np.asarray(picture.convert("RGB").reduce(max(1, min(picture.size) // 64)), dtype=np.int16)
    return "grey as colour" if np.ptp(channels, axis=2).max() <= 1 else "colour"


def _labels(folder: Path, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name -> its label and where that came from; the first source that labels nearly all pictures in two classes."""
    found = [
        ("list", _from_list(folder)),
        ("folder", {name: name.rsplit("/", 2)[-2] for name in names if "/" in name}),
        ("name", {name: _NUMBER.sub("", name.rsplit("/", 1)[-1].rsplit(".", 1)[0]) for name in names}),
        ("annotation", _from_annotations(folder)),
    ]
    for origin, labels in found:
        mine = {name: labels.get(name) or labels.get(name.rsplit("/", 1)[-1], "") for name in names}
        classes = Counter(label for label in mine.values() if label)
        if sum(classes.values()) >= 0.9 * len(names) and 2 <= len(classes) <= max(2, len(names) // 5):
            return {name: (label, origin if label else "") for name, label in mine.items()}
    return dict.fromkeys(names, ("", ""))


def _from_annotations(folder: Path) -> dict[str, str]:
    """File name -> the most frequent object of its Pascal VOC annotation."""
    labels: dict[str, str] = {}
    for file in sorted(folder.rglob("*.xml")):
        try:
            content = file.read_bytes()
            # Entities can grow without bound, and no annotation tool writes them.
            root = ElementTree.fromstring(content) if b"<!ENTITY" not in content else None
        except (ElementTree.ParseError, OSError):
            continue
        if root is None or root.tag != "annotation":
            continue
        objects = Counter((one.findtext("name") or "").strip() for one in root.iter("object"))
        stem = Path(root.findtext("filename") or file.stem).stem
        if objects:
            labels |= {f"{stem}{suffix}": objects.most_common(1)[0][0] for suffix in SUFFIXES}
    return labels


def _from_list(folder: Path) -> dict[str, str]:
    labels: dict[str, str] = {}
    for file in sorted([*folder.glob("*.csv"), *folder.glob("*.tsv")]):
        for line in split_lines(file.read_bytes().decode("utf-8-sig", errors="replace")):
            cells = split_fields(line, "\t" if "\t" in line else ",")
            if len(cells) >= 2 and cells[0].lower().endswith(SUFFIXES):
                labels[cells[0]] = cells[1]
    return labels


def _table(pictures: Sequence[_Picture], rejected: Sequence[RejectedRow], notes: Sequence[str]) -> Table:
    sources = [SourceFile(one.name, one.digest, "picture", "pixels", 1) for one in pictures]
    sources += [SourceFile(row.file, "", "picture", "pixels", 1) for row in rejected]
    origins = sorted({str(one.row[2]) for one in pictures if one.row[2]})
    taken = [f"Labels were taken from the {' and '.join(origins)}." if origins else "No label was found."]
    return Table(
        frame=text_frame([one.row for one in pictures], COLUMNS),
        sources=tuple(sources),
        file_numbers=np.arange(len(pictures)),
        line_numbers=np.ones(len(pictures), dtype=np.int64),
        raw_lines=[one.name for one in pictures],
        units={"width": "pixels", "height": "pixels"},
        rejected=tuple(rejected),
        notes=(*notes, *taken),
    )
