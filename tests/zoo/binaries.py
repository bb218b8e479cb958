"""Small programs of the tests' own, compiled where they are needed: listeners that do nothing and end by themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

LISTENER = r"""
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef LOAD
#include <dlfcn.h>
#endif
static int serve(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int made = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(made, (struct sockaddr *)&to, sizeof to) || listen(made, 5)) return 1;
    for (;;) {
        int got = accept(made, 0, 0);
        if (got >= 0) close(got);
    }
}
int main(int count, char **words) {
    alarm(300);
    int port = atoi(words[count - 1]);
#ifdef NAME
    prctl(PR_SET_NAME, NAME, 0, 0, 0);
#endif
#ifdef LOAD
    if (!dlopen(LOAD, RTLD_NOW)) return 2;
#endif
#ifdef TITLE
    /* over its own arguments and environment, as setproctitle(3) does */
    char *end = words[count - 1] + strlen(words[count - 1]);
    memset(words[0], 0, end - words[0]);
    strncpy(words[0], TITLE, end - words[0]);
#endif
    return serve(port);
}
"""

LIBRARY = r"""
int harmless(void) { return 0; }
"""


def _compiler() -> str:
    for name in ("gcc", "cc", "tcc"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no C compiler is installed")


def listener(path: Path, **defines: str) -> Path:
    """A program at the path that listens on the port that its last argument gives, on loopback, for five minutes.

    `NAME` is what it calls itself (prctl(2), PR_SET_NAME), `TITLE` what it writes over its command line, `LOAD` a
    library that it loads (dlopen(3)).
    """
    options = [f'-D{name}="{value}"' for name, value in defines.items()]
    subprocess.run(
        [_compiler(), *options, "-o", str(path), "-x", "c", "-", "-ldl"],
        input=LISTENER,
        text=True,
        check=True,
        timeout=60,
    )
    path.chmod(0o755)
    return path


def library(path: Path) -> Path:
    """A shared library that does nothing."""
    subprocess.run(
        [_compiler(), "-shared", "-fPIC", "-o", str(path), "-x", "c", "-"],
        input=LIBRARY,
        text=True,
        check=True,
        timeout=60,
    )
    return path
