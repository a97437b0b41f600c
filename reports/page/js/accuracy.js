// Why one is more accurate: detection against association, every threshold, each sequence, errors.
(() => {
  "use strict";
  const { onChange } = bench;
  const at = id => document.getElementById(id);
  const percent = value => 100 * value;

  const colour = shown => ({
    field: "variant",
    type: "nominal",
    title: null,
    scale: bench.colours(shown),
    legend: null,
  });
  const shape = shown => ({
    field: "variant",
    type: "nominal",
    title: null,
    scale: bench.shapes(shown),
    legend: null,
  });
  const tooltip = (...fields) =>
    fields.map(([field, title, format]) => ({
      field,
      title,
      ...(format ? { format, type: "quantitative" } : { type: "nominal" }),
    }));

  function rowsOf(run, shown) {
    return shown
      .map(variant => ({ variant, values: bench.totals.over(run, variant.name) }))
      .filter(each => each.values);
  }

  function trade(run, shown) {
    const rows = rowsOf(run, shown).filter(each => each.values.DetA !== undefined);
    if (!rows.length) return null;
    const points = rows.map(({ variant, values }) => ({
      variant: variant.title,
      DetA: percent(values.DetA),
      AssA: percent(values.AssA),
      HOTA: percent(values.HOTA),
    }));
    const [x, y] = [
      bench.around(points.map(each => each.DetA)),
      bench.around(points.map(each => each.AssA)),
    ];
    const lines = [];
    for (let level = 10; level < 100; level += 5) {
      for (let step = 0; step <= 40; step += 1) {
        const det = x.domain[0] + ((x.domain[1] - x.domain[0]) * step) / 40;
        const ass = (level * level) / Math.max(det, 1e-9);
        if (ass >= y.domain[0] && ass <= y.domain[1]) lines.push({ level, det, ass });
      }
    }
    const labels = [...new Map(lines.map(each => [each.level, each])).values()];
    return {
      height: 280,
      layer: [
        {
          data: { values: lines },
          mark: {
            type: "line",
            strokeWidth: 1,
            strokeDash: [3, 3],
            color: bench.ink("--soft"),
            opacity: 0.6,
            clip: true,
          },
          encoding: {
            x: {
              field: "det",
              type: "quantitative",
              scale: { ...x, nice: false },
              title: "DetA (%)",
            },
            y: {
              field: "ass",
              type: "quantitative",
              scale: { ...y, nice: false },
              title: "AssA (%)",
            },
            detail: { field: "level", type: "nominal" },
          },
        },
        {
          data: { values: labels },
          mark: { type: "text", align: "right", dy: -5, fontSize: 11, color: bench.ink("--soft") },
          encoding: {
            x: { field: "det", type: "quantitative" },
            y: { field: "ass", type: "quantitative" },
            text: { field: "level", type: "nominal" },
          },
        },
        {
          data: { values: points },
          mark: { type: "point", filled: true, size: 130, opacity: 1 },
          encoding: {
            x: { field: "DetA", type: "quantitative" },
            y: { field: "AssA", type: "quantitative" },
            color: colour(shown),
            shape: shape(shown),
            tooltip: tooltip(
              ["variant", "variant"],
              ["DetA", "DetA", ".2f"],
              ["AssA", "AssA", ".2f"],
              ["HOTA", "HOTA", ".2f"],
            ),
          },
        },
      ],
    };
  }

  function thresholds(run, shown) {
    const points = shown.flatMap(variant => {
      const found = bench.totals.curves(run, variant.name);
      return found
        ? found.HOTA.map((value, place) => ({
            variant: variant.title,
            alpha: (5 * (place + 1)) / 100,
            value: percent(value),
          }))
        : [];
    });
    if (!points.length) return null;
    return {
      height: 280,
      data: { values: points },
      mark: { type: "line", strokeWidth: 2, point: { size: 25, filled: true } },
      encoding: {
        x: {
          field: "alpha",
          type: "quantitative",
          title: "alpha, the IoU from which a pair may match",
          scale: { domain: [0, 1] },
        },
        y: { field: "value", type: "quantitative", title: "HOTA (%)" },
        color: colour(shown),
        tooltip: tooltip(
          ["variant", "variant"],
          ["alpha", "alpha", ".2f"],
          ["value", "HOTA", ".2f"],
        ),
      },
    };
  }

  // The leading metric of each sequence: how far each variant is from the baseline, or all in a row.
  function dumbbells(run, shown) {
    const column = bench.column(run.leading, run);
    const from = bench.baseline(run);
    if (!column) return null;
    const value = (variant, sequence) =>
      bench.totals.over(run, variant.name, [sequence])?.[column.name] ?? null;
    const points = bench
      .sequences(run)
      .flatMap(sequence =>
        shown.map(variant => ({
          sequence: bench.groupable(sequence),
          variant: variant.title,
          value: value(variant, sequence),
          from: from ? value(from, sequence) : null,
        })),
      )
      .filter(each => each.value !== null)
      .map(each => ({
        ...each,
        value: percent(each.value),
        from: each.from === null ? null : percent(each.from),
      }));
    if (!points.length) return null;
    const x = {
      type: "quantitative",
      title: `${column.label} (%)`,
      scale: bench.around(points.map(each => each.value)),
    };
    const y = {
      field: "sequence",
      type: "nominal",
      title: null,
      scale: {
        domain: run.sequences
          .map(bench.groupable)
          .filter(name => points.some(each => each.sequence === name)),
      },
    };
    const yOffset = {
      field: "variant",
      type: "nominal",
      scale: { domain: shown.map(each => each.title) },
    };
    const spans = from
      ? {
          mark: { type: "rule", strokeWidth: 2, opacity: 0.55 },
          encoding: {
            y,
            x: { ...x, field: "from" },
            x2: { field: "value" },
            color: colour(shown),
            yOffset,
          },
        }
      : {
          mark: { type: "rule", strokeWidth: 2, opacity: 0.35 },
          encoding: {
            y,
            x: { ...x, aggregate: "min", field: "value" },
            x2: { aggregate: "max", field: "value" },
          },
        };
    return {
      height: bench.sequences(run).length * (from ? 16 * shown.length : 32),
      data: { values: points },
      layer: [
        spans,
        {
          mark: { type: "point", filled: true, size: from ? 70 : 110, opacity: 1 },
          encoding: {
            y,
            x: { ...x, field: "value" },
            color: colour(shown),
            shape: shape(shown),
            ...(from ? { yOffset } : {}),
            tooltip: tooltip(
              ["variant", "variant"],
              ["sequence", "sequence"],
              ["value", column.label, ".2f"],
            ),
          },
        },
      ],
    };
  }

  const ERRORS = [
    ["CLR_FN", "missed"],
    ["CLR_FP", "false alarms"],
    ["IDSW", "identity switches"],
    ["Frag", "fragmentations"],
  ];
  const ERROR_COLOURS = ["#56B4E9", "#D55E00", "#CC79A7", "#009E73"];
  function decomposition(run, shown) {
    const points = rowsOf(run, shown)
      .filter(each => each.values.CLR_TP !== undefined)
      .flatMap(({ variant, values }) => {
        const truth = Math.max(1, values.CLR_TP + values.CLR_FN);
        return ERRORS.map(([name, title], order) => ({
          variant: variant.title,
          error: title,
          order,
          count: values[name],
          share: (1000 * values[name]) / truth,
        }));
      });
    if (!points.length) return null;
    return {
      height: 24 * new Set(points.map(each => each.variant)).size,
      data: { values: points },
      mark: { type: "bar" },
      encoding: {
        y: {
          field: "variant",
          type: "nominal",
          title: null,
          scale: { domain: [...new Set(points.map(each => each.variant))] },
        },
        x: {
          field: "share",
          type: "quantitative",
          title: "errors for every 1,000 rows of the truth",
          axis: { tickCount: 6 },
        },
        color: {
          field: "error",
          type: "nominal",
          title: null,
          scale: { domain: ERRORS.map(each => each[1]), range: ERROR_COLOURS },
          legend: { columns: 2 },
        },
        order: { field: "order", type: "quantitative" },
        tooltip: tooltip(
          ["variant", "variant"],
          ["error", "error"],
          ["count", "count", ",.0f"],
          ["share", "for every 1,000", ".1f"],
        ),
      },
    };
  }

  const HEAT = ["#fbd9a5", "#c2410c", "#5b1a06"];
  // How many errors of each kind each variant makes when; a panel a kind, the darker the more.
  function overTime(run, shown, sequence) {
    const lines = shown
      .map(variant => [variant, run.timelines[variant.name]?.[sequence]])
      .filter(each => each[1]);
    if (!lines.length) return null;
    const span = lines[0][1].span;
    const points = lines.flatMap(([variant, line]) =>
      Object.entries(line.counts).flatMap(([error, places]) =>
        places.map(([place, count]) => ({
          variant: variant.title,
          error,
          frame: place * span,
          end: (place + 1) * span,
          count,
        })),
      ),
    );
    return {
      spacing: 14,
      data: { values: points },
      facet: {
        row: {
          field: "error",
          type: "nominal",
          title: null,
          sort: Object.keys(lines[0][1].counts),
          header: { labelAngle: 0, labelAlign: "left", labelOrient: "top", labelAnchor: "start" },
        },
      },
      spec: {
        width: 820,
        height: { step: 18 },
        mark: { type: "rect", stroke: null },
        encoding: {
          x: {
            field: "frame",
            type: "quantitative",
            title: "frame",
            scale: { domain: [0, run.frames[sequence]], nice: false },
          },
          x2: { field: "end" },
          y: {
            field: "variant",
            type: "nominal",
            title: null,
            scale: { domain: shown.map(each => each.title) },
          },
          color: {
            field: "count",
            type: "quantitative",
            title: `errors ${span === 1 ? "a frame" : `in ${span} frames`}`,
            scale: { range: HEAT, domainMin: 0 },
            legend: { tickMinStep: 1, format: "d", orient: "right" },
          },
          tooltip: tooltip(
            ["variant", "variant"],
            ["error", "error"],
            ["frame", "frame", "d"],
            ["count", "count", "d"],
          ),
        },
      },
    };
  }

  at("time-sequence").addEventListener("change", event =>
    bench.state.set({ sequence: event.target.value }),
  );
  onChange(() => {
    const run = bench.run();
    const shown = bench.variants(run);
    bench.legend(at("accuracy"), shown);
    bench.draw(at("trade"), trade(run, shown));
    bench.draw(at("thresholds"), thresholds(run, shown));
    bench.draw(at("dumbbells"), dumbbells(run, shown));
    bench.draw(at("decomposition"), decomposition(run, shown));
    bench.options(
      at("time-sequence"),
      run.sequences.map(name => [name, name]),
      bench.sequence(run),
    );
    bench.draw(at("over-time"), overTime(run, shown, bench.sequence(run)));
  });
})();
