"""The languages, with catalogues compiled from the sources in hand, whatever was installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tools.hatch_build import compile_catalogues
from tools.messages import LOCALE

from whoseport.render.language import LANGUAGES, Language, pick


@pytest.fixture(scope="session")
def languages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Language]:
    folder = tmp_path_factory.mktemp("locale") / "locale"
    shutil.copytree(LOCALE, folder, ignore=shutil.ignore_patterns("*.mo"))
    compile_catalogues(folder)
    return {code: pick(code, {}, folder=str(folder)) for code in LANGUAGES}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, languages: dict[str, Language]) -> Language:
    return languages[request.param]


@pytest.fixture(scope="session")
def golden() -> Path:
    return Path(__file__).parent / "golden"
