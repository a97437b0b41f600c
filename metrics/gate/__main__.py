"""Report a verdict as an exit code, and append it to the history.

    python -m metrics.gate --verdict results/regression/verdict.json --history history.jsonl

The exit code is 0 for a pass, 1 for a regression and 2 if the gate could not decide. It is also 2
if there is no verdict, or if code, config or baseline have changed since the verdict. With
`--history` a line is appended to that file, unless the file already has the line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from datasets.io.program import REFUSED, run_main
from metrics.gate.checks import EXIT, UNDECIDED
from metrics.gate.outcome import append_line, history_line, read_verdict


def main() -> None:
    """Run the command line program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verdict", type=Path, required=True)
    parser.add_argument("--history", type=Path, help="JSON Lines file to append to")
    args = parser.parse_args()
    try:
        verdict = read_verdict(args.verdict)
    except (OSError, ValueError) as error:
        print(f"{UNDECIDED}: {error}")
        sys.exit(EXIT[UNDECIDED])
    if args.history:
        append_line(args.history, history_line(verdict))
    print(
        f"{verdict['verdict']}: {len(verdict['checks'])} comparisons of commit {verdict['commit']},"
        f" {verdict['date']}, see {args.verdict.parent}"
    )
    sys.exit(verdict["exit"])


if __name__ == "__main__":
    sys.exit(run_main(main, crashed=REFUSED))
