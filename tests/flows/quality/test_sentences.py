"""Every sentence of the data checks can be said from the facts that travel with its finding."""

import re
from pathlib import Path

import pytest

from flows import quality
from flows.quality.sentences import EVIDENCE, REMEDIES, found

SOURCE = "".join(file.read_text(encoding="utf-8") for file in Path(quality.__file__).parent.glob("*.py"))


def test_every_wording_is_used_and_every_one_that_is_used_exists() -> None:
    used = set(re.findall(r'found\(\s*"([\w.]+)"', SOURCE)) | set(
        re.findall(r'wording(?:, facts\["value"\])? = "([\w.]+)"', SOURCE)
    )
    assert used | {key for key in EVIDENCE if key.startswith("order_tells_target.")} == set(EVIDENCE)
    assert set(re.findall(r'remedy="(\w+)"', SOURCE)) | {"one_fold", "count_twice"} == set(REMEDIES)


def test_a_share_is_told_in_percent_and_a_percent_sign_in_a_name_is_left_alone() -> None:
    finding = found(
        "stands_for_target", "leak", "load %", remedy="left_out", value="1%", hits=9, rows=10, base_share=0.0213
    )
    assert finding.evidence == 'Where "load %" is 1%, 9 of 10 rows belong to one class that has 2.1 % of all rows.'
    assert (finding.code, finding.wording) == ("stands_for_target", "stands_for_target")
    assert finding.facts == {"value": "1%", "hits": 9, "rows": 10, "base_share": 0.0213}


def test_a_wording_of_its_own_keeps_the_code_of_its_kind() -> None:
    finding = found("identifier.steps", "leak", "row", remedy="left_out_unless", change=2.0)
    assert (finding.code, finding.evidence) == ("identifier", '"row" changes by 2 from row to row: it counts rows.')


def test_a_wording_without_its_facts_cannot_be_said() -> None:
    with pytest.raises(KeyError):
        found("drift", "warning", remedy="split_by_time")
