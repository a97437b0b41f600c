// Recall, overlap and identity switches by slice, computed from the sums over the selection.
(() => {
  "use strict";
  const { byId, element, charts, formatNumber, NO_NUMBER } = bench;
  const { nominal, variantColour, variantShape, tooltip } = charts;
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
  let chosen = "recall"; // a measure

  const unique = values => [...new Set(values)];
  const add = (counts, other) =>
    counts ? counts.map((count, index) => count + other[index]) : other;
  const format = (measure, entry) => {
    const value = entry ? measure.of(entry) : null;
    return value === null ? NO_NUMBER : value.toFixed(measure.digits);
  };

  /** The counts of a sequence and class by kind of slice; each sequence is a slice as well. */
  function kindsOf(run, variant, sequence, name) {
    const kinds = run.partials[variant.name]?.[sequence]?.[name]?.slices?.kinds;
    if (!kinds) return null;
    const all = kinds.size.map(([, ...counts]) => counts).reduce(add);
    return { ...kinds, sequence: [[sequence, ...all]] };
  }

  /** Rows, matches, overlap and switches of a variant by kind and slice; null without slices. */
  function sumsOf(run, variant) {
    const total = Object.fromEntries(Object.keys(KINDS).map(kind => [kind, new Map()]));
    for (const sequence of bench.sequences(run)) {
      for (const name of bench.classes(run)) {
        const kinds = kindsOf(run, variant, sequence, name);
        if (!kinds) return null;
        addTo(total, kinds);
      }
    }
    return total;
  }

  function addTo(total, kinds) {
    for (const [kind, sums] of Object.entries(total)) {
      for (const [slice, ...counts] of kinds[kind] ?? []) {
        sums.set(slice, add(sums.get(slice), counts));
      }
    }
  }

  /** One entry per variant, kind and slice with rows. */
  function entriesOf(run) {
    return bench.variants(run).flatMap(variant =>
      Object.entries(sumsOf(run, variant) ?? {}).flatMap(([kind, sums]) =>
        [...sums]
          .map(([slice, [rows, matched, similarity, switches]]) => {
            return { variant, kind, slice, rows, matched, similarity, switches };
          })
          .filter(each => each.rows),
      ),
    );
  }

  const rowsIn = (entries, slice) =>
    Math.max(...entries.filter(each => each.slice === slice).map(each => each.rows));

  /** The points of a figure from the entries of one kind. */
  function pointsOf(entries, baseline) {
    const { of } = MEASURES[chosen];
    const reference = slice =>
      entries.find(each => each.slice === slice && each.variant === baseline);
    const texts = entry =>
      Object.entries(MEASURES).map(([name, measure]) => [name, format(measure, entry)]);
    return entries
      .map(entry => ({
        name: entry.variant.title,
        slice: entry.slice,
        rows: entry.rows,
        value: of(entry),
        few: entry.rows < FEW,
        from: reference(entry.slice) ? of(reference(entry.slice)) : null,
        ...Object.fromEntries(texts(entry)),
      }))
      .filter(point => point.value !== null);
  }

  /** The axis of slices, labelled with their names and numbers of rows. */
  function sliceAxis(entries) {
    const slices = unique(entries.map(each => each.slice));
    const labelOf = slice => [slice, `n = ${formatNumber(rowsIn(entries, slice), "count")}`];
    const labels = Object.fromEntries(slices.map(slice => [slice, labelOf(slice)]));
    return nominal("slice", {
      title: null,
      sort: slices,
      axis: {
        labelExpr: `${JSON.stringify(labels)}[datum.value]`,
        labelLimit: 160,
        labelLineHeight: 14,
        grid: true,
        tickBand: "extent",
        ticks: false,
      },
    });
  }

  const faint = (value, fewer) => ({
    condition: { test: "datum.few", value: fewer },
    value,
  });

  function figure(run, entries) {
    const { title, domain } = MEASURES[chosen];
    const shown = unique(entries.map(each => each.variant));
    const points = pointsOf(entries, bench.baseline(run));
    if (!points.length) return null;
    const y = sliceAxis(entries);
    const scale = { domain: charts.titlesOf(shown), paddingOuter: 0.8 };
    const x = {
      type: "quantitative",
      title,
      scale: domain ? { domain, clamp: true } : { zero: true },
      axis: { tickCount: 5 },
    };
    const both = { y, yOffset: nominal("name", { scale }), color: variantColour(shown, "name") };
    const spans = {
      transform: [{ filter: "isValid(datum.from)" }],
      mark: { type: "rule", strokeWidth: 2 },
      encoding: {
        ...both,
        x: { ...x, field: "from" },
        x2: { field: "value" },
        opacity: faint(0.45, 0.15),
      },
    };
    const dots = {
      mark: { type: "point", filled: true, size: 60 },
      encoding: {
        ...both,
        x: { ...x, field: "value" },
        shape: variantShape(shown, "name"),
        opacity: faint(1, 0.25),
        tooltip: tooltip(
          ["name", "variant"],
          ["slice"],
          ["rows"],
          ["recall", "recall (%)"],
          ["overlap", "mean IoU (%)"],
          ["switches", "switches for every 1,000"],
        ),
      },
    };
    return {
      height: y.sort.length * sliceHeight(shown.length),
      data: { values: points },
      layer: [spans, dots],
      view: { stroke: null },
    };
  }

  /** The height of a slice in pixels, at least two lines of text. */
  const sliceHeight = variants => Math.max(34, (variants + 1) * (variants > 4 ? 9 : 14));

  function tableRow(entries, slice, shown) {
    const ofSlice = entries.filter(each => each.slice === slice);
    const rows = rowsIn(ofSlice, slice);
    const entryOf = variant => ofSlice.find(each => each.variant === variant);
    return element(
      "tr",
      { className: rows < FEW ? "incomplete" : "" },
      element("th", { scope: "row", className: "name", textContent: slice }),
      element("td", { textContent: formatNumber(rows, "count") }),
      shown.map(variant =>
        element("td", { textContent: format(MEASURES[chosen], entryOf(variant)) }),
      ),
    );
  }

  function tableBody(kind, entries, shown) {
    const [title, meaning] = KINDS[kind];
    const heading = element("th", {
      scope: "rowgroup",
      className: "name",
      colSpan: shown.length + 2,
      textContent: meaning ? `${title}: ${meaning}` : title,
    });
    const slices = unique(entries.map(each => each.slice));
    return element(
      "tbody",
      {},
      element("tr", { className: "total" }, heading),
      slices.map(slice => tableRow(entries, slice, shown)),
    );
  }

  function showTable(entries) {
    const shown = unique(entries.map(each => each.variant));
    const head = element(
      "tr",
      {},
      element("th", { scope: "col", className: "name head", textContent: "Slice" }),
      element("th", { scope: "col", className: "head", textContent: "rows" }),
      shown.map(variant =>
        element(
          "th",
          { scope: "col", className: "head" },
          bench.variantMark(variant),
          variant.title,
        ),
      ),
    );
    const bodies = byKind(entries).map(([kind, ofKind]) => tableBody(kind, ofKind, shown));
    byId("slice-table").replaceChildren(
      element("caption", { textContent: MEASURES[chosen].title }),
      element("thead", {}, head),
      ...bodies,
    );
  }

  const byKind = entries =>
    Object.keys(KINDS)
      .map(kind => [kind, entries.filter(each => each.kind === kind)])
      .filter(([, ofKind]) => ofKind.length);

  function figureNode(run, kind, entries) {
    const [title, meaning] = KINDS[kind];
    const label = `${MEASURES[chosen].label} by ${kind}`;
    const node = element("div", { className: "figure", "aria-label": label });
    charts.draw(node, figure(run, entries));
    const heading = element("h3", { textContent: title });
    const small = element("small", { textContent: meaning });
    return element("figure", {}, element("figcaption", {}, heading, small), node);
  }

  function update() {
    const run = bench.run();
    const entries = entriesOf(run);
    byId("no-slices").hidden = entries.length > 0;
    byId("sliced").hidden = !entries.length;
    bench.fillLegends(byId("slices"), unique(entries.map(each => each.variant)));
    const measures = Object.entries(MEASURES).map(([name, { label }]) => [name, label]);
    bench.setOptions(byId("slice-measure"), measures, chosen);
    const figures = byKind(entries)
      .filter(([kind]) => kind !== "sequence" || bench.sequences(run).length > 1)
      .map(([kind, ofKind]) => figureNode(run, kind, ofKind));
    byId("slice-figures").replaceChildren(...figures);
    if (byId("slice-rows").open) showTable(entries);
  }

  byId("slice-measure").addEventListener("change", event => {
    chosen = event.target.value;
    update();
  });
  byId("slice-rows").addEventListener("toggle", update);
  bench.onChange(update);
})();
