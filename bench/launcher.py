"""What did one command cost? This small process starts it, waits for it, and tells: run by measuring.py, with -I -S.

It is small for a reason: the peak memory that the kernel reports of a process begins with that of the one it was forked
from (setmax_mm_hiwater_rss in exec_mmap, fs/exec.c), so a command's peak can be told only down to this one's size.

Standard input: marshalled (command, environment, file for its output, file for its errors), one after the other.
Standard output: for each (exit status, seconds, seconds of processor time, peak memory in KiB).
"""

import marshal
import os
import sys
import time


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    os.chdir("/")
    while True:
        try:
            command, environment, output, errors = marshal.load(requests)
        except EOFError:
            return
        nothing = (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)
        to_file = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        complaints = (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        started = time.perf_counter()
        pid = os.posix_spawn(command[0], command, environment, file_actions=[nothing, to_file, complaints])
        _pid, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - started
        busy = usage.ru_utime + usage.ru_stime
        marshal.dump((os.waitstatus_to_exitcode(status), seconds, busy, usage.ru_maxrss), answers)
        answers.flush()


if __name__ == "__main__":
    main()
