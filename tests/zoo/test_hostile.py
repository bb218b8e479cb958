"""Harmless simulations of what malware does: is each of them told as suspicious?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.cases import Case
from tests.zoo.den import den
from tests.zoo.hostile_files import CASES as FILES
from tests.zoo.hostile_shells import CASES as SHELLS
from tests.zoo.judging import judge

CASES: tuple[Case, ...] = (*FILES, *SHELLS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile(case: Case, tmp_path: Path) -> None:
    with den(tmp_path, alone=case.alone) as place:
        told = judge(place, case.start(place), transport=case.transport)
        assert told["concern"] == "suspicious", told
