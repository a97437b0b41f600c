// Accuracy in detail: detection against association, every threshold, each sequence.
(() => {
  "use strict";
  const { byId, charts } = bench;
  const { quantitative, nominal, variantColour, variantShape, tooltip, themeColour } = charts;
  const percent = value => 100 * value;

  // Along a line of equal HOTA, DetA times AssA is constant.
  const HOTA_LEVELS = Array.from({ length: 18 }, (_, index) => 10 + 5 * index); // per cent
  const LINE_STEPS = 40;

  /** The points of the lines of equal HOTA within both scales. */
  function linesOfEqualHota(detection, association) {
    const [minDetA, maxDetA] = detection.domain;
    const [minAssA, maxAssA] = association.domain;
    const steps = Array.from({ length: LINE_STEPS + 1 }, (_, step) => step);
    return HOTA_LEVELS.flatMap(level =>
      steps
        .map(step => minDetA + ((maxDetA - minDetA) * step) / LINE_STEPS)
        .map(DetA => ({ level, DetA, AssA: (level * level) / Math.max(DetA, 1e-9) }))
        .filter(({ AssA }) => AssA >= minAssA && AssA <= maxAssA),
    );
  }

  /** Detection against association. */
  function tradeOff(run, shown) {
    const points = shown
      .map(variant => ({ variant: variant.title, values: bench.totals.over(run, variant.name) }))
      .filter(({ values }) => values && values.DetA !== undefined)
      .map(({ variant, values: { DetA, AssA, HOTA } }) => ({
        variant,
        DetA: percent(DetA),
        AssA: percent(AssA),
        HOTA: percent(HOTA),
      }));
    if (!points.length) return null;
    const detection = charts.paddedScale(points.map(each => each.DetA));
    const association = charts.paddedScale(points.map(each => each.AssA));
    const x = quantitative("DetA");
    const y = quantitative("AssA");
    return {
      height: 280,
      layer: [
        ...equalHotaLayers(detection, association, { x, y }),
        {
          data: { values: points },
          mark: { type: "point", filled: true, size: 130, opacity: 1 },
          encoding: {
            x,
            y,
            color: variantColour(shown),
            shape: variantShape(shown),
            tooltip: tooltip(
              ["variant"],
              ["DetA", "DetA", ".2f"],
              ["AssA", "AssA", ".2f"],
              ["HOTA", "HOTA", ".2f"],
            ),
          },
        },
      ],
    };
  }

  /** Dashed lines of equal HOTA, labelled with their level at the end. */
  function equalHotaLayers(detection, association, { x, y }) {
    const lines = linesOfEqualHota(detection, association);
    const lastOfEach = [...new Map(lines.map(each => [each.level, each])).values()];
    return [
      {
        data: { values: lines },
        mark: {
          type: "line",
          strokeWidth: 1,
          strokeDash: [3, 3],
          color: themeColour("--soft"),
          opacity: 0.6,
          clip: true,
        },
        encoding: {
          x: { ...x, scale: { ...detection, nice: false }, title: "DetA (%)" },
          y: { ...y, scale: { ...association, nice: false }, title: "AssA (%)" },
          detail: nominal("level"),
        },
      },
      {
        data: { values: lastOfEach },
        mark: charts.textMark({ align: "right", dy: -5 }),
        encoding: { x, y, text: nominal("level") },
      },
    ];
  }

  /** HOTA at each similarity threshold. */
  function hotaOverThresholds(run, shown) {
    const points = shown.flatMap(variant =>
      (bench.totals.curves(run, variant.name)?.HOTA ?? []).map((hota, index) => ({
        variant: variant.title,
        alpha: (5 * (index + 1)) / 100,
        value: percent(hota),
      })),
    );
    if (!points.length) return null;
    return {
      height: 280,
      data: { values: points },
      mark: { type: "line", strokeWidth: 2, point: { size: 25, filled: true } },
      encoding: {
        x: quantitative("alpha", {
          title: "alpha, the IoU from which a pair may match",
          scale: { domain: [0, 1] },
        }),
        y: quantitative("value", { title: "HOTA (%)" }),
        color: variantColour(shown),
        tooltip: tooltip(["variant"], ["alpha", "alpha", ".2f"], ["value", "HOTA", ".2f"]),
      },
    };
  }

  /** The values of a column in per cent by sequence and variant, with the baseline's. */
  function valuesBySequence(run, shown, baseline, column) {
    const percentOf = (variant, sequence) => {
      const value = variant && bench.totals.over(run, variant.name, [sequence])?.[column.name];
      return bench.isNumber(value) ? percent(value) : null;
    };
    return bench.sequences(run).flatMap(sequence =>
      shown
        .map(variant => ({
          sequence: bench.groupable(sequence),
          variant: variant.title,
          value: percentOf(variant, sequence),
          from: percentOf(baseline, sequence),
        }))
        .filter(each => each.value !== null),
    );
  }

  /** The leading metric of each sequence: differences from the baseline, or all variants. */
  function leadingBySequence(run, shown) {
    const column = bench.column(run.leading, run);
    if (!column) return null;
    const baseline = bench.baseline(run);
    const points = valuesBySequence(run, shown, baseline, column);
    if (!points.length) return null;
    const there = new Set(points.map(each => each.sequence));
    const x = {
      type: "quantitative",
      title: `${column.label} (%)`,
      scale: charts.paddedScale(points.map(each => each.value)),
    };
    const domain = run.sequences.map(bench.groupable).filter(name => there.has(name));
    const y = nominal("sequence", { title: null, scale: { domain } });
    const apart = baseline
      ? { yOffset: nominal("variant", { scale: { domain: charts.titlesOf(shown) } }) }
      : {};
    const dots = {
      mark: { type: "point", filled: true, size: baseline ? 70 : 110, opacity: 1 },
      encoding: {
        y,
        x: { ...x, field: "value" },
        color: variantColour(shown),
        shape: variantShape(shown),
        ...apart,
        tooltip: tooltip(["variant"], ["sequence"], ["value", column.label, ".2f"]),
      },
    };
    return {
      height: bench.sequences(run).length * (baseline ? 16 * shown.length : 32),
      data: { values: points },
      layer: [baseline ? spansFromBaseline({ x, y, ...apart }, shown) : spansOfAll({ x, y }), dots],
    };
  }

  const spansFromBaseline = ({ x, y, yOffset }, shown) => ({
    mark: { type: "rule", strokeWidth: 2, opacity: 0.55 },
    encoding: {
      y,
      x: { ...x, field: "from" },
      x2: { field: "value" },
      color: variantColour(shown),
      yOffset,
    },
  });

  const spansOfAll = ({ x, y }) => ({
    mark: { type: "rule", strokeWidth: 2, opacity: 0.35 },
    encoding: {
      y,
      x: { ...x, aggregate: "min", field: "value" },
      x2: { aggregate: "max", field: "value" },
    },
  });

  bench.onChange(() => {
    const run = bench.run();
    const shown = bench.variants(run);
    bench.fillLegends(byId("accuracy"), shown);
    charts.draw(byId("trade"), tradeOff(run, shown));
    charts.draw(byId("thresholds"), hotaOverThresholds(run, shown));
    charts.draw(byId("dumbbells"), leadingBySequence(run, shown));
  });
})();
