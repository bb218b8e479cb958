"""What was measured, and was it enough? Keeps results as JSON, and writes the tables of bench/README.md from them."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measuring import Series

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
README = HERE / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def demand(
    what: str, against: str, value: float, *, unit: str = "x", must: float | None = None, aim: float | None = None
) -> dict[str, Any]:
    """One figure, lower is better, with what it must not exceed and what it should reach."""
    return {"what": what, "against": against, "value": value, "unit": unit, "must": must, "aim": aim}


def word(row: Mapping[str, Any]) -> str:
    """What a figure amounts to: `aim met`, `met`, `falls short`, or nothing where nothing is demanded."""
    if row["aim"] is not None and row["value"] <= row["aim"]:
        return "aim met"
    if row["must"] is not None:
        return "met" if row["value"] <= row["must"] else "**falls short**"
    return "" if row["aim"] is None else "aim missed"


def part(
    title: str,
    *,
    series: Mapping[str, Series],
    demands: Sequence[Mapping[str, Any]],
    wrong: Sequence[str] = (),
    notes: Sequence[str] = (),
    busy: float | None = None,
) -> dict[str, Any]:
    """The results of one part, as they are kept. `busy`: the load average of the machine before it began."""
    return {
        "title": title,
        "taken": time.strftime("%Y-%m-%d", time.gmtime()),
        "busy": None if busy is None else round(busy, 1),
        "commands": [
            {
                "command": name,
                "runs": len(taken.seconds),
                "median": round(taken.median * 1000, 2),
                "least": round(min(taken.seconds) * 1000, 2),
                "most": round(max(taken.seconds) * 1000, 2),
                "processor": round(statistics.median(taken.busy) * 1000, 2),
                "peak": round(taken.peak / 1024, 1),
            }
            for name, taken in series.items()
        ],
        "demands": [{**row, "value": round(row["value"], 3)} for row in demands],
        "wrong": list(wrong),
        "notes": list(notes),
    }


def keep(name: str, result: Mapping[str, Any]) -> None:
    """Keeps the results of a part in place of its former ones, and writes the tables anew."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[name] = result
    results["machine"] = machine()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    if README.exists():
        README.write_text(with_tables(README.read_text(), results))


def with_tables(page: str, results: Mapping[str, Any]) -> str:
    """The page with what stands between the two marks replaced by the tables."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(results)}\n{END}{after}"


def tables(results: Mapping[str, Any]) -> str:
    lines = [f"{results['machine']}\n"]
    for name in ("answer", "registry", "pick", "small", "medium", "large"):
        if name in results:
            lines += section(results[name])
    return "\n".join(lines)


def section(result: Mapping[str, Any]) -> list[str]:
    lines = [f"### {result['title']}", "", measured(result)]
    lines += ["", *(f"{note}  " for note in result["notes"])] if result["notes"] else []
    lines += ["", "| what | against | result | must | aim | |", "|---|---|---|---|---|---|"]
    for row in result["demands"]:
        must, aim = ("" if row[limit] is None else f"{row[limit]:g}{unit(row)}" for limit in ("must", "aim"))
        shown = f"{row['value']:.3g}{unit(row)}"
        lines.append(f"| {row['what']} | {row['against']} | {shown} | {must} | {aim} | {word(row)} |")
    lines += [
        "",
        "| whole process | median ms | least | most | processor ms | peak MB | runs |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in result["commands"]:
        name = row["command"].replace("|", "\\|")
        figures = " | ".join(f"{row[key]:,.1f}" for key in ("median", "least", "most", "processor"))
        lines.append(f"| `{name}` | {figures} | {row['peak']:.1f} | {row['runs']} |")
    lines += ["", *(f"- Left out: {failure}" for failure in result["wrong"])] if result["wrong"] else []
    return [*lines, ""]


def measured(result: Mapping[str, Any]) -> str:
    busy = result["busy"]
    return f"Measured {result['taken']}" + ("." if busy is None else f", the load average before it being {busy:g}.")


def unit(row: Mapping[str, Any]) -> str:
    return row["unit"] if row["unit"] == "x" else f" {row['unit']}"


def machine() -> str:
    """The system, in one line: kernel, processors, Python, and the versions of the tools compared with."""
    tools = [version_of(*words) for words in (("ss", "-V"), ("lsof", "-v"), ("netstat", "--version"))]
    told = ", ".join(tool for tool in tools if tool)
    return (
        f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} processors, "
        f"{platform.python_implementation()} {platform.python_version()}; {told}."
    )


def version_of(*words: str) -> str | None:
    """The first line with a digit of what a tool says of its version; None where it is not installed."""
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    for line in (said.stdout + said.stderr).splitlines():
        if any(letter.isdigit() for letter in line):
            return f"{words[0]} {line.strip().removeprefix(words[0]).strip(' ,:')}"
    return None
