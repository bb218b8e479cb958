"""What does the bench measure today? python -m bench [answer|registry|pick|small|medium|large|host ...] [--runs N].

It writes the tables of bench/README.md. `host` is the three loads; without a word, everything. Through make:
`make bench ARGS="answer --runs 50"`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench import parts, report
from bench.load import LoadError
from bench.picking import picking

PARTS = ("answer", "registry", "pick", "small", "medium", "large")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures whoseport against other tools.")
    parser.add_argument("parts", nargs="*", choices=(*PARTS, "host", []), metavar="|".join((*PARTS, "host")))
    parser.add_argument("--runs", type=int, help="rounds of each part, instead of its own number")
    parser.add_argument(
        "--here", action="store_true", help="stand the loads in this network namespace instead of one of their own"
    )
    chosen = parser.parse_args()
    wanted = [name for name in PARTS if not chosen.parts or name in chosen.parts or _is_load(name, chosen.parts)]
    short = 0
    for name in wanted:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            if name == "answer":
                result = parts.answer(rounds=chosen.runs)
            elif name == "registry":
                result = parts.registry(rounds=chosen.runs)
            elif name == "pick":
                result = picking(rounds=chosen.runs)
            else:
                result = parts.host(name, rounds=chosen.runs, own_network=False if chosen.here else None)
        except LoadError as failure:
            print(f"The {name} load cannot be made here: {failure}", file=sys.stderr)
            return 4
        except subprocess.CalledProcessError as failure:
            print(f"{failure.cmd} failed:\n{failure.stderr}", file=sys.stderr)
            return 4
        report.keep(name, result)
        print("\n".join(report.section(result)))
        short += sum("short" in report.word(row) for row in result["demands"]) + len(result["wrong"])
    return 1 if short else 0


def _is_load(name: str, parts_named: list[str]) -> bool:
    return "host" in parts_named and name in ("small", "medium", "large")


if __name__ == "__main__":
    raise SystemExit(main())
