"""Real servers: is each told as what it is?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.cases import Case
from tests.zoo.den import den
from tests.zoo.judging import judge
from tests.zoo.servers_around import CASES as AROUND
from tests.zoo.servers_debian import SERVERS
from tests.zoo.servers_projects import CASES as PROJECTS

CASES: tuple[Case, ...] = (*(case for server in SERVERS for case in server.cases()), *PROJECTS, *AROUND)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_server(case: Case, tmp_path: Path) -> None:
    with den(tmp_path, alone=case.alone) as place:
        port = case.start(place)
        told = judge(place, port, transport=case.transport)
        assert told["kind"] in case.kinds, told
        if case.called is not None:
            assert case.called in (told["name"] or "").lower(), told
        assert told["concern"] in ("none", "note"), told
