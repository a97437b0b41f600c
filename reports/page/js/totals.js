// Totals over the selected sequences and classes, from their partial results.
(() => {
  "use strict";
  const { sum, mean } = bench.arithmetic;
  const MEAN = "=mean"; // in the state, selects the mean over classes instead of a class

  const present = values => values.filter(bench.isNumber);
  const ofClasses = run => run.classes.length > 1 && bench.state.get("class") === MEAN;

  /** Partial results of sequences and classes, by family; null if a sequence has none. */
  function partialsOf(run, variant, sequences, classes) {
    const bySequence = run.partials[variant];
    if (!bySequence || sequences.some(sequence => !bySequence[sequence])) return null;
    const byFamily = {};
    const each = sequences.flatMap(sequence => classes.map(name => bySequence[sequence][name]));
    for (const [family, partial] of each.flatMap(Object.entries)) {
      byFamily[family] ??= [];
      byFamily[family].push(partial);
    }
    return byFamily;
  }

  /** Values computed by Python, for families whose partial results are too large for the page. */
  function computed(run, variant, sequences, classes) {
    if (classes.length < run.classes.length) return {};
    if (sequences.length === run.sequences.length) return run.totals[variant] ?? {};
    return sequences.length === 1 ? (run.large[variant]?.[sequences[0]] ?? {}) : {};
  }

  /** Values by column over sequences and classes; null if one of them has no result. */
  function over(run, variant, sequences = bench.sequences(run), classes = null) {
    if (!classes && ofClasses(run)) return meanOfClasses(run, variant, sequences);
    const chosen = classes ?? bench.classes(run);
    const byFamily = partialsOf(run, variant, sequences, chosen);
    if (!byFamily) return null;
    const values = Object.entries(byFamily).map(
      ([family, partials]) => bench.families.summarize[family]?.(partials) ?? {},
    );
    return Object.assign({}, computed(run, variant, sequences, chosen), ...values);
  }

  /**
   * Class-averaged values by column, as in metrics/score.py: the mean of ratios over classes that
   * have one, the sum of counts.
   */
  function meanOfClasses(run, variant, sequences) {
    const byClass = run.classes.map(name => over(run, variant, sequences, [name]));
    if (byClass.some(values => !values)) return null;
    const values = run.columns.map(({ name, over_classes: how }) => {
      const ofClass = present(byClass.map(each => each[name]));
      return [name, how === "sum" && ofClass.length ? sum(ofClass) : mean(ofClass)];
    });
    return Object.fromEntries(values);
  }

  /** HOTA and its components at each threshold; null if the run has none. */
  function curves(run, variant, sequences = bench.sequences(run), classes = bench.classes(run)) {
    const partials = partialsOf(run, variant, sequences, classes)?.hota;
    return partials ? bench.families.hotaCurves(partials) : null;
  }

  /** All values of a variant under the current selection, of accuracy and speed. */
  bench.valuesOf = (run, variant) => ({
    ...(over(run, variant.name) ?? {}),
    ...(run.speed[variant.name]?.values ?? {}),
  });

  bench.totals = { over, curves, present, ofClasses, meanOfClasses, MEAN };
})();
