// One metric: one row per sequence, one column per variant; better values of a row are darker.
(() => {
  "use strict";
  const { state, byId, element } = bench;
  const DARKEST = 70; // per cent
  const DIRECTIONS = { down: "Less is better.", up: "More is better." };

  /** How good a value is within its row, from 0 to 1. */
  function shadeOf(value, values, { better }) {
    const present = bench.totals.present(values);
    const [low, high] = [Math.min(...present), Math.max(...present)];
    if (value === null || low === high || !better) return 0;
    return (better === "up" ? value - low : high - value) / (high - low);
  }

  const valuesOver = (run, column, sequences) =>
    bench
      .variants(run)
      .map(variant => bench.totals.over(run, variant.name, sequences)?.[column.name] ?? null);

  function cell(value, column, background) {
    const textContent = bench.formatNumber(value, column.unit);
    return element("td", { style: { background }, textContent });
  }

  function lookAt(sequence) {
    state.set({ sequence });
    byId("gallery")?.scrollIntoView({ behavior: "smooth" });
  }

  function sequenceRow(run, column, sequence) {
    const values = valuesOver(run, column, [sequence]);
    const isLeftOut = state.list("without").has(sequence);
    const background = value => {
      const share = Math.round(DARKEST * shadeOf(value, values, column));
      return isLeftOut ? "" : `color-mix(in srgb, var(--shade) ${share}%, transparent)`;
    };
    const button = { type: "button", className: "number", textContent: sequence };
    return element(
      "tr",
      { className: isLeftOut ? "incomplete" : "" },
      element(
        "th",
        { scope: "row", className: "name" },
        element("button", { ...button, onclick: () => lookAt(sequence) }),
      ),
      values.map(value => cell(value, column, background(value))),
    );
  }

  const totalRow = (run, column) =>
    element(
      "tr",
      { className: "total" },
      element("th", { scope: "row", className: "name" }, "together"),
      valuesOver(run, column, bench.sequences(run)).map(value => cell(value, column, "")),
    );

  function matrix(run, column) {
    const titles = bench
      .variants(run)
      .map(variant =>
        element(
          "th",
          { scope: "col", className: "head" },
          bench.variantMark(variant),
          variant.title,
        ),
      );
    const corner = { scope: "col", className: "name head", textContent: "Sequence" };
    const rows = run.sequences.map(sequence => sequenceRow(run, column, sequence));
    return [
      element("thead", {}, element("tr", {}, element("th", corner), titles)),
      element("tbody", {}, rows, totalRow(run, column)),
    ];
  }

  bench.onChange(() => {
    const run = bench.run();
    const chosen = bench.metric(run);
    const column = run.columns.includes(chosen) ? chosen : bench.column(run.leading, run);
    if (!column) {
      byId("matrix").replaceChildren();
      return;
    }
    const entries = run.columns.map(each => [each.name, each.label]);
    bench.setOptions(byId("metric"), entries, column.name);
    byId("metric-meaning").textContent = `${column.meaning}. ${DIRECTIONS[column.better] ?? ""}`;
    byId("matrix").replaceChildren(...matrix(run, column));
  });
  byId("metric").addEventListener("change", event => state.set({ metric: event.target.value }));
})();
