// What the gate found over commits: each number of each variant, with its noise.
(() => {
  "use strict";
  const { element, number, onChange } = bench;
  const at = id => document.getElementById(id);
  const PACE = "pace";
  const BAD = ["WORSE", "MISSING"];
  let metric = "";

  const labelOf = (verdict, place) => `${place + 1}: ${verdict.commit.slice(0, 8)}`;
  const labels = trend => trend.verdicts.map(labelOf);
  const title = name => (name === PACE ? "pace: a frame in units of a fixed work" : name);
  const told = (value, unit) => (unit === "work" ? value.toPrecision(4) : number(value, unit));

  function collect(trend, shown) {
    const scale = trend.units[metric] === "ratio" ? 100 : 1;
    const names = labels(trend);
    return shown.flatMap(variant =>
      (trend.points[metric][variant.name] ?? []).map(([place, value, low, high, word]) => ({
        variant: variant.title,
        verdict: names[place],
        place,
        value: scale * value,
        low: scale * low,
        high: scale * high,
        word,
        date: trend.verdicts[place].date,
      })),
    );
  }

  function figure(trend, points, shown) {
    if (!points.length) return null;
    const colour = {
      field: "variant",
      type: "nominal",
      title: null,
      scale: bench.colours(shown),
      legend: null,
    };
    const x = {
      field: "verdict",
      type: "ordinal",
      title: "verdict: commit",
      scale: { domain: labels(trend) },
      axis: { labelAngle: -40, labelOverlap: true },
    };
    const y = {
      field: "value",
      type: "quantitative",
      title: `${title(metric)}${trend.units[metric] === "ratio" ? " (%)" : ""}`,
      scale: { zero: false, nice: true },
    };
    const tooltip = [["variant"], ["verdict"], ["date"], ["word"]]
      .map(([field]) => ({ field, type: "nominal" }))
      .concat([{ field: "value", type: "quantitative", title: metric, format: ".4~r" }]);
    return {
      height: 280,
      data: { values: points },
      layer: [
        {
          mark: { type: "area", opacity: 0.15 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: colour },
        },
        {
          mark: { type: "rule", opacity: 0.5 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: colour },
        },
        { mark: { type: "line", strokeWidth: 2 }, encoding: { x, y, color: colour } },
        {
          mark: { type: "point", filled: true, size: 70, opacity: 1 },
          encoding: {
            x,
            y,
            color: colour,
            shape: {
              field: "variant",
              type: "nominal",
              title: null,
              scale: bench.shapes(shown),
              legend: null,
            },
            tooltip,
          },
        },
        {
          transform: [{ filter: { field: "word", oneOf: BAD } }],
          mark: { type: "point", size: 260, strokeWidth: 2, color: bench.ink("--bad") },
          encoding: { x, y },
        },
      ],
    };
  }

  function table(trend, shown) {
    const head = element(
      "tr",
      {},
      element("th", { scope: "col", className: "name", textContent: "Verdict" }),
      ["Date", "Result", ...shown.map(each => each.title)].map(text =>
        element("th", { scope: "col", textContent: text }),
      ),
    );
    const cell = (variant, place) =>
      (trend.points[metric][variant.name] ?? []).find(([mine]) => mine === place);
    const rows = trend.verdicts.map((verdict, place) =>
      element(
        "tr",
        {},
        element("th", { scope: "row", className: "name", textContent: labelOf(verdict, place) }),
        element("td", { textContent: verdict.date.slice(0, 16).replace("T", " ") }),
        element("td", {
          textContent: verdict.verdict,
          className: verdict.verdict === "regression" ? "bad" : "",
        }),
        shown.map(variant => {
          const found = cell(variant, place);
          return element("td", {
            textContent: found ? `${told(found[1], trend.units[metric])} ${found[4]}` : "–",
            className: found && BAD.includes(found[4]) ? "bad" : "",
          });
        }),
      ),
    );
    at("trend-table").replaceChildren(element("thead", {}, head), element("tbody", {}, rows));
  }

  at("trend-metric").addEventListener("change", event => {
    metric = event.target.value;
    update();
  });
  function update() {
    const run = bench.run();
    const trend = run.trend;
    at("trend").hidden = !trend;
    if (!trend) return;
    const names = Object.keys(trend.points);
    if (!names.includes(metric)) metric = names.includes(run.leading) ? run.leading : names[0];
    bench.options(
      at("trend-metric"),
      names.map(name => [name, name]),
      metric,
    );
    at("trend-unreadable").hidden = !trend.unreadable;
    at("trend-unreadable").textContent =
      `${trend.unreadable} of the history's lines could not be read and are left out.`;
    const shown = bench.variants(run).filter(variant => variant.name in trend.points[metric]);
    bench.legend(at("trend"), shown);
    bench.draw(at("trend-figure"), figure(trend, collect(trend, shown), shown));
    table(trend, shown);
  }
  onChange(update);
})();
