"""Does another process hold this one in hand? A debugger does; so does who injects code by ptrace(2)."""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import base_name, place_of
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding

DEBUGGERS = words(
    "gdb gdbserver lldb lldb-server strace ltrace rr dlv perf uftrace valgrind proot fakeroot-ng code-lldb codelldb "
    "debugserver vsdbg netcoredbg drgdb rust-gdb rust-lldb cgdb ptyxis runsc reptyr sydbox bpftrace systemd-coredump"
)


def findings(subject: Subject) -> list[Finding]:
    """`traced`, and what explains it: a debugger from where programs are installed, or the parent that started it."""
    tracer = subject.process.traced_by
    if tracer is None:
        return []
    observed = f"TracerPid {tracer.pid} {tracer.executable or tracer.name}"
    made = [found("traced", "proven", subject.link("status"), observed)]
    name = base_name(tracer.executable) if tracer.executable else tracer.name
    if name.rstrip("0123456789.-") in DEBUGGERS or name in DEBUGGERS:
        place = place_of(tracer.executable) if tracer.executable else None
        if tracer.executable is None or place not in ("temporary", "hidden"):
            made.append(found("debugger-of-same-user", "likely", f"/proc/{tracer.pid}/exe", tracer.executable or name))
    return made
