"""The files of a Postgres cluster: who owns them, and how they come to be."""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from cli.data_directory import DataDirectory, sync_directory, write_private
from cli.failures import CommandFailed
from cli.processes import Account, launch_command

VERSION = "18"
"""Clusters are of one major version; another cannot read them."""

SUPERUSER = "postgres"
"""The role that makes databases; the service never uses it."""

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
"""All that Postgres programs need; none of our secrets."""

_INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


def choose_account(cluster: Path) -> Account | None:
    """Choose who runs the server: we ourselves (None), unless we are root, whom Postgres refuses."""
    if os.geteuid() != 0:
        return None
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if owner != 0:
        return _account_of(owner)
    for name in ("holdfast", "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(name, found.pw_uid, found.pw_gid)
    return _account_of(65534)


def create(data: DataDirectory, initdb: Path, account: Account | None, scratch: Path) -> None:
    """Make the cluster beside its place, and move the whole there once it is done.

    Args:
        data: Where it is to be.
        initdb: The program.
        account: Who is to own it.
        scratch: A private folder this account can reach.

    Raises:
        CommandFailed: It cannot be made; nothing is left of it.
    """
    fresh, password_file = data.cluster.with_name("postgres.new"), scratch / "password"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = secrets.token_urlsafe(32)
    write_private(password_file, password)
    if account:
        os.chown(fresh, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    try:
        _run_initdb(initdb, fresh, password_file, account)
    except CommandFailed:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    finally:
        password_file.unlink()
    write_private(data.superuser_password, password + "\n")
    fresh.rename(data.cluster)
    sync_directory(data.path)


def own(cluster: Path, account: Account | None) -> None:
    """Give a cluster that root has restored from a backup back to its server.

    Raises:
        CommandFailed: It belongs to somebody else, and we are not root.
    """
    owner = cluster.stat().st_uid
    if owner == (account.uid if account else os.geteuid()):
        return
    if not account:
        raise CommandFailed(f"{cluster} belongs to another user (uid {owner})")
    for path in (cluster, *cluster.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def name_of_directory(descriptor: int, path: Path) -> str:
    """Name an open directory so that a process may enter it that cannot pass the folders above it.

    Opening /proc/self/fd/N asks for no permission on the way (proc_pid_fd(5)), and the name is short.
    """
    by_descriptor = f"/proc/self/fd/{descriptor}"
    return by_descriptor if Path("/proc/self/fd").is_dir() else str(path)


def _run_initdb(initdb: Path, directory: Path, password_file: Path, account: Account | None) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    where = (f"--pgdata={name_of_directory(descriptor, directory)}", f"--pwfile={password_file}")
    try:
        done = subprocess.run(
            launch_command([initdb, *where, *_INITDB_OPTIONS], account=account),
            pass_fds=(descriptor,),
            cwd="/",
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(descriptor)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise CommandFailed(f"cannot make the database in {directory.parent}: {last}")


def _account_of(uid: int) -> Account:
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, uid)
    return Account(found.pw_name, uid, found.pw_gid)
