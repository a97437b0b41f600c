// The figure of accuracy against speed.
(() => {
  "use strict";
  const { byId, charts, isNumber } = bench;
  const { quantitative, variantColour, variantShape, tooltip } = charts;
  const MARGIN = 1.5; // factor around the values on a log scale
  const chosen = { x: "fps", y: "" }; // names of columns

  /** The Pareto front, from left to right; `better` gives the direction of each axis: up, down. */
  function paretoFront(points, better) {
    const isAsGood = (a, b, axis) =>
      better[axis] === "down" ? a[axis] <= b[axis] : a[axis] >= b[axis];
    const dominates = (a, b) =>
      isAsGood(a, b, "x") && isAsGood(a, b, "y") && (a.x !== b.x || a.y !== b.y);
    return points
      .filter(point => !points.some(other => dominates(other, point)))
      .sort((a, b) => a.x - b.x);
  }

  /** The points of variants with a value in both columns; ratios in per cent. */
  function pointsOf(run, shown, { x, y }) {
    const scale = y.unit === "ratio" ? 100 : 1;
    return shown.flatMap(variant => {
      const values = bench.valuesOf(run, variant);
      if (!isNumber(values[y.name]) || !isNumber(values[x.name])) return [];
      const { timed, fps_range: range } = run.speed[variant.name];
      return {
        variant: variant.title,
        x: values[x.name],
        y: scale * values[y.name],
        timed: timed.label || "step",
        slowest: range[0],
        fastest: range[1],
      };
    });
  }

  /** The horizontal axis, which includes the range of each speed. */
  function xAxisOf(column, points) {
    const values = points.flatMap(({ x, slowest, fastest }) =>
      column.name === "fps" ? [x, slowest, fastest] : [x],
    );
    const unit = column.unit === "fps" ? ", frames per second" : ` (${column.unit})`;
    const domain = [Math.min(...values) / MARGIN, Math.max(...values) * MARGIN];
    return quantitative("x", {
      title: `${bench.withoutUnit(column)}${unit}, log scale`,
      scale: { type: "log", domain, nice: false },
      axis: { format: "~s", tickCount: 6 },
    });
  }

  const yAxisOf = (column, points) =>
    quantitative("y", {
      title: column.unit === "ratio" ? `${column.label} (%)` : column.label,
      scale:
        column.unit === "ratio"
          ? charts.paddedScale(points.map(each => each.y))
          : { zero: false, nice: true },
    });

  /** A line at the frame rate of the videos, if it is within the axis. */
  function streamingLayers(rate, xAxis) {
    const [low, high] = xAxis.scale.domain;
    if (!rate || rate <= low || rate >= high) return [];
    const color = charts.themeColour("--bad");
    const x = { ...xAxis, field: "rate" };
    return [
      {
        data: { values: [{ rate }] },
        mark: { type: "rule", strokeWidth: 1, color },
        encoding: { x },
      },
      {
        data: { values: [{ rate, text: `${rate} fps: real time` }] },
        mark: charts.textMark({ dx: 4, baseline: "top", y: 4, color }),
        encoding: { x, text: { field: "text" } },
      },
    ];
  }

  const paretoLayer = (points, { x, y }, encoding) => ({
    data: {
      values: paretoFront(
        points.filter(each => each.timed === "step"),
        { x: x.better, y: y.better },
      ),
    },
    mark: {
      type: "line",
      interpolate: "linear",
      strokeWidth: 1.5,
      strokeDash: [5, 4],
      color: charts.themeColour("--soft"),
    },
    encoding,
  });

  const rangeLayer = (points, { x, y, color }) => ({
    data: { values: points },
    mark: { type: "rule", strokeWidth: 2 },
    encoding: { x: { ...x, field: "slowest" }, x2: { field: "fastest" }, y, color },
  });

  /** Accuracy against speed: one point per variant, and the Pareto front. */
  function plane(run, shown) {
    const y = bench.column(chosen.y, run) ?? bench.column(run.leading, run);
    const x = run.speed_columns.find(each => each.name === chosen.x) ?? run.speed_columns[0];
    if (!x || !y) return null;
    const points = pointsOf(run, shown, { x, y });
    if (!points.length) return null;
    const axes = { x: xAxisOf(x, points), y: yAxisOf(y, points) };
    const color = variantColour(shown);
    const isFps = x.name === "fps";
    const dots = {
      data: { values: points },
      mark: { type: "point", filled: true, size: 140 },
      encoding: {
        ...axes,
        color,
        shape: variantShape(shown),
        opacity: { condition: { test: "datum.timed === 'step'", value: 1 }, value: 0.4 },
        tooltip: tooltip(["variant"], ["y", y.label, ".2f"], ["x", x.label, ",.3~r"], ["timed"]),
      },
    };
    return {
      height: 300,
      layer: [
        paretoLayer(points, { x, y }, axes),
        ...(isFps ? streamingLayers(run.frame_rate, axes.x) : []),
        ...(isFps ? [rangeLayer(points, { ...axes, color })] : []),
        dots,
      ],
    };
  }

  function showChoices(run, shown) {
    const accuracy = run.columns.filter(each => run.headline.includes(each.name) && each.better);
    const known = accuracy.some(each => each.name === chosen.y) ? chosen.y : run.leading;
    const speed = run.speed_columns.filter(column =>
      shown.some(variant => isNumber(run.speed[variant.name]?.values[column.name])),
    );
    const entries = columns => columns.map(each => [each.name, each.label]);
    bench.setOptions(byId("plane-y"), entries(accuracy), known);
    bench.setOptions(byId("plane-x"), entries(speed), chosen.x);
  }

  function update() {
    const run = bench.run();
    const shown = bench.variants(run);
    showChoices(run, shown);
    bench.fillLegends(byId("verdict-section"), shown);
    charts.draw(byId("plane"), plane(run, shown));
  }

  function choose(event, axis) {
    chosen[axis] = event.target.value;
    update();
  }

  for (const axis of ["x", "y"]) {
    byId(`plane-${axis}`).addEventListener("change", event => choose(event, axis));
  }
  bench.onChange(update);
})();
