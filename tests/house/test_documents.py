"""The documents tell what the program does now: made files are in step, options documented, README's commands run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.write_docs import made

from whoseport.cli.commands import COMMANDS, EVERYWHERE
from whoseport.version import __version__

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", made(), ids=lambda path: path.name)
def test_made_files_are_what_make_docs_writes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == made()[path], "run `make docs`"


def test_every_option_and_command_stands_in_the_manual_page() -> None:
    manual = (ROOT / "share/man/man1/whoseport.1").read_text(encoding="utf-8").replace("\\-", "-")
    for command in COMMANDS:
        assert f".B {command.name} " in manual
        for option in command.options + EVERYWHERE:
            for name in option.names:
                assert name in manual


@pytest.mark.skipif(not shutil.which("man"), reason="no man(1) here to read the page")
def test_the_manual_page_is_sound() -> None:
    page = str(ROOT / "share/man/man1/whoseport.1")
    read = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, timeout=60, check=False)
    assert read.returncode == 0
    assert "warning" not in read.stderr
    assert "WHOSEPORT(1)" in read.stdout


@pytest.mark.parametrize(
    ("shell", "name"), [("bash", "whoseport.bash"), ("zsh", "_whoseport"), ("fish", "whoseport.fish")]
)
def test_the_completion_is_sound_to_its_shell(shell: str, name: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here to check it")
    script = ROOT / "share/completions" / name
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr


def test_bash_completes_commands_and_values() -> None:
    script = ROOT / "share/completions/whoseport.bash"
    asked = f"""source {script}
COMP_WORDS=(whoseport li); COMP_CWORD=1; _whoseport; echo "${{COMPREPLY[@]}}"
COMP_WORDS=(whoseport list --sort p); COMP_CWORD=3; _whoseport; echo "${{COMPREPLY[@]}}"
COMP_WORDS=(whoseport registry d); COMP_CWORD=2; _whoseport; echo "${{COMPREPLY[@]}}"
"""
    answered = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert answered.stdout.splitlines() == ["list", "port process", "dump"]


def test_the_changelog_has_the_version_in_hand() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog


def commands_in_readme() -> list[str]:
    blocks = re.findall(r"```(?:console|sh|text)?\n(.*?)```", README, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line.partition("  #")[0] for line in lines if line.startswith("whoseport")]


def test_the_readme_shows_commands() -> None:
    assert len(commands_in_readme()) >= 5


@pytest.mark.parametrize("command", commands_in_readme())
def test_the_readme_commands_run(command: str, tmp_path: Path) -> None:
    """As they stand there; `update` reaches for the network and is the one that is not run."""
    if command.startswith("whoseport update"):
        pytest.skip("update would reach the network")
    program = "import sys; from whoseport.cli import main; sys.exit(main(sys.argv[1:]))"
    first, *pipeline = command.partition(" | ")[0].split(" > ")
    arguments = shlex.split(first)[1:]
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    if pipeline:
        (tmp_path / pipeline[0]).write_text(run.stdout)
    assert run.returncode in (0, 1), run.stderr
    assert run.stdout or "-q" in arguments
