"""What honest software does that looks alike: none of it may be told as suspicious, nor as more than can be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.cases import Case
from tests.zoo.den import den
from tests.zoo.honest_places import CASES as PLACES
from tests.zoo.honest_wiring import CASES as WIRING
from tests.zoo.judging import judge

CASES: tuple[Case, ...] = (*PLACES, *WIRING)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_honest(case: Case, tmp_path: Path) -> None:
    with den(tmp_path, alone=case.alone) as place:
        told = judge(place, case.start(place), transport=case.transport)
        assert told["concern"] in ("none", "note"), told
