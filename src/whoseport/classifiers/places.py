"""What kind of place is a path: temporary, hidden, the system's, or one where people and tools install by hand?

Pure text: what lies there and who may write is told elsewhere (ExecutableFile.open_to_all).
"""

from __future__ import annotations

from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Place = Literal["temporary", "hidden", "system", "by-hand"]

TEMPORARY = (
    "/tmp/",
    "/var/tmp/",
    "/usr/tmp/",
    "/dev/",
    "/proc/",
    "/sys/",
    "/run/user/",
    "/run/shm/",
    "/run/lock/",
    "/var/lock/",
    "/var/crash/",
    "/private/tmp/",
    "/private/var/tmp/",
)
"""Folders that anybody may write or that a restart empties, and those of the kernel, where no program belongs."""

SHARED_MEMORY = ("/dev/shm/", "/run/shm/")

SYSTEM = (
    "/usr/bin/",
    "/usr/sbin/",
    "/usr/lib/",
    "/usr/lib64/",
    "/usr/lib32/",
    "/usr/libexec/",
    "/usr/share/",
    "/usr/games/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/nix/store/",
    "/gnu/store/",
    "/snap/",
    "/var/lib/snapd/",
    "/var/lib/flatpak/",
    "/System/",
    "/Library/",
)
"""Folders that package managers fill."""

# Folders whose name begins with a dot in which tools keep programs, by habit of the tool and not of a user
TOOL_FOLDERS = words(
    """
    .local .cache .config .var .nix-profile .nix-defexpr .guix-profile .linuxbrew .snap .flatpak .wine .steam
    .nvm .nodenv .fnm .volta .npm .npm-global .npm-packages .pnpm .pnpm-store .yarn .bun .deno .node .node_modules
    .node-gyp .n .proto .mise .rtx .asdf .sdkman .jenv .jabba .jdks .goenv .gvm .go .g .tfenv .tenv .pkgx .aqua .krew
    .pyenv .venv .venvs .virtualenv .virtualenvs .env .envs .tox .nox .conda .mamba .micromamba .miniconda .miniforge
    .anaconda .pixi .rye .uv .poetry .pdm .hatch .pipx .direnv .devbox .devenv .flox .eggs .ipython .jupyter .julia
    .juliaup .rbenv .rvm .gem .bundle .chruby .rubies .cargo .rustup .ghcup .cabal .stack .stack-work .opam .esy .elan
    .swiftly .swiftpm .build .dotnet .nuget .mono .gradle .m2 .mvn .ivy2 .sbt .coursier .lein .jbang .konan .bazel
    .bazelisk .buck .pants.d .ccache .conan .conan2 .vcpkg .platformio .arduino15 .espressif .pub-cache .dart_tool
    .flutter .fvm .android .mix .hex .kiex .exenv .erlang .luarocks .luaver .perlbrew .plenv .cpan .cpanm .phpenv
    .phpbrew .composer .symfony .symfony5 .wasmer .wasmtime .wasmedge .meteor .next .nuxt .output .svelte-kit .vercel
    .netlify .wrangler .serverless .aws-sam .amplify .firebase .turbo .angular .astro .parcel-cache .bin .vscode
    .vscode-server .vscode-server-insiders .vscode-insiders .vscode-oss .vscode-remote .vscode-test .cursor
    .cursor-server .windsurf .windsurf-server .codeium .trae .trae-server .zed .zed_server .positron .positron-server
    .theia .openvscode-server .fleet .jetbrains .toolbox .emacs.d .vim .nvim .spacemacs .atom .sublime .claude .codex
    .gemini .aider .continue .copilot .opencode .goose .worktrees .git .hg .svn .docker .rd .lima .colima .minikube .k3d
    .kube .helm .istioctl .linkerd2 .dapr .arkade .pulumi .terraform .terraform.d .terragrunt-cache .terraform.versions
    .foundry .brownie .hardhat .anchor .solana .avm .sui .near .bitcoin .ethereum .ollama .lmstudio .llama .gpt4all
    .huggingface .triton .keras .nv .cuda .fly .railway .temporalio .supabase .turso .surrealdb .pocketbase .encore
    .kotlin .dropbox-dist .dropbox-dist-old .mozilla .thunderbird .minecraft .factorio .jenkins
    .buildkite-agent .github .gitlab-runner .runner .actions-runner .pulse .tor .tabnine .kite .sourcegraph
    .pytest_cache .mypy_cache .hypothesis .rpmdb .snapshots .zfs .osbuild .toolchains .sonar .sonarlint .wakatime
    """
)

_DATA = (".cache", ".config", ".local", ".var")
"""Where tools have folders of their own, and no programs beside these (XDG Base Directory Specification)."""

UNPACKED = (
    "/.mount_",
    "/_MEI",
    "/go-build",
    "/par-",
    "/.net/",
    "/onefile_",
    "/nuitka",
    "/rustdoctest",
    "/.org.chromium.",
)
"""Parts of paths where bundles (AppImage, PyInstaller, PAR, .NET, Nuitka) and build tools put what they run at once."""

BY_HAND = (
    "/usr/local/",
    "/opt/",
    "/srv/",
    "/home/",
    "/root/",
    "/Users/",
    "/var/lib/",
    "/var/www/",
    "/mnt/",
    "/data/",
    "/app/",
)
"""Folders where people and tools install without a package manager."""

_known: dict[str, Place | None] = {}
_MOST_KNOWN = 8192


def place_of(path: str) -> Place | None:
    """The kind of the place that a file lies in; None for one of no kind (`/builds/app/server`).

    >>> place_of("/tmp/x"), place_of("/home/ana/.x/a"), place_of("/usr/sbin/nginx"), place_of("/root/.nvm/node")
    ('temporary', 'hidden', 'system', 'by-hand')
    """
    if path in _known:
        return _known[path]
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    _known[path] = place = _place_of(path)
    return place


def _place_of(path: str) -> Place | None:
    if path.startswith(TEMPORARY):
        return "temporary"
    if hidden_part(path) is not None:
        return "hidden"
    if path.startswith(SYSTEM):
        return "system"
    if path.startswith(BY_HAND):
        return "by-hand"
    return None


def hidden_part(path: str) -> str | None:
    """The first part of a path that hides by a leading dot, or by being blank, and is no tool's own folder.

    >>> hidden_part("/home/ana/.cache/.x/srv"), hidden_part("/home/ana/.venv/bin/python3"), hidden_part("/tmp/... /a")
    ('.x', None, '... ')
    """
    if "/." not in path and "/ " not in path and " /" not in path:
        return None
    folder = base_name(path[: path.rfind("/")])
    if folder in _DATA or path[: path.rfind("/")].endswith("/.local/share"):
        return folder
    for part in path.split("/"):
        if not part:
            continue
        if part.startswith(".") and part not in TOOL_FOLDERS and not _of_a_tool(part, path):
            return part
        if not part.strip():
            return part
    return None


def is_unpacked(path: str) -> bool:
    """Whether a bundle or a build tool unpacks or builds there what it runs.

    >>> is_unpacked("/tmp/go-build123/b001/exe/main"), is_unpacked("/tmp/x/main")
    (True, False)
    """
    return any(part in path for part in UNPACKED)


def base_name(path: str) -> str:
    """The last part of a path.

    >>> base_name("/usr/sbin/nginx"), base_name("nginx")
    ('nginx', 'nginx')
    """
    return path[path.rfind("/") + 1 :]


def inside(path: str, folder: str) -> bool:
    """Whether a path lies below a folder.

    >>> inside("/a/b/c", "/a/b"), inside("/a/bc", "/a/b"), inside("/a", "/")
    (True, False, True)
    """
    return path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _of_a_tool(part: str, path: str) -> bool:
    """AppImage's mounts, .NET's unpacked bundles, Nix's wrapped programs (`.x-wrapped`), Rust's temporary folders."""
    if part.startswith((".mount_", ".tmp", ".python-", ".ruby-", ".nvmrc", ".vscode", ".cursor", ".org.chromium.")):
        return True
    return part == ".net" or (part.endswith("-wrapped") and path.startswith(("/nix/store/", "/gnu/store/")))
