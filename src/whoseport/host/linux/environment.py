"""Which environment variables of a process matter here? A closed list: everything else may be a secret.

They tell what is loaded into the process, what started it, and under which name and port it was meant to run.
"""

from __future__ import annotations

WANTED = frozenset(
    name.encode()
    for name in (
        # what is loaded into it, or run before it
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "GCONV_PATH"),
        *("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "NODE_OPTIONS", "NODE_PATH", "PERL5LIB", "PERL5OPT"),
        *("RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "DOTNET_STARTUP_HOOKS"),
        # what it is meant to be
        *("PORT", "HOST", "NODE_ENV", "RAILS_ENV", "RACK_ENV", "MIX_ENV", "APP_ENV", "ASPNETCORE_ENVIRONMENT"),
        *("ASPNETCORE_URLS", "DOTNET_WATCH", "FLASK_APP", "FLASK_DEBUG", "FLASK_ENV", "FLASK_RUN_FROM_CLI"),
        *("FLASK_RUN_PORT", "DJANGO_SETTINGS_MODULE", "RUN_MAIN", "WERKZEUG_RUN_MAIN", "VIRTUAL_ENV", "CONDA_PREFIX"),
        # what started it: package scripts, editors, agents, terminals
        *("npm_lifecycle_event", "npm_lifecycle_script", "npm_package_name", "npm_config_user_agent", "npm_command"),
        *(
            "INIT_CWD",
            "MAKELEVEL",
            "TERM_PROGRAM",
            "TERMINAL_EMULATOR",
            "VSCODE_PID",
            "VSCODE_IPC_HOOK_CLI",
            "VSCODE_CWD",
        ),
        *("NVIM", "INSIDE_EMACS", "JPY_PARENT_PID", "PM2_HOME", "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME"),
        *("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CURSOR_AGENT", "CURSOR_TRACE_ID", "GEMINI_CLI", "OPENCODE"),
        *("CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED", "CODEX_THREAD_ID", "CODEX_CI", "CODEX_HOME"),
        *("AIDER_MODEL", "AIDER_CHAT_HISTORY_FILE", "TMUX", "STY", "SSH_CONNECTION", "SUDO_USER"),
        # what holds it: service managers, containers, bundles
        *("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET"),
        *(
            "APPIMAGE",
            "SNAP",
            "SNAP_NAME",
            "FLATPAK_ID",
            "KUBERNETES_SERVICE_HOST",
            "container",
            "_MEIPASS2",
            "_PYI_ARCHIVE_FILE",
        ),
    )
)
_STARTS = frozenset(name[:3] for name in WANTED)
LONGEST_VALUE = 4096


def wanted(content: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Name and value, bounded, of the wanted variables in /proc/PID/environ (proc_pid_environ(5)), the first of a name.

    What a program wrote over its environment (a title) is passed over, as no name of the list is in it.

    >>> wanted(b"SECRET=1\\0PORT=3000\\0\\0PORT=1\\0junk")
    ((b'PORT', b'3000'),)
    """
    found: dict[bytes, bytes] = {}
    for entry in content.split(b"\0"):
        if entry[:3] in _STARTS:
            name, equals, value = entry.partition(b"=")
            if name in WANTED and equals and name not in found:
                found[name] = value[:LONGEST_VALUE]
    return tuple(found.items())
