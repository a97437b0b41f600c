// Memory, timing warnings, and accuracy with frames at a fixed rate.
(() => {
  "use strict";
  const { byId, element, charts, isNumber } = bench;
  const { quantitative, nominal, variantColour, variantShape, tooltip } = charts;

  function memory(run, shown) {
    const bars = shown
      .map(({ name, title }) => ({ variant: title, MB: run.speed[name]?.values.memory_MB }))
      .filter(each => isNumber(each.MB));
    if (!bars.length) return null;
    const domain = bars.map(each => each.variant);
    return {
      height: 24 * bars.length,
      data: { values: bars },
      mark: { type: "bar" },
      encoding: {
        y: nominal("variant", { title: null, scale: { domain } }),
        x: quantitative("MB", { title: "most resident memory (MB)" }),
        color: variantColour(shown),
      },
    };
  }

  /** The titles of the affected variants by timing warning. */
  function timingWarningsOf(run, shown) {
    const titles = new Map();
    for (const variant of shown) {
      for (const { what, size } of run.speed[variant.name]?.timing_warnings ?? []) {
        if (!titles.has(what)) titles.set(what, []);
        titles.get(what).push(size ? `${variant.title} (${size})` : variant.title);
      }
    }
    return titles;
  }

  function showTimingWarnings(run, shown) {
    const warnings = timingWarningsOf(run, shown);
    const sentences = [...warnings].map(([what, titles]) =>
      element("li", {
        textContent: `${what[0].toUpperCase()}${what.slice(1)}: ${titles.join(", ")}.`,
      }),
    );
    byId("timing-warnings").hidden = !warnings.size;
    byId("timing-warnings").replaceChildren(
      element("strong", { textContent: "These times are doubtful." }),
      element("ul", {}, sentences),
    );
  }

  /** The leading metric at each frame rate, in per cent. */
  const streamingOf = (run, shown, column) =>
    shown.flatMap(variant =>
      (run.late[variant.name] ?? []).map(({ rate, values, dropped }) => ({
        variant: variant.title,
        rate,
        y: 100 * values[column.name],
        dropped,
      })),
    );

  /** The leading metric at each frame rate; dashed, its value without dropped frames. */
  function streaming(run, shown) {
    const column = bench.column(run.leading, run);
    const points = streamingOf(run, shown, column);
    if (!points.length) return null;
    const withoutDrops = shown
      .filter(({ name }) => run.late[name] && run.totals[name])
      .map(({ name, title }) => ({ variant: title, y: 100 * run.totals[name][column.name] }));
    const color = variantColour(shown);
    const y = quantitative("y", {
      title: `${column.label} (%)`,
      scale: charts.paddedScale([...points, ...withoutDrops].map(each => each.y)),
    });
    const x = quantitative("rate", {
      title: "frames that come in a second, log scale",
      scale: { type: "log", nice: false },
      axis: { values: [...new Set(points.map(each => each.rate))], format: "~r" },
    });
    const dots = {
      data: { values: points },
      mark: { type: "point", filled: true, size: 70, opacity: 1 },
      encoding: {
        x,
        y,
        color,
        shape: variantShape(shown),
        tooltip: [
          nominal("variant"),
          quantitative("rate", { title: "frames a second" }),
          ...tooltip(["y", column.label, ".2f"], ["dropped", "dropped", ".1%"]),
        ],
      },
    };
    return {
      height: 260,
      layer: [
        {
          data: { values: withoutDrops },
          mark: { type: "rule", strokeDash: [4, 4], opacity: 0.6 },
          encoding: { y, color },
        },
        {
          data: { values: points },
          mark: { type: "line", strokeWidth: 2 },
          encoding: { x, y, color },
        },
        dots,
      ],
    };
  }

  bench.onChange(() => {
    const run = bench.run();
    const shown = bench.variants(run);
    const timed = shown.filter(variant => Object.keys(run.timings[variant.name] ?? {}).length);
    if (!timed.length) return; // the section is hidden
    charts.draw(byId("memory"), memory(run, timed));
    showTimingWarnings(run, timed);
    const figure = streaming(run, shown);
    byId("streaming").closest("figure").hidden = !figure;
    charts.draw(byId("streaming"), figure);
  });
})();
