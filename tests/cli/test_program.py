"""The command line from outside: what it answers, in which form, with which exit status."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ENTRY, environment, run


@pytest.fixture
def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def port_of(held: socket.socket) -> str:
    return str(held.getsockname()[1])


def unused_port() -> str:
    """A port that nothing holds: bound once to find it, then given back."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_a_port_without_a_look_at_this_machine(tmp_path: Path) -> None:
    answered = run("971", "--no-live", "--json", home=tmp_path)
    assert answered.returncode == 0
    assert answered.stderr == ""
    document = json.loads(answered.stdout)
    assert document["host"] is None
    assert document["query"] == {"port": 971, "transport": None, "text": "971"}
    tcp = document["registry"]["transports"]["tcp"]
    assert (tcp["state"], tcp["gap"]) == ("unassigned", {"first": 954, "last": 988, "length": 35})
    assert document["registry"]["neighbours"]["below"]["names"] == ["rndc"]


def test_who_holds_a_port_is_this_process(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        document = json.loads(run(f"{port_of(listening)}/tcp", "--json", home=tmp_path).stdout)
    assert document["host"]["port_state"]["state"] == "held"
    (listener,) = [each for each in document["host"]["listeners"] if each["netns"] == document["host"]["netns"]]
    assert [owner["pid"] for owner in listener["owners"]] == [os.getpid()]
    assert listener["exposure"] == "loopback"


def test_several_ports_are_several_answers(tmp_path: Path) -> None:
    document = json.loads(run("80", "443/udp", "1000-1002", "--no-live", "--json", home=tmp_path).stdout)
    assert [answer["query"]["port"] for answer in document["answers"]] == [80, 443, 1000, 1001, 1002]
    assert document["answers"][1]["query"]["transport"] == "udp"


def test_a_service_of_one_port_is_the_answer_itself(tmp_path: Path) -> None:
    document = json.loads(run("domain", "--no-live", "--json", home=tmp_path).stdout)
    assert document["query"]["port"] == 53


def test_quiet_tells_by_status_alone(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        held = run("-q", port_of(listening), home=tmp_path)
    assert (held.returncode, held.stdout, held.stderr) == (0, "", "")
    assert run("-q", unused_port(), home=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["70000"], 2),
        (["--what", "971"], 2),
        (["971/icmp"], 2),
        (["find", "zzzzzzqqqq"], 1),
        (["--no-live", "no-such-name-here"], 1),
        (["971", "--no-live", "-q"], 2),
        (["list", "--json", "--csv"], 2),
        (["--from", "/nonexistent/look.json", "971"], 2),
        (["schema", "no-such-document"], 2),
        (["--lang", "xx", "971"], 2),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_said_on_standard_error(arguments: list[str], status: int, tmp_path: Path) -> None:
    refused = run(*arguments, home=tmp_path)
    assert refused.returncode == status
    assert refused.stdout == ""
    assert refused.stderr.startswith("whoseport: ")
    assert "Traceback" not in refused.stderr


def test_a_damaged_snapshot_is_told_with_its_place(tmp_path: Path) -> None:
    place = tmp_path / "data" / "whoseport" / "snapshot.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half a download")
    refused = run("971", "--no-live", home=tmp_path)
    assert refused.returncode == 4
    assert str(place) in refused.stderr


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    piped = subprocess.run(
        ["sh", "-c", '"$0" -c "$1" registry dump | head -n 1', sys.executable, ENTRY],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(tmp_path),
        check=False,
    )
    assert json.loads(piped.stdout)["port"] == 0
    assert piped.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", ENTRY, "971", "--no-live"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env=environment(tmp_path),
            check=False,
        )
    assert ended.returncode == 4
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    fifo = tmp_path / "look.json"
    os.mkfifo(fifo)
    program = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "971", "--from", str(fifo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    )
    with fifo.open("w"):  # opens only when the program has begun to read
        program.send_signal(signal.SIGINT)
        _, complaint = program.communicate(timeout=60)
    assert program.returncode == 130
    assert complaint == b""


def test_the_dump_has_every_port_on_every_transport(tmp_path: Path) -> None:
    lines = run("registry", "dump", home=tmp_path).stdout.splitlines()
    assert len(lines) == 65536 * 4
    assert json.loads(lines[971 * 4]) == {"port": 971, "transport": "tcp", "state": "unassigned", "names": []}
    assert json.loads(lines[443 * 4 + 1])["names"] == ["https"]


def test_registry_info_names_the_snapshot(tmp_path: Path) -> None:
    document = json.loads(run("registry", "info", "--json", home=tmp_path).stdout)
    assert set(document) >= {"source", "updated", "sha256", "records"}
    assert document["updated"] in run("registry", "info", home=tmp_path).stdout


def test_an_inspection_answers_elsewhere(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        port = port_of(listening)
        saved = run("inspect", home=tmp_path)
    (tmp_path / "look.json").write_text(saved.stdout)
    by_file = json.loads(run(port, "--json", "--from", str(tmp_path / "look.json"), home=tmp_path).stdout)
    by_stdin = json.loads(run(port, "--json", "--from", "-", home=tmp_path, stdin=saved.stdout).stdout)
    assert by_file == by_stdin
    assert by_file["host"]["port_state"]["state"] == "held"
    assert os.getpid() in [owner["pid"] for each in by_file["host"]["listeners"] for owner in each["owners"]]
    listed = json.loads(run("list", "--json", "--from", str(tmp_path / "look.json"), home=tmp_path).stdout)
    assert int(port) in [each["port"] for each in listed["host"]["listeners"]]


def test_the_list_in_every_form_shows_the_listener(tmp_path: Path, listening: socket.socket) -> None:
    with listening:
        port = port_of(listening)
        mine = ["list", "--process", str(os.getpid())]
        document = json.loads(run(*mine, "--json", home=tmp_path).stdout)
        lines = [json.loads(line) for line in run(*mine, "--json-lines", home=tmp_path).stdout.splitlines()]
        table = run(*mine, home=tmp_path).stdout
        values = run(*mine, "--csv", home=tmp_path).stdout
        others = json.loads(run(*mine, "--transport", "udp", "--json", home=tmp_path).stdout)
    assert [each["port"] for each in document["host"]["listeners"]].count(int(port)) == 1
    assert lines == document["host"]["listeners"]
    assert f"{port}/tcp" in table
    assert port in values
    assert others["host"]["listeners"] == []


def test_a_program_is_found_by_its_name(tmp_path: Path, listening: socket.socket) -> None:
    name = Path("/proc/self/comm").read_text().strip() if sys.platform == "linux" else Path(sys.executable).name
    with listening:
        port = int(port_of(listening))
        document = json.loads(run("show", name, "--json", home=tmp_path).stdout)
    answers = document.get("answers", [document])
    assert port in [answer["query"]["port"] for answer in answers]


def test_settings_come_from_the_configuration(tmp_path: Path) -> None:
    place = tmp_path / ".config" / "whoseport" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text('lang = "pt_BR"\n')
    assert "Porta 971" in run("971", "--no-live", home=tmp_path).stdout
    assert "Port 971" in run("971", "--no-live", "--lang", "en", home=tmp_path).stdout
    place.write_text('language = "pt_BR"\n')
    refused = run("971", "--no-live", home=tmp_path)
    assert refused.returncode == 2
    assert "language" in refused.stderr


def test_every_command_has_help(tmp_path: Path) -> None:
    overview = run("--help", home=tmp_path)
    assert overview.returncode == 0
    for command in ("list", "find", "inspect", "update", "registry", "schema", "completion"):
        assert f"\n  {command} " in overview.stdout
        told = run(command, "--help", home=tmp_path)
        assert told.returncode == 0
        assert f"whoseport {command}" in told.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell: str, tmp_path: Path) -> None:
    assert "whoseport" in run("completion", shell, home=tmp_path).stdout
