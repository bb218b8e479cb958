"""Compiles what others report of ports into our own facts: malware's servers by port, and the ports browsers refuse.

    python tools/compile_reports.py MALTRAIL.csv ATTACK.csv BROWSERS.json

writes data/reported/*.tsv and data/browsers/refused.tsv. Numbers, names, dates and references only; no sentence of a
source. What ATT&CK's sentences say of a port had to be read by a person: `READ` holds what was understood.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
MOST_REFERENCES = 3

READ: dict[str, list[tuple[str, str, tuple[int, ...]]]] = {
    # ATT&CK identifier: (transport or "", side, ports) for each sentence that tells where malware talks to or listens
    "C0014": [("", "remote", (25667, 47000))],
    "C0021": [("tcp", "remote", (443,))],
    "C0056": [("", "listening", (45678,))],
    "G0047": [("", "remote", (6856, 9050))],
    "G0059": [("tcp", "remote", (4443, 10151))],
    "G0064": [("tcp", "remote", (808, 880))],
    "G0090": [("", "remote", (2083, 2087))],
    "G0091": [("", "remote", (444,))],
    "G0099": [("", "remote", (4050,))],
    "G0105": [("", "listening", (5190, 7900)), ("", "remote", (4444, 4445, 31337))],
    "G0106": [("", "remote", (51640,))],
    "G1042": [("tcp", "remote", (8080,))],
    "G1052": [("tcp", "remote", (1224,))],
    "S0021": [("", "remote", (443,))],
    "S0034": [("udp", "remote", (6000,)), ("tcp", "remote", (7519,))],
    "S0042": [("", "remote", (443,))],
    "S0045": [("", "remote", (80,))],
    "S0085": [("", "remote", (80, 443, 8080))],
    "S0149": [("", "remote", (53, 80, 443, 8080))],
    "S0237": [("tcp", "remote", (46769,))],
    "S0239": [("", "listening", (1058,))],
    "S0245": [("", "remote", (443, 8000))],
    "S0246": [("tcp", "listening", (443,))],
    "S0263": [("", "remote", (443, 8080, 8443))],
    "S0266": [("", "remote", (447, 8082))],
    "S0352": [("tcp", "remote", (443,))],
    "S0376": [("tcp", "remote", (443,))],
    "S0377": [("udp", "remote", (53,))],
    "S0385": [("", "remote", (1177,))],
    "S0412": [("", "remote", (1985, 1986))],
    "S0428": [("", "remote", (143,))],
    "S0455": [("tcp", "remote", (9999,))],
    "S0461": [("tcp", "remote", (443,))],
    "S0491": [("", "remote", (1402,))],
    "S0493": [("", "remote", (8090, 9002, 9005, 9006, 33666))],
    "S0515": [("tcp", "remote", (25,))],
    "S0532": [("", "remote", (10001,))],
    "S0574": [("", "remote", (443,))],
    "S0610": [("", "remote", (80, 443))],
    "S0670": [("tcp", "remote", (5200,))],
    "S1016": [("tcp", "remote", (5633,))],
    "S1031": [("", "remote", (8080,))],
    "S1049": [("tcp", "remote", (4585,))],
    "S1078": [("tcp", "remote", (443,))],
    "S1085": [("", "remote", (443,))],
    "S1106": [("tcp", "remote", (30003,))],
    "S1130": [("", "remote", (8080,))],
    "S1211": [("udp", "listening", (5900,))],
    "S1218": [("tcp", "listening", (546,))],
    "S1245": [("", "remote", (1224, 2245, 8637))],
    "S1246": [("", "remote", (1224, 1244))],
}

FETCH_FIRST = "2016-03-10"


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    maltrail, attack, browsers = (Path(argument) for argument in arguments)
    _write(DATA / "reported" / "maltrail.tsv", _maltrail(maltrail))
    _write(DATA / "reported" / "attack.tsv", _attack(attack))
    _write(DATA / "browsers" / "refused.tsv", _browsers(browsers))
    return 0


def _maltrail(path: Path) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("port", "transport", "side", "family", "endpoints", "identifier", "references")]
    with path.open(newline="", encoding="utf-8") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: (int(row["port"]), row["family"])):
            references = " ".join(list(_links(row["sample_references"]))[:MOST_REFERENCES])
            rows.append((row["port"], "", "remote", row["family"], row["endpoints_on_port"], "", references))
    return rows


def _attack(path: Path) -> list[tuple[str, ...]]:
    named: dict[str, str] = {}
    references: dict[str, dict[str, None]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            named[row["attack_id"]] = row["name"]
            references.setdefault(row["attack_id"], {}).update(_links(row["reference_urls"]))
    rows = []
    for identifier, sentences in READ.items():
        links = " ".join(list(references[identifier])[:MOST_REFERENCES])
        for transport, side, ports in sentences:
            rows += [(str(port), transport, side, named[identifier], "", identifier, links) for port in ports]
    rows.sort(key=lambda row: (int(row[0]), row[3]))
    return [("port", "transport", "side", "family", "endpoints", "identifier", "references"), *rows]


def _browsers(path: Path) -> list[tuple[str, ...]]:
    lists = json.loads(path.read_text(encoding="utf-8"))
    added = lists["whatwg_fetch"]["added"]
    since = {port: day for day, ports in added.items() if isinstance(ports, list) for port in ports}
    rows = [("port", "browser", "since")]
    for browser, key in (("fetch-standard", "whatwg_fetch"), ("firefox", "firefox"), ("chromium", "chromium")):
        for port in lists[key]["ports"]:
            rows.append((str(port), browser, since.get(port, FETCH_FIRST) if key == "whatwg_fetch" else ""))
    return [rows[0], *sorted(rows[1:], key=lambda row: int(row[0]))]


def _links(text: str) -> dict[str, None]:
    return dict.fromkeys(word for word in text.split() if word.startswith("http"))


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    if any("\t" in cell or "\n" in cell for row in rows for cell in row):
        raise SystemExit(f"{path.name}: a cell holds a tab or a line break")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
