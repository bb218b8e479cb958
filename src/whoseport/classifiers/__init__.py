"""What is each listener, and is there cause for concern? `judge` is the door; it reads an inspection, nothing else."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.model import Inspection, Software, Transport

    Named = Callable[[str], tuple[Software, ...]]
    At = Callable[[int, Transport], tuple[Software, ...]]


def judge(inspection: Inspection, *, named: Named, at: At) -> Inspection:
    """The inspection with findings and a verdict for every listener, and findings on the port where it is of one.

    `named(name)` gives the software known by a program's, script's, package's or unit's name in lower case, `at(port,
    transport)` that commonly run there. Pure: what was saved is judged as on the spot.
    """
    if inspection.listeners:
        from whoseport.classifiers.judging import judged

        inspection = inspection.replace(listeners=judged(inspection, named=named, at=at))
    if inspection.port_state is None:
        return inspection
    from whoseport.classifiers import port

    on_port = port.findings(inspection)
    return inspection.replace(findings=on_port, port_state=port.settled(inspection, on_port))
