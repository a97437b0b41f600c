"""Real result sets are scored as the references score the same files.

A subset of the sequences; python -m tests.support.metrics.real_results prints the commands that
cross-check all of them.
"""

from __future__ import annotations

import pytest

from datasets.layout import load_layout
from metrics.crosscheck.report import table
from metrics.evaluate import crosscheck, evaluate
from metrics.family import load_protocol
from metrics.references.davis_definitions import FIELDS
from metrics.task import Task
from tests.support.metrics.real_results import SETS

pytestmark = pytest.mark.slow

OF_TRACKS = ("hota", "identity")
CHOSEN = {  # sequences and families
    "masa-hung-kf": (("PETS09-S2L1",), OF_TRACKS),
    "masa-hung": (("TUD-Campus", "TUD-Stadtmitte"), OF_TRACKS),
    "dancetrack": (("dancetrack0043",), OF_TRACKS),
    "lif_t": (("MOT17-09-FRCNN",), ("clear",)),
    "kitti_mots": (("0012",), (*OF_TRACKS, "clear")),
    "davis2016_osvos": (("car-shadow",), ("jf_davis_ss",)),
    "dogs_jump_osvos": (("dogs-jump",), ("jf_davis_ss",)),
    "dogs_jump_rvos": (("dogs-jump",), ("jf_davis_us",)),
}
OWN_FILES = {"trackeval", "davis_definitions"}
TOLERANCE = 1e-9

# computed by davis_definitions.py from these masks at 432 x 240
GOLDEN = {
    "dogs_jump_osvos": [
        0.6379573567399195, 0.5874173517420754, 0.6302083333333334, 0.3003556019400287,
        0.6884973617377635, 0.765625, 0.31057612959572417,
    ],
    "dogs_jump_rvos": [
        0.4599006764462269, 0.40694503411172356, 0.4292929292929293, -0.1408833102073375,
        0.5128563187807302, 0.5959595959595959, -0.10253377981101908,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_every_value_equals_that_of_the_reference_on_the_files_given(name, shared, tmp_path):
    chosen, (sequences, families) = SETS[name], CHOSEN[name]
    folders = chosen.folders(tmp_path, sequences)
    layout = load_protocol(chosen.protocol).layout
    assert {*sequences} <= {*load_layout(layout).list_sequences(folders[0])}
    task = Task(chosen.protocol, layout, *folders, families, sequences)
    found = evaluate(task)
    checked = crosscheck(task, found)
    assert all(each.passed for each in checked.comparisons), list(table(checked, families))
    theirs = [each for each in checked.comparisons if each.reference in OWN_FILES]
    assert all(each.equal for each in theirs)
    assert sum(bool(each.ours) for each in theirs) >= 2 * len(FIELDS) - 1
    used = [each for each in checked.inputs if each.reference in OWN_FILES]
    assert [(each.truth_given, each.results_given) for each in used] == [(True, True)] * len(
        sequences
    )
    if name in GOLDEN:
        values = found["classes"]["object"]["combined"]
        golden = dict(zip(FIELDS, GOLDEN[name], strict=True))
        assert values == pytest.approx(golden, abs=TOLERANCE)
