// How the intervals and words of the verdict table are to be read, and what few scenes can show.
(() => {
  "use strict";

  function ofFewScenes({ rules, scenes, least_chance: leastChance }, others) {
    if (leastChance * Math.max(1, others) <= 1 - rules.level) return "";
    return (
      ` With ${others} compared, no result of ${scenes} scenes could be sure enough for BETTER ` +
      "or WORSE."
    );
  }

  function ofSeveralRuns(run, { runs }) {
    const repeated = bench.variants(run).filter(variant => runs[variant.name] > 1);
    if (!repeated.length) return "";
    const names = repeated.map(({ name, title }) => `${title} (${runs[name]} runs)`).join(", ");
    return (
      ` ${names}: other answers each time; the table has the first run, intervals and verdicts ` +
      "all."
    );
  }

  /** Sentences on a comparison; null for a choice of sequences or classes. */
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
      ofFewScenes(comparison, run.variants.length - 1) +
      ofSeveralRuns(run, comparison)
    );
  };
})();
