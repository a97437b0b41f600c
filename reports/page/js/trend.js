// The history of the gate over commits: each value of each variant, with its interval.
(() => {
  "use strict";
  const { byId, element, charts } = bench;
  const { quantitative, variantColour, variantShape } = charts;
  const STEP_TIME = "relative step time";
  const BAD = ["WORSE", "MISSING"];
  let metric = "";

  const labelOf = (verdict, index) => `${index + 1}: ${verdict.commit.slice(0, 8)}`;
  const labelsOf = trend => trend.verdicts.map(labelOf);
  const isRatio = trend => trend.units[metric] === "ratio";
  const format = (value, unit) =>
    unit === "work" ? value.toPrecision(4) : bench.formatNumber(value, unit);

  function axisTitle(trend) {
    if (metric === STEP_TIME) return "relative step time: a frame in units of a fixed work";
    return isRatio(trend) ? `${metric} (%)` : metric;
  }

  /** One point per variant and verdict with the metric; ratios in per cent. */
  function pointsOf(trend, shown) {
    const scale = isRatio(trend) ? 100 : 1;
    const labels = labelsOf(trend);
    return shown.flatMap(variant =>
      (trend.points[metric][variant.name] ?? []).map(([index, value, low, high, word]) => ({
        variant: variant.title,
        verdict: labels[index],
        value: scale * value,
        low: scale * low,
        high: scale * high,
        word,
        date: trend.verdicts[index].date,
      })),
    );
  }

  function figure(trend, shown) {
    const points = pointsOf(trend, shown);
    if (!points.length) return null;
    const color = variantColour(shown);
    const x = {
      field: "verdict",
      type: "ordinal",
      title: "verdict: commit",
      scale: { domain: labelsOf(trend) },
      axis: { labelAngle: -40, labelOverlap: true },
    };
    const y = quantitative("value", {
      title: axisTitle(trend),
      scale: { zero: false, nice: true },
    });
    const interval = { x, y: { ...y, field: "low" }, y2: { field: "high" }, color };
    const names = [["variant"], ["verdict"], ["date"], ["word"]];
    const tooltip = charts.tooltip(...names, ["value", metric, ".4~r"]);
    return {
      height: 280,
      data: { values: points },
      layer: [
        { mark: { type: "area", opacity: 0.15 }, encoding: interval },
        { mark: { type: "rule", opacity: 0.5 }, encoding: interval },
        { mark: { type: "line", strokeWidth: 2 }, encoding: { x, y, color } },
        {
          mark: { type: "point", filled: true, size: 70, opacity: 1 },
          encoding: { x, y, color, shape: variantShape(shown), tooltip },
        },
        {
          transform: [{ filter: { field: "word", oneOf: BAD } }],
          mark: { type: "point", size: 260, strokeWidth: 2, color: charts.themeColour("--bad") },
          encoding: { x, y },
        },
      ],
    };
  }

  function cell(trend, variant, index) {
    const points = trend.points[metric][variant.name] ?? [];
    const [, value, , , word] = points.find(([ofVerdict]) => ofVerdict === index) ?? [];
    if (word === undefined) return element("td", { textContent: bench.NO_NUMBER, className: "" });
    return element("td", {
      textContent: `${format(value, trend.units[metric])} ${word}`,
      className: BAD.includes(word) ? "bad" : "",
    });
  }

  function showTable(trend, shown) {
    const titles = ["Date", "Result", ...charts.titlesOf(shown)];
    const head = element(
      "tr",
      {},
      element("th", { scope: "col", className: "name", textContent: "Verdict" }),
      titles.map(textContent => element("th", { scope: "col", textContent })),
    );
    const rows = trend.verdicts.map((verdict, index) =>
      element(
        "tr",
        {},
        element("th", { scope: "row", className: "name", textContent: labelOf(verdict, index) }),
        element("td", { textContent: verdict.date.slice(0, 16).replace("T", " ") }),
        element("td", {
          textContent: verdict.verdict,
          className: verdict.verdict === "regression" ? "bad" : "",
        }),
        shown.map(variant => cell(trend, variant, index)),
      ),
    );
    byId("trend-table").replaceChildren(element("thead", {}, head), element("tbody", {}, rows));
  }

  function chooseMetric(run, names) {
    if (!names.includes(metric)) metric = names.includes(run.leading) ? run.leading : names[0];
    const entries = names.map(name => [name, name]);
    bench.setOptions(byId("trend-metric"), entries, metric);
  }

  function update() {
    const run = bench.run();
    const trend = run.trend;
    byId("trend").hidden = !trend;
    if (!trend) return;
    chooseMetric(run, Object.keys(trend.points));
    byId("trend-unreadable").hidden = !trend.unreadable;
    byId("trend-unreadable").textContent =
      `${trend.unreadable} of the history's lines could not be read and are left out.`;
    const shown = bench.variants(run).filter(variant => variant.name in trend.points[metric]);
    bench.fillLegends(byId("trend"), shown);
    charts.draw(byId("trend-figure"), figure(trend, shown));
    showTable(trend, shown);
  }

  byId("trend-metric").addEventListener("change", event => {
    metric = event.target.value;
    update();
  });
  bench.onChange(update);
})();
