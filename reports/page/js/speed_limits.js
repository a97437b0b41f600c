// What else there is of speed: memory, doubts about the times, and accuracy in real time.
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

  /** The titles of the variants by what speaks against their times. */
  function doubtsOf(run, shown) {
    const titles = new Map();
    for (const variant of shown) {
      for (const { what, size } of run.speed[variant.name]?.doubts ?? []) {
        if (!titles.has(what)) titles.set(what, []);
        titles.get(what).push(size ? `${variant.title} (${size})` : variant.title);
      }
    }
    return titles;
  }

  function showDoubts(run, shown) {
    const doubts = doubtsOf(run, shown);
    const sentences = [...doubts].map(([what, titles]) =>
      element("li", {
        textContent: `${what[0].toUpperCase()}${what.slice(1)}: ${titles.join(", ")}.`,
      }),
    );
    byId("doubts").hidden = !doubts.size;
    byId("doubts").replaceChildren(
      element("strong", { textContent: "These times are doubtful." }),
      element("ul", {}, sentences),
    );
  }

  /** The leading metric at each rate of frames, in per cent. */
  const lateOf = (run, shown, column) =>
    shown.flatMap(variant =>
      (run.late[variant.name] ?? []).map(({ rate, values, dropped }) => ({
        variant: variant.title,
        rate,
        y: 100 * values[column.name],
        dropped,
      })),
    );

  /** The leading metric at each rate of frames; dashed, what it is when nothing is late. */
  function realTime(run, shown) {
    const column = bench.column(run.leading, run);
    const late = lateOf(run, shown, column);
    if (!late.length) return null;
    const inTime = shown
      .filter(({ name }) => run.late[name] && run.totals[name])
      .map(({ name, title }) => ({ variant: title, y: 100 * run.totals[name][column.name] }));
    const color = variantColour(shown);
    const y = quantitative("y", {
      title: `${column.label} (%)`,
      scale: charts.paddedScale([...late, ...inTime].map(each => each.y)),
    });
    const x = quantitative("rate", {
      title: "frames that come in a second, log scale",
      scale: { type: "log", nice: false },
      axis: { values: [...new Set(late.map(each => each.rate))], format: "~r" },
    });
    const dots = {
      data: { values: late },
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
          data: { values: inTime },
          mark: { type: "rule", strokeDash: [4, 4], opacity: 0.6 },
          encoding: { y, color },
        },
        {
          data: { values: late },
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
    showDoubts(run, timed);
    const late = realTime(run, shown);
    byId("real-time").closest("figure").hidden = !late;
    charts.draw(byId("real-time"), late);
  });
})();
