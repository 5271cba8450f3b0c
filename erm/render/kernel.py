"""The Linux calls that contain a process, through the C library.

Covers namespaces, mounts, Landlock, capabilities and the filter of system calls. Not covered: what
is done with them (`erm.render.sandbox`). Each function raises `OSError` where the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_THREAD = 0x00010000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move the caller (for PID: its children) into new namespaces."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """mount(2)."""
    arguments = [None if text is None else text.encode() for text in (source, target, kind)]
    _check(_libc.mount(*arguments, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def unmount(target: str) -> None:
    """Detach a mount at once, whatever still uses it."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"unmount {target}")


def bind_read_only(source: str, target: str) -> None:
    """Make a file or folder visible at a second place, read-only, with everything mounted below."""
    mount(source, target, None, MS_BIND | MS_REC)
    attributes = _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID
    request = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        ctypes.byref(request),
        ctypes.c_size_t(ctypes.sizeof(request)),
    )
    _check(result, f"read-only {target}")


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2)."""
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(number, new_root.encode(), put_old.encode()), "pivot_root")


def drop_capabilities() -> None:
    """Give up every capability, and the ways to gain one."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    number = _SYS_CAPSET[os.uname().machine]
    _check(_libc.syscall(number, ctypes.byref(header), ctypes.byref(sets)), "capset")
    no_new_privileges()


def no_new_privileges() -> None:
    """From here on no program that is executed gains rights."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def die_with_parent(number: int) -> None:
    """Have the kernel send a signal when the thread that forked the caller ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "pdeathsig")


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def hide_memory() -> None:
    """Keep processes of the same user from reading the caller's memory."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


_READ_FILES = 1 << 0 | 1 << 2 | 1 << 3
_ALL_FILE_RIGHTS = (1 << 13) - 1


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int)]


def confine_files(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Landlock: from here on the caller and its children reach these files and folders only."""
    rights = ctypes.c_uint64(_ALL_FILE_RIGHTS)
    ruleset = _libc.syscall(444, ctypes.byref(rights), ctypes.c_size_t(8), 0)
    _check(min(ruleset, 0), "landlock")
    try:
        for paths, allowed in ((readable, _READ_FILES), (writable, _ALL_FILE_RIGHTS)):
            for path in filter(os.path.exists, paths):
                # rights to list and to create make no sense for a file, and the kernel says so
                fitting = allowed if os.path.isdir(path) else allowed & 0b111
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
                rule = _PathRule(fitting, descriptor)
                result = _libc.syscall(445, ruleset, 1, ctypes.byref(rule), 0)
                os.close(descriptor)
                _check(result, f"landlock {path}")
        no_new_privileges()
        _check(_libc.syscall(446, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def install_filter(program: bytes) -> None:
    """Apply a seccomp filter, compiled by `compile_filter`, to the caller for good."""
    no_new_privileges()
    request = _Program(len(program) // 8, program)
    result = _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(request), 0, 0)
    _check(result, "seccomp")


REFUSED_CALLS = (
    *("socket", "connect", "bind", "listen", "accept", "accept4"),
    *("fork", "vfork", "execve", "execveat", "unshare", "setns"),
    *("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "process_madvise"),
    *("mount", "umount2", "pivot_root", "chroot", "mount_setattr", "move_mount", "open_tree"),
    *("fsopen", "fsmount", "fsconfig", "fspick", "open_by_handle_at", "name_to_handle_at"),
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_create", "memfd_secret"),
    *("shmget", "shmat", "msgget", "semget", "mq_open", "personality", "fanotify_init"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "reboot", "swapon", "syslog"),
    *("setpriority", "sched_setattr", "sched_setscheduler", "sched_setparam", "ioprio_set"),
    *("quotactl", "acct", "migrate_pages", "move_pages"),
)
"""System calls that fail with "not permitted" in a process that draws."""

REFUSED_ELSEWHERE = ("prlimit64", "sched_setaffinity")
"""System calls that a process may make about itself (process 0) and about no other: the worker and
the document process are the same user's, so that their limits would be a program's to change."""

_SIGNAL_OWNERS = {"fcntl": (8, 10, 15), "ioctl": (0x8901, 0x8902)}
"""F_SETOWN, F_SETSIG, F_SETOWN_EX, FIOSETOWN and SIOCSPGRP: the kernel sends a signal to the named
process when a descriptor becomes ready, which is `kill` by another way."""


def compile_filter() -> bytes:
    """The filter that refuses `REFUSED_CALLS`, new processes and reaching others; threads are fine.

    Raises:
        ImportError, OSError, RuntimeError: libseccomp is missing.
    """
    import errno

    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refusal = pyseccomp.ERRNO(errno.EPERM)
    for name in REFUSED_CALLS:
        try:
            rules.add_rule(refusal, name)
        except ValueError:
            # this architecture or libseccomp has no such call, so no program can make it
            continue
    for name in REFUSED_ELSEWHERE:
        rules.add_rule(refusal, name, pyseccomp.Arg(0, pyseccomp.NE, 0))
    for name, commands in _SIGNAL_OWNERS.items():
        for command in commands:
            # the kernel reads 32 bits of the command, so that higher ones must not hide it
            arg = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, command)
            rules.add_rule(refusal, name, arg)
    no_thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, CLONE_THREAD, 0)
    rules.add_rule(refusal, "clone", no_thread)
    # its flags lie in memory that a filter can't read; the C library then falls back to clone
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    with open(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
