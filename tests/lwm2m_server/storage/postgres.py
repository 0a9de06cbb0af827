"""A PostgreSQL server of our own, in a folder, for as long as it is needed."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"
_SECONDS = 60


def folder_of_programs() -> Path | None:
    """Return where `initdb` and `pg_ctl` are, of the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[URL]:
    """A server at a socket in the empty folder `folder`; yields its first database."""
    data = folder / "data"
    # It refuses to run as root.
    user = _USER if os.geteuid() == 0 else None
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, options: Sequence[str]) -> None:
        # Its log goes to a file: who holds a pipe is waited for.
        with (folder / f"{program}.log").open("ab") as log:
            subprocess.run(
                [programs / program, "-D", data, *options],
                stdout=log, stderr=log, user=user, cwd=folder, check=True, timeout=_SECONDS,
            )  # fmt: skip

    run("initdb", ("-U", _USER, "-A", "trust", "--no-sync", "--locale=C", "--encoding=UTF8"))
    run("pg_ctl", ("start", "-w", "-o", f"-k {folder} -c listen_addresses="))
    try:
        yield URL.create(
            "postgresql+psycopg", username=_USER, database=_USER, query={"host": str(folder)}
        )
    finally:
        run("pg_ctl", ("stop", "-w", "-m", "immediate"))
