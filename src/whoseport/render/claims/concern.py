"""What do the signs of concern mean, strong and weak, and what speaks against them?"""

from __future__ import annotations

from whoseport.render.claims.meaning import Meaning
from whoseport.render.language import worded

MEANINGS: dict[str, Meaning] = {
    # strong
    "executable-deleted": Meaning(
        looked=worded(
            "/proc/PID/exe: the file that runs has no name any more, and no upgrade put another in its place."
        ),
        matters=worded("Malware removes its file after the start, so that nothing is left to be examined."),
        honest=worded("Upgraded packages (told apart by their new file), builds that overwrite what they just ran."),
        next=worded("Copy the file before it ends: sudo cp /proc/PID/exe FILE. Then look at parents and connections."),
    ),
    "executable-in-memory": Meaning(
        looked=worded("/proc/PID/exe: it points to memory (memfd_create(2)) and never was a file on disk."),
        matters=worded("It leaves no trace on disk; loaders of malware start their payload so."),
        honest=worded("runc, which copies itself into memory to protect the host, and a few container tools."),
        next=worded("Copy it before it ends: sudo cp /proc/PID/exe FILE. Then find what started it."),
    ),
    "code-in-memory": Meaning(
        looked=worded("/proc/PID/maps: executable memory that belongs to no file, or to one in memory only."),
        matters=worded("Injected code runs inside an innocent program in just this way."),
        honest=worded("Just-in-time compilers (Java, JavaScript, PCRE, LuaJIT), which are known and taken out."),
        next=worded("sudo cat /proc/PID/maps shows the places; save the memory before the process ends."),
    ),
    "kernel-thread-name": Meaning(
        looked=worded("The name and command line, such as [kworker/0:1], of a process that is no kernel thread."),
        matters=worded(
            "Kernel threads have no executable, and no listening sockets of this kind; only a disguise does."
        ),
        honest=worded("None that is known."),
        next=worded("sudo ls -l /proc/PID/exe shows the program behind the name."),
    ),
    "imitates-program": Meaning(
        looked=worded("The name under which it runs, against the executable and where that program normally lies."),
        matters=worded("To look like sshd or nginx in a list is the cheapest disguise."),
        honest=worded("Programs that set their title, busybox, and version managers, which are taken out."),
        next=worded("Compare: sudo ls -l /proc/PID/exe, and the path of the real program."),
    ),
    "deceptive-name": Meaning(
        looked=worded("The characters of the name and path: blanks, invisible or reversing ones, look-alike letters."),
        matters=worded("It is made so that people read something else than what is there."),
        honest=worded("File names in other scripts, which are no sign; mixed scripts in one word are."),
        next=worded("whoseport -v PORT shows the name with everything invisible escaped."),
    ),
    "file-changed": Meaning(
        looked=worded("The executable's checksum, against the one in its package's own list."),
        matters=worded("A system's program that was replaced may do anything under a trusted name."),
        honest=worded("Locally rebuilt programs, and prelink on old systems."),
        next=worded("Reinstall the package and compare, or verify all: dpkg --verify, rpm -Va."),
    ),
    "shell-on-socket": Meaning(
        looked=worded("Descriptors 0, 1 and 2 of the process and its children: a shell's lead to a network socket."),
        matters=worded("Whoever is at the other end types commands here."),
        honest=worded("Hardly any: ssh and telnet put a terminal in between."),
        next=worded("See who is connected: whoseport --peers PORT. Unplug the network before you end it."),
    ),
    "shell-on-pipe": Meaning(
        looked=worded("A shell whose input and output are pipes that lead to the listening process."),
        matters=worded("A backdoor passes a connection on to a shell in this way."),
        honest=worded("Test runners, build servers and editors, whose commands do not come from the network."),
        next=worded("whoseport -v PORT shows both ends; whoseport --peers PORT who is connected."),
    ),
    "offers-shell": Meaning(
        looked=worded("The command line: nc -e, socat EXEC and their like, with a shell at the end."),
        matters=worded("Everybody who connects gets a shell of this user."),
        honest=worded("Exercises, and consoles on a closed network."),
        next=worded("Find who typed it: parents, user and start are on the page."),
    ),
    "inline-shell": Meaning(
        looked=worded(
            "A program given on the command line (python -c, perl -e), which starts a shell or an interpreter."
        ),
        matters=worded("This is how a remote shell in one line is made."),
        honest=worded("Hardly any program that listens."),
        next=worded("Read it whole: whoseport -v PORT. Then look who is connected: --peers."),
    ),
    "inline-encoded": Meaning(
        looked=worded("A program given on the command line that decodes itself (base64, hex, zlib) before it runs."),
        matters=worded("Encoding hides what a program does from those who read the list of processes."),
        honest=worded("Configuration tools that carry their modules so, but those do not listen."),
        next=worded("Decode it without running it, and read what it does."),
    ),
    "preloaded-from-odd-place": Meaning(
        looked=worded(
            "LD_PRELOAD and LD_AUDIT, as the process was started: a library from a temporary, hidden or open folder."
        ),
        matters=worded("A preloaded library can change and hide all that the program does."),
        honest=worded("faketime, jemalloc, proxychains and their like, which lie in usual folders."),
        next=worded("Examine the library that is named: whose it is, and since when it is there."),
    ),
    "hidden-from-view": Meaning(
        looked=worded("Several views of the same sockets or processes; one shows what another keeps back."),
        matters=worded("Hiding a socket from the system's tools is what rootkits are for."),
        honest=worded("Sockets that come and go during the look are taken out by a second one."),
        next=worded("Trust no tool on this machine; look from outside, or start it from another medium."),
    ),
    # weak
    "temporary-place": Meaning(
        looked=worded("The path of the executable: /tmp, /var/tmp, /dev/shm or /run/user."),
        matters=worded("Everybody may write there, and what is there is not meant to stay."),
        honest=worded("A developer's own test, build tools, AppImages, installers."),
        next=worded("Ask the user that it runs as."),
    ),
    "hidden-place": Meaning(
        looked=worded("The path of the executable: a folder whose name begins with a dot."),
        matters=worded("It does not show in an ordinary list of files."),
        honest=worded("Version managers, editors and package managers of users (~/.local, ~/.cargo, ~/.nvm)."),
        next=worded("See what else the folder holds."),
    ),
    "open-to-all": Meaning(
        looked=worded("The mode of the executable, and of every folder on the way to it."),
        matters=worded("Any user can put another program in its place."),
        honest=worded("Shared folders, and disks that know no permissions."),
        next=worded("Take the right to write from others: chmod o-w PATH."),
    ),
    "executable-replaced": Meaning(
        looked=worded("/proc/PID/exe: another file lies under the name from which it was started."),
        matters=worded("What runs is not what the file now shows."),
        honest=worded("Upgraded packages and new builds: the old program runs until it is restarted."),
        next=worded("Restart it, if you upgraded it. If not, compare /proc/PID/exe with the file."),
    ),
    "executable-removed": Meaning(
        looked=worded(
            "/proc/PID/exe: the file has no name any more, in a project that builds it or a folder of versions."
        ),
        matters=worded("What runs can no longer be compared with a file."),
        honest=worded("Builds that are cleaned or made anew, and tools that keep each version in a folder of its own."),
        next=worded(
            "Restart it from a fresh build. If nobody builds there: sudo cp /proc/PID/exe FILE, and examine it."
        ),
    ),
    "script-deleted": Meaning(
        looked=worded("The script that the command line names: it is not there any more."),
        matters=worded("What the interpreter runs can no longer be read."),
        honest=worded("Scripts that are installed anew, temporary ones of tools, another checked-out branch."),
        next=worded("Ask the user; the command line tells where it was."),
    ),
    "script-in-odd-place": Meaning(
        looked=worded("The path of the script: a temporary or hidden folder."),
        matters=worded("An interpreter from the system can run code from anywhere."),
        honest=worded("Tests, notebooks, and tools that unpack themselves."),
        next=worded("Read the script."),
    ),
    "server-without-package": Meaning(
        looked=worded("The name is a known server's, but neither a package nor a unit of it is behind it."),
        matters=worded("It may be that server, built by hand, or something that borrows its name."),
        honest=worded("Servers that were compiled, downloaded, or come with a development environment."),
        next=worded("Look at the file's owner, times and SHA-256: whoseport -v PORT."),
    ),
    "inline-program": Meaning(
        looked=worded("The command line holds the program itself: python -c, node -e, perl -e."),
        matters=worded("No file is left that could be read later."),
        honest=worded("Quick tests; the helpers that runtimes start for themselves are known and left out."),
        next=worded("Read it: whoseport -v PORT shows it whole."),
    ),
    "program-from-input": Meaning(
        looked=worded("An interpreter without a script, whose standard input is a pipe or a socket."),
        matters=worded("The program came from elsewhere and left no file, as in curl ... | sh."),
        honest=worded("Installers, and here-documents in scripts."),
        next=worded("Look at its parents for where it came from."),
    ),
    "traced": Meaning(
        looked=worded("TracerPid in /proc/PID/status."),
        matters=worded("Who traces a process can read and change all of it."),
        honest=worded("gdb, strace, debuggers of editors, crash reporters."),
        next=worded("The tracer is named by whoseport -v PORT."),
    ),
    "odd-capabilities": Meaning(
        looked=worded("Its effective capabilities, and the setuid bit and capabilities of its file."),
        matters=worded("With more rights than its user has, a fault in it harms more."),
        honest=worded("Network tools, sandboxes, and servers that bind low ports."),
        next=worded("getcap FILE and ls -l FILE show where they come from."),
    ),
    "runs-others-file-as-root": Meaning(
        looked=worded("The user of the process, and the owner and mode of the file that it runs."),
        matters=worded("Who may change the file decides what root does."),
        honest=worded("Programs unpacked by tar, which keeps the owner; what was started with sudo is left out."),
        next=worded("Run it as the owner of the file, or give the file to root."),
    ),
    "wider-than-configured": Meaning(
        looked=worded("The address of the socket, against the one in its own configuration file."),
        matters=worded("It answers others although its configuration keeps it to this machine."),
        honest=worded("A configuration that was edited since the start, or overridden on the command line."),
        next=worded("Restart it, and look again."),
    ),
    "library-from-odd-place": Meaning(
        looked=worded(
            "/proc/PID/maps and what an interpreter was told to load: code from a temporary or hidden folder."
        ),
        matters=worded("A library can be put under an honest program."),
        honest=worded("Python and Node modules that unpack themselves, JNI, and upgraded libraries."),
        next=worded("See to which package or project the library belongs."),
    ),
    "library-deleted": Meaning(
        looked=worded("/proc/PID/maps: executable memory mapped from a file that has no name any more."),
        matters=worded("The code that runs can no longer be compared with a file."),
        honest=worded("Upgraded libraries, modules that were built or installed anew."),
        next=worded("Restart it, if something was upgraded."),
    ),
    "interpreter-on-socket": Meaning(
        looked=worded("Descriptors 0, 1 and 2 of an interpreter: they lead to a network socket."),
        matters=worded("Whoever is at the other end may talk to it directly."),
        honest=worded("Services that inetd or a socket unit with Accept=yes starts."),
        next=worded("Look at the unit or parent that started it."),
    ),
    # against
    "package-upgraded": Meaning(
        looked=worded("The package's file list and times: a new file came by an upgrade after the process started."),
        matters=worded("It explains an executable that is deleted or replaced."),
        honest=worded("Every service that was not restarted after an upgrade."),
        next=worded("Restart the service, so that the new version runs: needrestart tells which."),
    ),
    "from-package": Meaning(
        looked=worded("The package databases of this system."),
        matters=worded("Its file came with a signed package; what it was told to do is another question."),
        honest=worded("All software of the distribution, also where it is misused, as nc or python."),
        next=worded("Nothing need be done."),
    ),
    "checksum-intact": Meaning(
        looked=worded("The executable's checksum, against the one in its package's own list."),
        matters=worded("The file was not changed after it was installed, unless the list was changed as well."),
        honest=worded("All software of the distribution."),
        next=worded("Nothing need be done."),
    ),
    "unit-of-package": Meaning(
        looked=worded("The file of the unit, and the package that owns it."),
        matters=worded("The service is started as its package means it to be."),
        honest=worded("Services of the distribution."),
        next=worded("systemctl cat UNIT shows also what was overridden."),
    ),
    "project-around": Meaning(
        looked=worded("The folder of the process: a project with sources or a repository."),
        matters=worded("An odd place or a missing package is ordinary for work in progress."),
        honest=worded("Everybody who develops."),
        next=worded("Nothing need be done, if the project is known to you."),
    ),
    "build-place": Meaning(
        looked=worded("The path, against those in which go run, cargo, AppImage, PyInstaller and others run programs."),
        matters=worded("It explains a temporary or hidden place."),
        honest=worded("Developers and users of self-contained programs."),
        next=worded("Look at the command that started it."),
    ),
    "debugger-of-same-user": Meaning(
        looked=worded("The program of the tracer: a known debugger, from where programs are installed."),
        matters=worded("It explains why the process is traced."),
        honest=worded("Everybody who debugs."),
        next=worded("Nothing need be done."),
    ),
}
