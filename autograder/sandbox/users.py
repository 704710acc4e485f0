"""Nothing comes in; user numbers go out that no account and no other worker has.

Two zygotes may grade side by side in one container, and a worker is killed by its user: a number
held twice would end an innocent worker. So each number in use is a lock on one byte of a file. The
byte itself is set meanwhile: where it is set and nobody has the lock, a zygote was killed before it
could clean up.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import random
from pathlib import Path

#: Even numbers are for workers. The odd one above each belongs to the process that kills them.
FIRST_UID, LAST_UID = 20_000, 59_999
LOCKS = Path("/run/autograder-users.lock")
ATTEMPTS = 1000


class Users:
    """The user numbers of one zygote's workers."""

    def __init__(self, locks: Path = LOCKS) -> None:
        self._random = random.SystemRandom()
        self._accounts = {account.pw_uid for account in pwd.getpwall()}
        self._held: set[int] = set()
        try:
            self._locks: int | None = os.open(locks, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:  # a read-only system: numbers are then only drawn at random
            self._locks = None

    def take(self) -> int:
        """A number that nobody has.

        Raises:
            RuntimeError: none was found.
        """
        for _ in range(ATTEMPTS):
            uid = self._random.randrange(FIRST_UID, LAST_UID, 2)
            if uid not in self._held and not {uid, uid + 1} & self._accounts and self._lock(uid):
                self._held.add(uid)
                return uid
        raise RuntimeError("every user number that workers may have is taken")

    def release(self, uid: int) -> None:
        """Give a number back, once nothing of that user is alive."""
        self._held.discard(uid)
        if self._locks is not None:
            os.pwrite(self._locks, b"\0", uid)
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, uid)

    def take_abandoned(self) -> list[int]:
        """Take over the numbers of zygotes that have ended without giving them back."""
        if self._locks is None:
            return []
        marks = os.pread(self._locks, LAST_UID + 1 - FIRST_UID, FIRST_UID)
        marked = [FIRST_UID + index for index, mark in enumerate(marks) if mark]
        taken = [uid for uid in marked if uid not in self._accounts and self._lock(uid)]
        self._held.update(taken)
        return taken

    def _lock(self, uid: int) -> bool:
        """Such a lock is this process's own: forks do not share it, and its death frees it."""
        if self._locks is None:
            return True
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, uid)
            os.pwrite(self._locks, b"\1", uid)
        except OSError:
            return False
        return True
