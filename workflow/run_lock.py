"""A lock that allows one run at a time in a folder and ends with the process that holds it.

Snakemake's own lock outlives a killed run and must then be removed by hand; the profile turns it
off.
"""

from __future__ import annotations

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import IO

LOCK = Path(".snakemake", "run.lock")


def hold_lock(path: Path = LOCK) -> IO[str]:
    """Lock the folder; the lock is held as long as the returned file is open.

    Jobs do not inherit it: they may outlive a killed run, and write nothing then.

    Raises:
        BlockingIOError: Another process holds it; names that process.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown process"
        file.close()
        raise BlockingIOError(
            f"another run is active in {Path.cwd()} ({holder}): wait until it has ended, or stop it"
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
    file.flush()
    return file
