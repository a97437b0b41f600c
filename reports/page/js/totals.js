// Totals over the sequences and classes that are chosen, from what each of them adds up.
(() => {
  "use strict";
  const { sum, mean } = bench.arithmetic;
  const MEAN = "=mean"; // what the state holds for the mean of classes, in place of a class

  const present = values => values.filter(bench.isNumber);
  const ofClasses = run => run.classes.length > 1 && bench.state.get("class") === MEAN;

  /** The partials of some sequences and classes, by family; null where a sequence has none. */
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

  /** What Python has computed: for families whose partials are too large to be here. */
  function computed(run, variant, sequences, classes) {
    if (classes.length < run.classes.length) return {};
    if (sequences.length === run.sequences.length) return run.totals[variant] ?? {};
    return sequences.length === 1 ? (run.large[variant]?.[sequences[0]] ?? {}) : {};
  }

  /** Values by column over sequences and classes; null where one of them has no result. */
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
   * Values by column where classes count alike, as metrics/score.py has them: the mean of the
   * ratios of those that have one, the sum of counts.
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

  /** The parts of HOTA at each threshold; null where there are none. */
  function curves(run, variant, sequences = bench.sequences(run), classes = bench.classes(run)) {
    const partials = partialsOf(run, variant, sequences, classes)?.hota;
    return partials ? bench.families.hotaCurves(partials) : null;
  }

  /** All numbers of a variant under the state of the page, of accuracy and speed. */
  bench.valuesOf = (run, variant) => ({
    ...(over(run, variant.name) ?? {}),
    ...(run.speed[variant.name]?.values ?? {}),
  });

  bench.totals = { over, curves, present, ofClasses, meanOfClasses, MEAN };
})();
