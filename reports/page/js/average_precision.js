// Average precision over many sequences, computed as in metrics/average_precision.py.
// Bit 10 s + t of a detection's `matched` and `ignored` is for size s and threshold t.
(() => {
  "use strict";
  const { sum, mean, add } = bench.arithmetic;
  const SIZES = ["", "small", "medium", "large"];
  const THRESHOLDS = Array.from({ length: 10 }, (_, index) => index); // of 0.5, 0.55, ... 0.95
  const AT_50 = 0;
  const AT_75 = 5;
  const LIMITS = [1, 10, 100]; // maximum detections per image
  const STEPS = 100;
  // as by numpy.linspace
  const RECALLS = Array.from({ length: STEPS + 1 }, (_, step) =>
    step === STEPS ? 1 : step * 0.01,
  );

  const bitOf = (packed, index) => Math.floor(packed / 2 ** index) % 2;
  const bitIndexOf = (size, threshold) => THRESHOLDS.length * size + threshold;

  /** Detections and ground-truth counts of each class over sequences, in order of the class. */
  function joinSequences(partials) {
    const classes = new Map();
    for (const partial of partials) {
      let first = 0;
      partial.classes.forEach((name, row) => {
        const end = first + partial.detection_count[row];
        const known = classes.get(name) ?? { detections: [], truths: SIZES.map(() => 0) };
        classes.set(name, {
          detections: known.detections.concat(detectionsOf(partial, first, end)),
          truths: add(known.truths, partial.truth_count[row]),
        });
        first = end;
      });
    }
    return [...classes.keys()].sort((a, b) => a - b).map(name => classes.get(name));
  }

  function detectionsOf({ score, rank, matched, ignored }, first, end) {
    return score.slice(first, end).map((ofOne, index) => ({
      score: ofOne,
      rank: rank[first + index],
      matched: matched[first + index],
      ignored: ignored[first + index],
    }));
  }

  /** Recall after each detection, and the maximum precision from there on. */
  function precisionOverRecall({ detections, truths }, size, threshold) {
    const bit = bitIndexOf(size, threshold);
    const recall = [];
    const precision = [];
    let truePositives = 0;
    let falsePositives = 0;
    for (const detection of detections) {
      const [isMatched, isIgnored] = [detection.matched, detection.ignored].map(packed =>
        bitOf(packed, bit),
      );
      truePositives += isMatched && !isIgnored;
      falsePositives += !isMatched && !isIgnored;
      recall.push(truePositives / truths[size]);
      precision.push(truePositives / (falsePositives + truePositives + Number.EPSILON));
    }
    for (let at = precision.length - 2; at >= 0; at -= 1) {
      precision[at] = Math.max(precision[at], precision[at + 1]);
    }
    return { recall, precision };
  }

  /** The mean precision over equal steps of recall, for one class, size and threshold. */
  function precisionAt(ofClass, size, threshold) {
    const { recall, precision } = precisionOverRecall(ofClass, size, threshold);
    let total = 0;
    let at = 0;
    for (const wanted of RECALLS) {
      while (at < recall.length && recall[at] < wanted) at += 1;
      total += at < precision.length ? precision[at] : 0;
    }
    return total / RECALLS.length;
  }

  /** The mean recall over thresholds, with at most `limit` detections per image. */
  function recallAt({ detections, truths }, limit) {
    const counted = detections.filter(each => each.rank < limit);
    const isTruePositive = ({ matched, ignored }, threshold) =>
      bitOf(matched, threshold) && !bitOf(ignored, threshold) ? 1 : 0;
    const counts = THRESHOLDS.map(threshold =>
      sum(counted.map(each => isTruePositive(each, threshold))),
    );
    return mean(counts) / truths[0];
  }

  const sorted = ({ detections, truths }) => ({
    detections: [...detections].sort((a, b) => b.score - a.score), // stable
    truths,
  });

  /** The means over classes with ground truth, from the partial results of sequences. */
  bench.averagePrecision = partials => {
    const classes = joinSequences(partials).map(sorted);
    const bySize = SIZES.map((_, size) =>
      classes
        .filter(({ truths }) => truths[size])
        .map(each => THRESHOLDS.map(threshold => precisionAt(each, size, threshold))),
    );
    const [all, small, medium, large] = bySize.map(ofSize => mean(ofSize.map(mean)));
    const withTruths = classes.filter(({ truths }) => truths[0]);
    const [one, ten, hundred] = LIMITS.map(limit =>
      mean(withTruths.map(each => recallAt(each, limit))),
    );
    return {
      AP: all,
      AP50: mean(bySize[0].map(precisions => precisions[AT_50])),
      AP75: mean(bySize[0].map(precisions => precisions[AT_75])),
      AP_small: small,
      AP_medium: medium,
      AP_large: large,
      AR1: one,
      AR10: ten,
      AR100: hundred,
    };
  };
})();
