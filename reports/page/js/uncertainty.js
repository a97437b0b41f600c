// Explains the intervals and verdicts of the verdict table, and the limits of few camera scenes.
(() => {
  "use strict";

  function noteOnFewScenes({ rules, scenes, min_p_value: minPValue }, comparedCount) {
    if (minPValue * Math.max(1, comparedCount) <= 1 - rules.level) return "";
    return (
      ` With ${comparedCount} compared, no result of ${scenes} scenes could be sure enough for BETTER ` +
      "or WORSE."
    );
  }

  function noteOnRepeatedRuns(run, { runs }) {
    const repeated = bench.variants(run).filter(variant => runs[variant.name] > 1);
    if (!repeated.length) return "";
    const names = repeated.map(({ name, title }) => `${title} (${runs[name]} runs)`).join(", ");
    return (
      ` ${names}: other answers each time; the table has the first run, intervals and verdicts ` +
      "all."
    );
  }

  /** The explanation of a comparison, which is null for a subset of sequences or classes. */
  bench.uncertainty = (run, comparison) => {
    if (!comparison) {
      return run.comparison
        ? "Intervals and verdicts are of all sequences and classes together."
        : "";
    }
    const { scenes, rules } = comparison;
    if (scenes < 2) return "One scene tells nothing of how sure a number is.";
    return (
      `±: half the interval of ${100 * rules.level} % from ${scenes} scenes (Student's t times a ` +
      "bootstrap's standard error). BETTER, WORSE: the interval of the paired difference leaves " +
      "out 0, and so does an exact test after Holm's correction; SAME: within " +
      `${100 * rules.same_within} points, or equal to the byte; else AMBIGUOUS.` +
      noteOnFewScenes(comparison, run.variants.length - 1) +
      noteOnRepeatedRuns(run, comparison)
    );
  };
})();
