"""Read corrupted files of some cases, in a process of its own, which a crash may end.

    python -m tests.support.broken.run WORKDIR COUNT CASE ...

While it runs, WORKDIR contains the current input, and its number in `current`; afterwards
`report.json`: for each case the number of inputs tried and read, and the failures. With
--only NUMBER, one input alone is tried and kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path
from random import Random
from typing import Any

from datasets.types import Tracks
from tests.support.broken import by_bytes
from tests.support.broken.cases import Case, Pair, all_cases
from tests.support.broken.check import check_error, check_result

MAX_MEMORY = 2 << 30
MAX_SECONDS = 10.0  # of processor time; an input takes milliseconds


class TooSlow(BaseException):
    """Reading an input took longer than MAX_SECONDS."""


def inputs(case: Case, name: str, count: int):
    """Yield corrupted files, preceded by those that must still be read as the same content."""
    whole = case.files[case.broken]
    sets = [
        s for n in range(len(case.harmless) + 1) for s in itertools.combinations(case.harmless, n)
    ]
    for chosen in sets[:count]:
        data = whole
        for change in chosen:
            data = change(data)
        yield data, True
    for number in range(len(sets), count):
        yield corrupted(case, name, number), False


def corrupted(case: Case, name: str, number: int) -> bytes:
    random, data = Random(f"{name} {number}"), case.files[case.broken]
    if case.harmless and random.random() < 0.2:
        data = random.choice(case.harmless)(data)
        return random.choice(by_bytes.CORRUPTIONS)(data, random)
    own = random.random() < 0.7
    data = random.choice(case.corruptions if own else by_bytes.CORRUPTIONS)(data, random)
    if random.random() < 0.15 and data:
        data = random.choice(by_bytes.CORRUPTIONS)(data, random)
    return by_bytes.replace_all(data, random) if random.random() < 0.01 else data


def attempt(case: Case, folder: Path, data: bytes) -> tuple[list[Pair] | None, str]:
    """Return the result, None for an error; and the reason if it is unacceptable, "" otherwise."""
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        found = case.read(folder)
        return found, check_result(case, found, data)
    except (ValueError, OSError) as error:
        return None, check_error(case, folder, data, error)
    except (Exception, TooSlow) as error:
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        return None, f"{type(error).__name__}: {str(error)[:200]} at {places}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def try_case(name: str, case: Case, count: int, workdir: Path, only: int | None) -> dict[str, Any]:
    folder = workdir / name.replace(" ", "_")
    for path, content in case.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    path, original = folder / case.broken, case.read(folder)
    tried = read = 0
    wrong: list[dict[str, Any]] = []
    for number, (data, same) in enumerate(inputs(case, name, count)):
        if only not in (None, number):
            continue
        path.write_bytes(data)
        os.utime(path, ns=(number, number))  # readers may cache files by modification time
        (workdir / "current").write_text(f"{name}, input {number}, {path}")
        found, reason = attempt(case, folder, data)
        tried, read = tried + 1, read + (found is not None)
        if same and not reason and not equal(found, original):
            reason = "not read as the same content"
        if reason:
            wrong.append(
                {"case": name, "number": number, "data": repr(data[:600]), "wrong": reason}
            )
    return {"tried": tried, "read": read, "wrong": wrong}


def equal(found: list[Pair] | None, other: list[Pair]) -> bool:
    pairs = [tuple(one for pair in each or [] for one in pair) for each in (found, other)]
    return len(pairs[0]) == len(pairs[1]) and all(map(same, *pairs))


def same(one: Any, two: Any) -> bool:
    return one.same(two) if isinstance(one, Tracks) else one == two


def stop(*_: object) -> None:
    raise TooSlow


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("workdir", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--only", type=int)
    args = parser.parse_args()
    cases = all_cases()
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    signal.signal(signal.SIGPROF, stop)
    warnings.simplefilter("error", RuntimeWarning)
    report = {n: try_case(n, cases[n], args.count, args.workdir, args.only) for n in args.cases}
    status = Path("/proc/self/status").read_text()  # getrusage includes the parent before the fork
    peak = int(status.split("VmHWM:")[1].split()[0]) << 10
    (args.workdir / "report.json").write_text(json.dumps({"cases": report, "peak": peak}))


if __name__ == "__main__":
    sys.exit(main())
