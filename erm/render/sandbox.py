"""What surrounds a drawing process: a root of its own, an own user, and nothing else to reach.

Covers namespaces, the private root, the unprivileged user, and the limits of a process. Where the
kernel refuses a part, drawing goes on without it and `Containment.missing` names it. Not covered:
when a process is started and stopped (`erm.render.worker`), and time (`erm.render.drawers`).
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from erm.render import kernel
from erm.render.fonts import fontconfig_text
from erm.tasks import package_folder, task_names

SCRATCH = "/scratch"
"""The only folder that a program can write to, inside its private root."""

OPEN_FILES, THREADS, FILE_BYTES = 64, 64, 32 << 20
"""Most open files and threads of a drawing process, and most bytes of one file it writes."""

NAMESPACES = "namespaces (own root, network, processes)"
FILTER = "system call filter (seccomp)"
USER = "separate user"
FILES = "file access rules (Landlock)"

_FIRST_USER = 2_000_000_000
_NOBODY = 65_534


@dataclass
class Containment:
    """What holds in this worker.

    Attributes:
        missing: protections that this machine does not allow, in words.
        namespaced: the worker has its own root, network and process ids.
        scratch: the folder that programs may write to, emptied after each.
        start_file: a file in it that libraries read while they warm up; "" where there is none.
        filter: the compiled filter of system calls; None where it is missing.
    """

    missing: list[str] = field(default_factory=list)
    namespaced: bool = False
    scratch: str = SCRATCH
    start_file: str = ""
    filter: bytes | None = None


def enter_namespaces(containment: Containment) -> None:
    """Give the caller's next child a root, a network, message queues and process ids of its own."""
    spaces = (
        kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWUTS
    )
    user, group = os.geteuid(), os.getegid()
    with contextlib.suppress(OSError):
        if user == 0:
            kernel.unshare(spaces)
            containment.namespaced = True
    if not containment.namespaced:
        try:
            kernel.unshare(spaces | kernel.CLONE_NEWUSER)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
            containment.namespaced = True
        except OSError:
            containment.missing.append(NAMESPACES)


def compile_filter(containment: Containment) -> None:
    """Compile the filter of system calls, or name it as missing."""
    try:
        containment.filter = kernel.compile_filter()
    except (ImportError, OSError, RuntimeError):
        containment.missing.append(FILTER)


def enter_root(
    containment: Containment, scratch_mb: int, fonts: Sequence[Path], programs: Sequence[str] = ()
) -> None:
    """Leave the machine's files for a root that holds only what drawing reads.

    ``programs`` are paths that an executable reads which the worker starts; it sees its own
    processes too. Without namespaces this is just a private scratch folder.
    """
    os.umask(0o022)  # whatever the caller's: another user draws, and must enter these folders
    if not containment.namespaced:
        containment.scratch = outer_scratch(os.getpid())
        os.mkdir(containment.scratch, 0o700)
        containment.start_file = os.path.join(containment.scratch, ".fonts.conf")
        Path(containment.start_file).write_text(fontconfig_text(fonts))
        _set_environment(containment.scratch, containment.start_file)
        return
    # both look at files and follow links, so before the old root moves
    shown = [
        (path, os.path.realpath(path), os.path.islink(path))
        for path in [*_readable(fonts), *programs]
    ]
    config = fontconfig_text(fonts)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=16m,mode=755")
    os.chdir("/tmp")
    os.mkdir("old")
    os.mkdir("new")
    kernel.pivot_root(".", "old")
    os.chdir("/")
    for path, real, is_link in shown:
        _show(path, real, is_link)
    for device in ("null", "zero", "full", "random", "urandom"):
        _bind(f"/old/dev/{device}", f"/new/dev/{device}")
    os.makedirs("/new/etc/fonts", exist_ok=True)
    Path("/new/etc/fonts/fonts.conf").write_text(config)
    os.makedirs("/new" + SCRATCH)
    os.makedirs("/new/proc")
    if not os.path.exists("/new/tmp"):
        os.symlink(SCRATCH, "/new/tmp")
    kernel.mount("/new", "/new", None, kernel.MS_BIND | kernel.MS_REC)
    os.chdir("/new")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")
    if programs:
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    kernel.mount(
        "tmpfs",
        SCRATCH,
        "tmpfs",
        kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC,
        f"size={scratch_mb + 4}m,nr_inodes=4096,mode=1777",
    )
    if not os.path.islink("/tmp"):
        # Programs write to /tmp on every machine, also where packages lie below it.
        for name in os.listdir("/tmp"):
            _bind(f"/tmp/{name}", f"{SCRATCH}/{name}")
        kernel.mount(SCRATCH, "/tmp", None, kernel.MS_BIND | kernel.MS_REC)
    kernel.mount(
        None, "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID
    )
    _set_environment(SCRATCH, "/etc/fonts/fonts.conf")


def outer_scratch(worker: int) -> str:
    """The scratch folder of a worker without a private root, by its process id."""
    return os.path.join(tempfile.gettempdir(), f"erm-scratch-{worker}")


def confine_files(containment: Containment, fonts: Sequence[Path]) -> None:
    """Where there is no private root, narrow the files that can be reached, through Landlock.

    For after the libraries are warm: some ask for files that a program has no need to see.
    """
    if containment.namespaced:
        return
    os.unlink(containment.start_file)
    # a program that puts it back must not find it kept for the next one
    containment.start_file = ""
    try:
        kernel.confine_files(
            [*_readable(fonts), "/dev/urandom"],
            [containment.scratch, "/dev/null"],
        )
    except OSError:
        containment.missing.append(FILES)


def drop_privileges(containment: Containment, worker: int) -> None:
    """Become a user that owns nothing, with no capabilities; `worker` distinguishes workers.

    Where that user can't read the packages, their owner draws and ``missing`` says so.
    """
    closed = None
    if os.geteuid() == 0:
        closed = _closed_to_others(containment)
        os.umask(0)
        if not containment.namespaced:
            os.chmod(containment.scratch, 0o777)
            os.chmod(os.environ["FONTCONFIG_FILE"], 0o644)
        for user in (closed.owner,) if closed else (_FIRST_USER + worker, _NOBODY):
            with contextlib.suppress(OSError):
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
                break
    if closed:
        containment.missing.append(f"{USER} ({closed.reason})")
    elif not containment.namespaced and os.geteuid() == os.stat(containment.scratch).st_uid:
        containment.missing.append(USER)
    os.umask(0o077)
    kernel.drop_capabilities()
    kernel.hide_memory()


class _Closed(NamedTuple):
    """What keeps other users from reading the packages, with the remedy, and whose file it is."""

    reason: str
    owner: int


def _closed_to_others(containment: Containment) -> _Closed | None:
    """The first file that keeps other users from reading the packages.

    Looks at each file of the tasks' packages. Of others it looks at the top folders only: what one
    installation wrote has one umask.
    """
    tasks = {str(package_folder(task)) for task in task_names()}
    installed = {os.path.dirname(os.__file__), *_sites()}
    if not containment.namespaced:  # the private root's own folders are open
        for above in (above for start in tasks | installed for above in Path(start).parents):
            if not above.stat().st_mode & stat.S_IXOTH:
                remedy = f"other users can't enter {above}; `chmod go+x {above}` lets them"
                return _Closed(remedy, above.stat().st_uid)
    inside = [(top, folder) for top in tasks for folder, _, _ in os.walk(top)]
    for top, folder in [*inside, *((top, top) for top in installed)]:
        for path in (folder, *(os.path.join(folder, name) for name in os.listdir(folder))):
            # Python does without compiled modules, which other processes write meanwhile
            if "__pycache__" in path:
                continue
            found = os.lstat(path)
            wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(found.st_mode) else 0)
            if wanted & ~found.st_mode:
                remedy = f"other users can't read {path}; `chmod -R go+rX {top}` lets them"
                return _Closed(remedy, found.st_uid)
    return None


def limit_process(memory_bytes: int, reserved_bytes: int, containment: Containment) -> None:
    """Limits of one drawing process, and its filter; there is no way back for the caller.

    Args:
        memory_bytes: data and address space, all of the warm worker's included.
        reserved_bytes: address space on top, which must not hold data.
        containment: holds the filter.
    """
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes + reserved_bytes),
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, THREADS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(what, (most, most))
    # a write beyond the limit then fails with an error instead of ending the process
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if containment.filter is not None:
        kernel.install_filter(containment.filter)


def empty_scratch(containment: Containment) -> None:
    """Remove whatever a program left in its scratch folder, whatever its modes."""
    for name in os.listdir(containment.scratch):
        path = os.path.join(containment.scratch, name)
        if path == containment.start_file or os.path.ismount(path):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            for folder, _, _ in os.walk(path):
                with contextlib.suppress(OSError):
                    os.chmod(folder, 0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _set_environment(scratch: str, fontconfig: str) -> None:
    for name in list(os.environ):
        del os.environ[name]
    os.environ.update(
        {
            "HOME": scratch,
            "TMPDIR": scratch,
            "XDG_CACHE_HOME": scratch,
            "MPLCONFIGDIR": os.path.join(scratch, ".matplotlib"),
            "MPLBACKEND": "agg",
            # the other pools of memory reserve a GiB of addresses at the first array
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "FONTCONFIG_FILE": fontconfig,
            "PATH": "/nowhere",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "USER": "nobody",
            "LOGNAME": "nobody",
            **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
    )
    os.chdir(scratch)


def _readable(fonts: Sequence[Path]) -> list[str]:
    """Folders and files that drawing reads: interpreter, packages, shared libraries, fonts."""
    library_path = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    candidates = [
        *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache"),
        *("/usr/share/zoneinfo", *library_path),
        *(os.path.join(prefix, "lib") for prefix in (sys.base_prefix, sys.prefix)),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *_sites(),
        *(str(package_folder(task)) for task in task_names()),
        *map(str, fonts),
    ]
    return [path for path in dict.fromkeys(candidates) if path]


def _sites() -> list[str]:
    """Folders of ``sys.path`` with installed packages, those of ``.pth`` files among them."""
    return [folder for folder in sys.path if holds_packages(folder)]


def holds_packages(folder: str) -> bool:
    """Whether packages are installed in a folder."""
    return any(Path(folder).glob("*.dist-info"))


def _show(path: str, real: str, is_link: bool) -> None:
    """Make a path of the old root visible read-only at the same path of the new one.

    ``real`` is the path without links: those of the old root would lead into the new one. A link
    stays a link, in addition to what it leads to.
    """
    new = "/new" + path
    if is_link:
        _show(real, real, is_link=False)
        os.makedirs(os.path.dirname(new), exist_ok=True)
        if not os.path.lexists(new):
            os.symlink(os.path.relpath(real, os.path.dirname(path)), new)
    elif os.path.exists("/old" + real) and not os.path.exists(new):
        _bind("/old" + real, new)


def _bind(old: str, new: str) -> None:
    if os.path.isdir(old):
        os.makedirs(new, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(new), exist_ok=True)
        Path(new).touch()
    kernel.bind_read_only(old, new)
