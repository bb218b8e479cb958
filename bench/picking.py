"""Is a port that was picked really ours, and what does picking cost? Beside portpicker, port-for and a bind to 0.

Time is that of whole processes. Races: many processes pick at once, all wait until every one has its number, and then
each opens a listener on it; a number given twice is a race lost.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from bench.installed import home, install, install_whoseport
from bench.measuring import Command, in_turn, launching, ratio
from bench.report import demand, part

AT_ONCE = 200
BIND_TO_0 = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
PORTPICKER = "import portpicker; print(portpicker.pick_unused_port())"
PORT_FOR = "import port_for; print(port_for.select_random())"
RACE = """
import sys, socket
{pick}
print(port, flush=True)
sys.stdin.readline()
"""
PICKS = {
    "whoseport.pick()": "import whoseport; port = whoseport.pick()",
    "portpicker": "import portpicker; port = portpicker.pick_unused_port()",
    "port-for": "import port_for; port = port_for.select_random()",
    "a bind to 0": "s = socket.socket(); s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]; s.close()",
}


def picking(*, rounds: int | None) -> dict[str, Any]:
    """The time of one pick against the bare answer's, and numbers given twice among processes that pick at once."""
    folder = install_whoseport()
    others = install("pickers", "portpicker", "port-for")
    commands = [
        Command(name="python -c pass", words=(f"{folder}/python", "-c", "pass")),
        Command(name="whoseport 971 --no-live", words=(f"{folder}/whoseport", "971", "--no-live")),
        Command(name="whoseport pick", words=(f"{folder}/whoseport", "pick")),
        Command(name="bind to 0", words=(f"{folder}/python", "-c", BIND_TO_0)),
        Command(name="portpicker", words=(f"{others}/python", "-c", PORTPICKER)),
        Command(name="port-for", words=(f"{others}/python", "-c", PORT_FOR)),
    ]
    busy = os.getloadavg()[0]
    with launching(home=home()) as launcher:
        series, wrong = in_turn(launcher, commands, rounds=rounds or 15)
    demands = []
    pick, answer = series.get("whoseport pick"), series.get("whoseport 971 --no-live")
    if pick and answer:
        demands.append(demand("`whoseport pick`", "`whoseport 971 --no-live`", ratio(pick, answer), must=1.5))
    for name, code in PICKS.items():
        python = others if name in ("portpicker", "port-for") else folder
        lost = sum(_given_twice(python / "python", code) for _ in range(3))
        must = 0 if name.startswith("whoseport") else None
        demands.append(demand(f"{name}: numbers given twice", f"3 x {AT_ONCE} at once", lost, unit="", must=must))
    return part("A port to run on", series=series, demands=demands, wrong=wrong, busy=busy)


def _given_twice(python: Path, code: str) -> int:
    surroundings = dict(os.environ) | {"HOME": str(home()), "XDG_RUNTIME_DIR": str(home())}
    racers = [
        subprocess.Popen(
            [str(python), "-c", RACE.format(pick=code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings,
        )
        for _ in range(AT_ONCE)
    ]
    told = [racer.stdout.readline() for racer in racers if racer.stdout]
    for racer in racers:
        racer.communicate(b"\n", timeout=60)
    return sum(number - 1 for number in Counter(told).values())
