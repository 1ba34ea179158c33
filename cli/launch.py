"""Start one child so that it cannot outlive its parent; run as a script, standard library only.

    python -I -S launch.py PARENT DEATH_SIGNAL UID GID PROGRAM [ARGUMENT…]

A script rather than `preexec_fn`: Python code between fork and exec may deadlock when the parent has
threads, and the order matters here.  The kernel forgets the death signal when credentials change
(prctl(2), PR_SET_PDEATHSIG), so the uid is dropped first; and it looks only at deaths after the call, so a
parent that is already gone is noticed by its pid.  UID and GID are `-` to stay who we are.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
CANNOT_EXECUTE = 126


def main(arguments: list[str]) -> None:
    """Become the program."""
    parent, death_signal, uid, gid, *command = arguments
    try:
        if uid != "-":
            os.setgroups([])
            os.setgid(int(gid))
            os.setuid(int(uid))
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() == int(parent):
            os.execv(command[0], command)  # noqa: S606 - becoming another program is what this file is for
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]} as uid {uid}: {error.strerror}\n")
    sys.stderr.flush()
    os._exit(CANNOT_EXECUTE)


if __name__ == "__main__":
    main(sys.argv[1:])
