"""Which figures does the project owe? A function for each part of the bench: the answer, the registry, this machine."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from bench.installed import home, install_psutil, install_whatportis, install_whoseport
from bench.load import SIZES, Load, standing
from bench.measuring import Command, Series, excess, in_turn, launching, ratio
from bench.report import demand, part

ROUNDS = {"small": 15, "medium": 7, "large": 5}
SLOW = {"small": 7, "medium": 3, "large": 1}  # rounds of what takes many seconds on the larger loads
LOOKUPS = "import whoseport\nfor port in range(65536): whoseport.lookup(port)"
PSUTIL = "import psutil\nfor one in psutil.net_connections('inet'): one.status in ('LISTEN', 'NONE') and print(one)"
PACKAGE = "from whoseport.host.linux.packages import look; print(look(['/usr/bin/env', '/usr/bin/ss']))"


def answer(*, rounds: int | None) -> dict[str, Any]:
    """The first answer, without this machine: against bare Python and whatportis."""
    folder = install_whoseport()
    whatportis = install_whatportis()
    bare = Command(name="python -c pass", words=(f"{folder}/python", "-c", "pass"))
    json_answer = Command(
        name="whoseport 971 --no-live --json",
        words=(f"{folder}/whoseport", "971", "--no-live", "--json"),
        check=_says_unassigned,
    )
    text_answer = Command(
        name="whoseport 971 --no-live",
        words=(f"{folder}/whoseport", "971", "--no-live"),
        check=lambda output: None if b"971" in output else "no word of the port",
    )
    peer = Command(name="whatportis 971", words=(f"{whatportis}/whatportis", "971"))
    busy = os.getloadavg()[0]
    with launching(home=home()) as launcher:
        series, wrong = in_turn(launcher, [bare, json_answer, text_answer, peer], rounds=rounds or 25)
    demands = []
    for ours in (json_answer.name, text_answer.name):
        if ours in series:
            taken = series[ours]
            if bare.name in series:
                demands.append(demand(f"`{ours}`", "bare Python", ratio(taken, series[bare.name]), must=2.5, aim=1.5))
            demands.append(demand(f"`{ours}`", "peak memory", taken.peak / 1024, unit="MB", must=25))
            if peer.name in series:
                demands.append(
                    demand(f"`{ours}`", f"`{peer.name}`", ratio(taken, series[peer.name]), must=0.2, aim=0.1)
                )
    notes = [
        "whatportis' database was written in its own format from the facts of this repository. It finds nothing for "
        "971, whose record is the range 954-988, but reads its whole database to say so."
    ]
    return part("The first answer", series=series, demands=demands, wrong=wrong, notes=notes, busy=busy)


def registry(*, rounds: int | None) -> dict[str, Any]:
    """All ports in one process, the dump, and what naming the package of a program costs."""
    folder = install_whoseport()
    lookups = Command(name="65,536 look-ups in one process", words=(f"{folder}/python", "-c", LOOKUPS))
    dump = Command(
        name="whoseport registry dump",
        words=(f"{folder}/whoseport", "registry", "dump"),
        check=lambda output: None if output.count(b"\n") == 4 * 65536 else "not a line for each port and transport",
    )
    bare = Command(name="python -c pass", words=(f"{folder}/python", "-c", "pass"))
    package = Command(name="naming the packages of two programs", words=(f"{folder}/python", "-c", PACKAGE))
    busy = os.getloadavg()[0]
    with launching(home=home()) as launcher:
        series, wrong = in_turn(launcher, [bare, lookups, dump, package], rounds=rounds or 5)
    demands = []
    if lookups.name in series:
        demands.append(demand(lookups.name, "time", series[lookups.name].median, unit="s", must=1))
    if dump.name in series:
        demands.append(demand(f"`{dump.name}`", "time", series[dump.name].median, unit="s", must=5))
    if package.name in series and bare.name in series:
        above = excess(series[package.name], series[bare.name], unit=series[bare.name])
        demands.append(demand(f"{package.name} ({packages()} packages)", "bare Python, above it", above))
    return part("The registry, and packages", series=series, demands=demands, wrong=wrong, busy=busy)


def packages() -> int:
    """How many packages dpkg has here; 0 where there is no dpkg."""
    try:
        return Path("/var/lib/dpkg/status").read_bytes().count(b"\nStatus: install ok installed\n")
    except OSError:
        return 0


def host(size: str, *, rounds: int | None, own_network: bool | None = None) -> dict[str, Any]:
    """One load: who holds a port, and everything that listens, with and without the BPF iterator."""
    folder = install_whoseport()
    psutil = install_psutil()
    busy = os.getloadavg()[0]
    with standing(SIZES[size], own_network=own_network) as load, launching(home=home(), load=load) as launcher:
        commands = host_commands(load, folder=folder, psutil=psutil, slow=SLOW[size])
        series, wrong = in_turn(launcher, commands, rounds=rounds or ROUNDS[size])
        held, where = load.size, "a network namespace of its own" if load.own_network else "the machine's own network"
    return part(
        f"This machine under the {size} load",
        series=series,
        demands=host_demands(size, series),
        wrong=wrong,
        busy=busy,
        notes=[
            f"{held.processes:,} processes, {held.descriptors:,} descriptors, {held.listeners:,} listeners, "
            f"{held.connections:,} connections, as counted in /proc, in {where}; "
            "besides these, the rest of the machine. `PORT` is a tcp port that two of the processes hold."
        ],
    )


def host_commands(load: Load, *, folder: Path, psutil: Path, slow: int) -> list[Command]:
    port, ours = str(load.port), f"{folder}/whoseport"
    one = _names_two_holders
    every = _lists_at_least(load.size.listeners)
    commands = [
        Command(name="python -c pass", words=(f"{folder}/python", "-c", "pass")),
        Command(name="whoseport PORT --json", words=(ours, port, "--json"), check=one),
        Command(name="whoseport PORT --json --bpf", words=(ours, port, "--json", "--bpf"), check=one),
        Command(name="ss -H -tulpn sport = :PORT", words=(_tool("ss"), "-H", "-tulpn", f"sport = :{port}")),
        Command(name="whoseport list --json", words=(ours, "list", "--json"), check=every),
        Command(name="whoseport list --json --bpf", words=(ours, "list", "--json", "--bpf"), check=every),
        Command(name="whoseport inspect", words=(ours, "inspect"), rounds=slow),
        Command(name="ss -tulpn", words=(_tool("ss"), "-tulpn")),
        Command(name="lsof -nP -iTCP:PORT", words=(_tool("lsof"), "-nP", f"-iTCP:{port}"), rounds=slow),
        Command(name="lsof -nP -i", words=(_tool("lsof"), "-nP", "-i"), rounds=slow),
        Command(name="netstat -tulpn", words=(_tool("netstat"), "-tulpn"), rounds=slow),
        Command(name="psutil.net_connections", words=(f"{psutil}/python", "-c", PSUTIL), rounds=slow),
    ]
    return [command for command in commands if command.words[0]]


# What each load demands against ss: by /proc alone, and with --bpf.
LIMITS = {"medium": (0.8, 0.3), "large": (0.6, 0.15)}
LEAST_GAIN = 0.1


def host_demands(size: str, series: dict[str, Series]) -> list[dict[str, Any]]:
    demands: list[dict[str, Any]] = []
    bare = series.get("python -c pass")

    def compare(ours: str, peer: str, *, must: float | None = None, aim: float | None = None) -> None:
        if ours in series and peer in series:
            demands.append(demand(f"`{ours}`", f"`{peer}`", ratio(series[ours], series[peer]), must=must, aim=aim))

    for ours, peer in (("whoseport PORT --json", "ss -H -tulpn sport = :PORT"), ("whoseport list --json", "ss -tulpn")):
        for command, limit in zip((ours, f"{ours} --bpf"), LIMITS.get(size, (None, None)), strict=True):
            if size != "small":
                compare(command, peer, must=limit, aim=LEAST_GAIN)
            elif command in series and peer in series and bare:
                above = excess(series[command], series[peer], unit=bare)
                limits = (2.5, 1.0) if "PORT" in ours else (None, None)
                row = demand(
                    f"`{command}`", f"`{peer}`, above it in bare Pythons", above, must=limits[0], aim=limits[1]
                )
                demands.append(row)
    compare("whoseport PORT --json", "lsof -nP -iTCP:PORT", must=1)
    for peer in ("netstat -tulpn", "lsof -nP -i", "psutil.net_connections"):
        compare("whoseport list --json", peer, must=1)
    compare("whoseport list --json", "whoseport inspect", must=2)  # what verdicts may cost
    for ours in ("whoseport list --json", "whoseport list --json --bpf"):
        if ours in series:
            limit = 60 if size == "large" else None
            demands.append(demand(f"`{ours}`", "peak memory", series[ours].peak / 1024, unit="MB", must=limit))
    return demands


def _tool(name: str) -> str:
    """The path of a tool, or "" where it is not installed."""
    return shutil.which(name, path="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") or ""


def _says_unassigned(output: bytes) -> str | None:
    state = json.loads(output)["registry"]["transports"]["tcp"]["state"]
    return None if state == "unassigned" else f"971 is {state}"


def _names_two_holders(output: bytes) -> str | None:
    listeners = json.loads(output)["host"]["listeners"]
    owners = [len(listener["owners"]) for listener in listeners]
    return None if 2 in owners else f"listeners with {owners} owners, where one has two"


def _lists_at_least(count: int) -> Any:
    def check(output: bytes) -> str | None:
        listeners = json.loads(output)["host"]["listeners"]
        owned = sum(1 for listener in listeners if listener["owners"])
        return None if owned >= count else f"{len(listeners)} listeners, {owned} with owners, of {count}"

    return check
