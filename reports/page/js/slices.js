// Recall, overlap and switches by slice, computed again from the sums of what is shown.
(() => {
  "use strict";
  const { element, number, onChange } = bench;
  const at = id => document.getElementById(id);
  const FEW = 100; // rows
  const KINDS = {
    size: ["Size", "area of the mask, or of the box where boxes are scored"],
    visibility: ["Visibility", "the share of the object that is not hidden"],
    crowding: ["Crowding", "largest IoU of its box with another box of the frame"],
    speed: ["Speed", "heights of its box moved per frame, since its row before"],
    sequence: ["Sequence", ""],
  };
  const MEASURES = {
    recall: {
      label: "Recall",
      title: "Recall (%)",
      digits: 2,
      domain: [0, 100],
      of: ({ rows, matched }) => (rows ? (100 * matched) / rows : null),
    },
    overlap: {
      label: "Mean IoU of matches",
      title: "Mean IoU of matches (%)",
      digits: 2,
      domain: [50, 100],
      of: ({ matched, similarity }) => (matched ? (100 * similarity) / matched : null),
    },
    switches: {
      label: "Identity switches",
      title: "Identity switches for every 1,000 rows",
      digits: 1,
      of: ({ rows, switches }) => (rows ? (1000 * switches) / rows : null),
    },
  };
  let measure = "recall";

  const add = (one, other) => (one ? one.map((value, place) => value + other[place]) : other);

  // Rows, matches, their overlap and switches by kind and slice of one variant; null where a sequence has no result.
  function sums(run, variant) {
    const mine = run.partials[variant.name] ?? {};
    const total = {};
    for (const sequence of bench.sequences(run))
      for (const name of bench.classes(run)) {
        const kinds = mine[sequence]?.[name]?.slices?.kinds;
        if (!kinds) return null;
        const whole = kinds.size.map(([, ...counts]) => counts).reduce(add);
        for (const [kind, slices] of Object.entries({
          ...kinds,
          sequence: [[sequence, ...whole]],
        })) {
          total[kind] ??= new Map();
          for (const [slice, ...counts] of slices)
            total[kind].set(slice, add(total[kind].get(slice), counts));
        }
      }
    return total;
  }

  // One entry for each variant, kind and slice that has rows.
  function collect(run) {
    const found = [];
    for (const variant of bench.variants(run)) {
      for (const [kind, slices] of Object.entries(sums(run, variant) ?? {})) {
        for (const [slice, [rows, matched, similarity, switches]] of slices) {
          if (rows && kind in KINDS)
            found.push({ variant, kind, slice, rows, matched, similarity, switches });
        }
      }
    }
    return found;
  }

  const unique = values => [...new Set(values)];
  const rowsOf = (entries, slice) =>
    Math.max(...entries.filter(each => each.slice === slice).map(each => each.rows));

  function figure(run, entries) {
    const { of, title, domain, digits } = MEASURES[measure];
    const from = bench.baseline(run);
    const shown = unique(entries.map(each => each.variant));
    const label = slice => [slice, `n = ${number(rowsOf(entries, slice), "count")}`];
    const reference = slice => entries.find(each => each.slice === slice && each.variant === from);
    const points = entries
      .map(each => ({
        name: each.variant.title,
        slice: each.slice,
        rows: each.rows,
        value: of(each),
        few: each.rows < FEW,
        from: reference(each.slice) ? of(reference(each.slice)) : null,
        ...Object.fromEntries(
          Object.entries(MEASURES).map(([key, one]) => [
            key,
            one.of(each) === null ? "–" : one.of(each).toFixed(one.digits),
          ]),
        ),
      }))
      .filter(each => each.value !== null);
    if (!points.length) return null;
    const slices = unique(entries.map(each => each.slice));
    const names = Object.fromEntries(slices.map(slice => [slice, label(slice)]));
    const y = {
      field: "slice",
      type: "nominal",
      title: null,
      sort: slices,
      axis: {
        labelExpr: `${JSON.stringify(names)}[datum.value]`,
        labelLimit: 160,
        labelLineHeight: 14,
        grid: true,
        tickBand: "extent",
        ticks: false,
      },
    };
    const yOffset = {
      field: "name",
      type: "nominal",
      scale: { domain: shown.map(each => each.title), paddingOuter: 0.8 },
    };
    const x = {
      type: "quantitative",
      title,
      scale: domain ? { domain, clamp: true } : { zero: true },
      axis: { tickCount: 5 },
    };
    const opacity = { condition: { test: "datum.few", value: 0.25 }, value: 1 };
    const tooltip = [
      ["name", "variant"],
      ["slice", "slice"],
      ["rows", "rows"],
      ["recall", "recall (%)"],
      ["overlap", "mean IoU (%)"],
      ["switches", "switches for every 1,000"],
    ].map(([field, name]) => ({ field, title: name, type: "nominal" }));
    const colour = { field: "name", type: "nominal", scale: bench.colours(shown), legend: null };
    const spans = {
      transform: [{ filter: "isValid(datum.from)" }],
      mark: { type: "rule", strokeWidth: 2 },
      encoding: {
        y,
        yOffset,
        x: { ...x, field: "from" },
        x2: { field: "value" },
        color: colour,
        opacity: { condition: { test: "datum.few", value: 0.15 }, value: 0.45 },
      },
    };
    const dots = {
      mark: { type: "point", filled: true, size: 60 },
      encoding: {
        y,
        yOffset,
        x: { ...x, field: "value" },
        color: colour,
        shape: { field: "name", type: "nominal", scale: bench.shapes(shown), legend: null },
        opacity,
        tooltip,
      },
    };
    const tall = Math.max(34, (shown.length + 1) * (shown.length > 4 ? 9 : 14)); // two lines of text at least
    return {
      height: slices.length * tall,
      data: { values: points },
      layer: [spans, dots],
      view: { stroke: null },
    };
  }

  function table(run, entries) {
    const shown = unique(entries.map(each => each.variant));
    const cell = MEASURES[measure];
    const row = (kind, slice) => {
      const mine = entries.filter(each => each.kind === kind && each.slice === slice);
      const rows = rowsOf(mine, slice);
      const value = variant => {
        const one = mine.find(each => each.variant === variant);
        return one ? cell.of(one) : null;
      };
      return element(
        "tr",
        { className: rows < FEW ? "troubled" : "" },
        element("th", { scope: "row", className: "name", textContent: slice }),
        element("td", { textContent: number(rows, "count") }),
        shown.map(variant =>
          element("td", {
            textContent: value(variant) === null ? "–" : value(variant).toFixed(cell.digits),
          }),
        ),
      );
    };
    const kinds = Object.keys(KINDS).filter(kind => entries.some(each => each.kind === kind));
    at("slice-table").replaceChildren(
      element("caption", { textContent: cell.title }),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col", className: "name head", textContent: "Slice" }),
          element("th", { scope: "col", className: "head", textContent: "rows" }),
          shown.map(variant =>
            element(
              "th",
              { scope: "col", className: "head" },
              bench.markOf(variant),
              variant.title,
            ),
          ),
        ),
      ),
      ...kinds.map(kind =>
        element(
          "tbody",
          {},
          element(
            "tr",
            { className: "total" },
            element("th", {
              scope: "rowgroup",
              className: "name",
              colSpan: shown.length + 2,
              textContent: `${KINDS[kind][0]}${KINDS[kind][1] ? `: ${KINDS[kind][1]}` : ""}`,
            }),
          ),
          unique(entries.filter(each => each.kind === kind).map(each => each.slice)).map(slice =>
            row(kind, slice),
          ),
        ),
      ),
    );
  }

  function show() {
    const run = bench.run();
    const entries = collect(run);
    at("no-slices").hidden = entries.length > 0;
    at("sliced").hidden = !entries.length;
    bench.legend(at("slices"), unique(entries.map(each => each.variant)));
    bench.options(
      at("slice-measure"),
      Object.entries(MEASURES).map(([key, one]) => [key, one.label]),
      measure,
    );
    const kinds = Object.keys(KINDS)
      .map(kind => [kind, entries.filter(each => each.kind === kind)])
      .filter(
        ([kind, mine]) => mine.length && (kind !== "sequence" || bench.sequences(run).length > 1),
      );
    at("slice-figures").replaceChildren(
      ...kinds.map(([kind, mine]) => {
        const node = element("div", {
          className: "figure",
          "aria-label": `${MEASURES[measure].label} by ${kind}`,
        });
        bench.draw(node, figure(run, mine));
        return element(
          "figure",
          {},
          element(
            "figcaption",
            {},
            element("h3", { textContent: KINDS[kind][0] }),
            element("small", { textContent: KINDS[kind][1] }),
          ),
          node,
        );
      }),
    );
    if (at("slice-rows").open) table(run, entries);
  }

  at("slice-measure").addEventListener("change", event => {
    measure = event.target.value;
    show();
  });
  at("slice-rows").addEventListener("toggle", show);
  onChange(show);
})();
