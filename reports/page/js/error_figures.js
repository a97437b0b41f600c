// Errors of each variant by kind and over time.
(() => {
  "use strict";
  const { byId, charts } = bench;
  const { quantitative, nominal, tooltip } = charts;
  const ERRORS = [
    { column: "CLR_FN", title: "missed", colour: "#56B4E9" },
    { column: "CLR_FP", title: "false alarms", colour: "#D55E00" },
    { column: "IDSW", title: "identity switches", colour: "#CC79A7" },
    { column: "Frag", title: "fragmentations", colour: "#009E73" },
  ];
  const FEW_TO_MANY = ["#fbd9a5", "#c2410c", "#5b1a06"];

  /** One entry per variant and kind of error. */
  function countErrors(run, shown) {
    return shown.flatMap(variant => {
      const values = bench.totals.over(run, variant.name);
      if (values?.CLR_TP === undefined) return [];
      const truth = Math.max(1, values.CLR_TP + values.CLR_FN);
      return ERRORS.map(({ column, title }, order) => ({
        variant: variant.title,
        error: title,
        order,
        count: values[column],
        share: (1000 * values[column]) / truth,
      }));
    });
  }

  function errorsByKind(run, shown) {
    const bars = countErrors(run, shown);
    if (!bars.length) return null;
    const domain = [...new Set(bars.map(each => each.variant))];
    const kinds = {
      domain: ERRORS.map(each => each.title),
      range: ERRORS.map(each => each.colour),
    };
    return {
      height: 24 * domain.length,
      data: { values: bars },
      mark: { type: "bar" },
      encoding: {
        y: nominal("variant", { title: null, scale: { domain } }),
        x: quantitative("share", {
          title: "errors for every 1,000 rows of the truth",
          axis: { tickCount: 6 },
        }),
        color: nominal("error", { title: null, scale: kinds, legend: { columns: 2 } }),
        order: quantitative("order"),
        tooltip: tooltip(
          ["variant"],
          ["error"],
          ["count", "count", ",.0f"],
          ["share", "for every 1,000", ".1f"],
        ),
      },
    };
  }

  /** The errors of each variant by kind and span of frames. */
  const countOverTime = timelines =>
    timelines.flatMap(({ variant, span, counts }) =>
      Object.entries(counts).flatMap(([error, spans]) =>
        spans.map(([index, count]) => ({
          variant: variant.title,
          error,
          frame: index * span,
          end: (index + 1) * span,
          count,
        })),
      ),
    );

  /** Error counts over time: one panel per kind of error, one row per variant. */
  function errorsOverTime(run, shown, sequence) {
    const timelines = shown
      .map(variant => ({ variant, ...run.timelines[variant.name]?.[sequence] }))
      .filter(each => each.counts);
    if (!timelines.length) return null;
    const { span, counts } = timelines[0];
    return {
      spacing: 14,
      data: { values: countOverTime(timelines) },
      facet: {
        row: nominal("error", {
          title: null,
          sort: Object.keys(counts),
          header: { labelAngle: 0, labelAlign: "left", labelOrient: "top", labelAnchor: "start" },
        }),
      },
      spec: {
        width: 820,
        height: { step: 18 },
        mark: { type: "rect", stroke: null },
        encoding: {
          x: quantitative("frame", {
            title: "frame",
            scale: { domain: [0, run.frames[sequence]], nice: false },
          }),
          x2: { field: "end" },
          y: nominal("variant", { title: null, scale: { domain: charts.titlesOf(shown) } }),
          color: quantitative("count", {
            title: `errors ${span === 1 ? "a frame" : `in ${span} frames`}`,
            scale: { range: FEW_TO_MANY, domainMin: 0 },
            legend: { tickMinStep: 1, format: "d", orient: "right" },
          }),
          tooltip: tooltip(
            ["variant"],
            ["error"],
            ["frame", "frame", "d"],
            ["count", "count", "d"],
          ),
        },
      },
    };
  }

  byId("time-sequence").addEventListener("change", event =>
    bench.state.set({ sequence: event.target.value }),
  );
  bench.onChange(() => {
    const run = bench.run();
    const shown = bench.variants(run);
    const sequence = bench.sequence(run);
    charts.draw(byId("decomposition"), errorsByKind(run, shown));
    const entries = run.sequences.map(name => [name, name]);
    bench.setOptions(byId("time-sequence"), entries, sequence);
    charts.draw(byId("over-time"), errorsOverTime(run, shown, sequence));
  });
})();
