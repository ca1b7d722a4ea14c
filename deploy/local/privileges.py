"""What a child process does between fork and exec: gives up root, and ties its life to the launcher's."""

import ctypes
import ctypes.util
import os
import pwd
import signal
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LaunchError

# From linux/prctl.h, linux/capability.h and linux/securebits.h.
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_SETGID, _CAP_SETUID, _CAP_SETPCAP = 1, 2, 6, 7, 8
_LAST_CAPABILITY = 63
_PASSING_CAPABILITIES = (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE)

_LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityWords(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@dataclass(frozen=True)
class Identity:
    """The user that a child runs as, and the one capability it keeps, if any."""

    uid: int
    gid: int
    capability: int | None = None


def unprivileged_identity(owned: Path, needed: Iterable[Path]) -> Identity | None:
    """Whom PostgreSQL, which refuses to run as root, runs as; None to run as the launcher's own user.

    That is the owner of the folder `owned` when it exists and is not root's, else `nobody`. When that user cannot
    pass the folders that lead to the `needed` files (a checkout below a root-owned folder of mode 0700), no
    folder's mode is loosened: the child keeps the one capability CAP_DAC_READ_SEARCH, which lets it pass. Where
    root itself lacks that (containers of common runtimes) it keeps CAP_DAC_OVERRIDE instead.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = _owner(owned)
    if not (_is_permitted(_CAP_SETGID) and _is_permitted(_CAP_SETUID)):
        raise LaunchError(
            "PostgreSQL does not run as root, and root may not change its user here (no CAP_SETUID and CAP_SETGID): "
            "run as an ordinary user."
        )
    blocked = [path for path in needed if not _passable(path.resolve(), uid, gid)]
    if not blocked:
        return Identity(uid, gid)
    for capability in _PASSING_CAPABILITIES if _LINUX else ():
        if _is_permitted(capability) and _is_permitted(_CAP_SETPCAP):
            return Identity(uid, gid, capability)
    raise LaunchError(
        f"PostgreSQL does not run as root, and user {uid} cannot pass the folders that lead to {blocked[0]}. Run as an "
        "ordinary user, or put both the checkout and DATA into folders that every user may pass (mode 0755), such "
        "as below /srv."
    )


def _owner(folder: Path) -> tuple[int, int]:
    if folder.exists():
        found = folder.stat()
        if found.st_uid != 0:
            return found.st_uid, found.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LaunchError(
            "PostgreSQL does not run as root and this machine has no user `nobody`: run as an ordinary user."
        ) from error
    return nobody.pw_uid, nobody.pw_gid


def _passable(path: Path, uid: int, gid: int) -> bool:
    for folder in path.parents:
        found = folder.stat()
        if found.st_uid == uid:
            needed = stat.S_IXUSR
        elif found.st_gid == gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return False
    return True


def _is_permitted(capability: int) -> bool:
    """Whether the kernel grants it to this root; a root of another system than Linux has no such limits."""
    if not _LINUX:
        return True
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("CapPrm:"):
            return bool(int(line.split()[1], 16) & (1 << capability))
    return False


def child_setup(identity: Identity | None, death_signal: int) -> Callable[[], None] | None:
    """What the child runs before exec: become `identity`, and get `death_signal` when the launcher dies.

    The second is for Linux alone; elsewhere only the watchdog ends the children of a killed launcher.
    """
    if identity is None and not _LINUX:
        return None
    launcher = os.getpid()

    def set_up() -> None:
        try:
            if identity is not None:
                _become(identity)
            if _LINUX:
                # After the change of user, which would clear it.
                _prctl(_PR_SET_PDEATHSIG, death_signal)
                if os.getppid() != launcher:
                    os.kill(os.getpid(), signal.SIGKILL)
        except OSError as error:
            os.write(2, f"Cannot set up the process as {identity}: {error}\n".encode())
            os._exit(126)

    return set_up


def _become(identity: Identity) -> None:
    keep = identity.capability
    if keep is not None:
        # Without this bit access(2), with which PostgreSQL looks for its own files, ignores capabilities.
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    if _libc is not None:
        for capability in range(_LAST_CAPABILITY + 1):
            if capability != keep:
                _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setgid(identity.gid)
    os.setuid(identity.uid)
    if keep is not None:
        _keep_only(keep)
    if _LINUX:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _keep_only(capability: int) -> None:
    assert _libc is not None  # noqa: S101
    words = (_CapabilityWords * 2)()
    words[0].effective = words[0].permitted = words[0].inheritable = 1 << capability
    _checked(_libc.capset(ctypes.byref(_CapabilityHeader(_CAPABILITY_VERSION_3, 0)), words))
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, first: int = 0, second: int = 0) -> None:
    assert _libc is not None  # noqa: S101
    unsigned = ctypes.c_ulong
    _checked(_libc.prctl(option, unsigned(first), unsigned(second), unsigned(0), unsigned(0)))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
