"""What does whoseport say of what a den serves on a port?"""

from __future__ import annotations

from typing import Any

from tests.zoo.den import Den

WORSE = ("none", "note", "undetermined", "suspicious")


def judge(den: Den, port: int, *, transport: str = "tcp", arguments: tuple[str, ...] = ()) -> dict[str, Any]:
    """The verdict on the worst of the listeners on the port, with its findings as `found` and owners."""
    host = den.whoseport(f"{port}/{transport}", "--json", *arguments)["host"]
    mine = [one for one in host["listeners"] if one["netns"] == host["netns"]]
    assert mine, f"nothing was seen on {port}/{transport}: {host['port_state']}"
    worst = max(mine, key=lambda one: WORSE.index(one["verdict"]["concern"]))
    told: dict[str, Any] = dict(worst["verdict"])
    told["found"] = {one["claim"]: one["evidence"] for one in worst["findings"]}
    told["owners"] = [(one["name"], one["executable"], one["command"]) for one in worst["owners"]]
    told["unseen"] = host["unseen"]
    return told
