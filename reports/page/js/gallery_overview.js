// Counts errors by sequence and variant, and checks them against the table.
(() => {
  "use strict";
  const { byId, element, formatNumber, NO_NUMBER } = bench;
  const { KINDS, count } = bench.errors;
  const { ALL, change, isIn, errorsOf, framesIn } = bench.galleryChoices;
  const sum = values => values.reduce((total, value) => total + (value ?? 0), 0);

  /** The number of errors by sequence, then variant; null without a result. */
  function countsOf(run, chosen) {
    const countOf = (variant, sequence) =>
      isIn(run, variant, sequence) ? framesIn(errorsOf(run, chosen, variant, sequence)) : null;
    const ofSequence = sequence =>
      new Map(bench.variants(run).map(({ name }) => [name, countOf(name, sequence)]));
    return new Map(bench.sequences(run).map(sequence => [sequence, ofSequence(sequence)]));
  }

  function open(variant, sequence) {
    change({ variant: variant.name, error: "" }, { sequence });
    byId("gallery-counts").querySelector(".chosen button")?.focus({ preventScroll: true });
    byId("gallery-heading").scrollIntoView({ behavior: "smooth", block: "nearest" });
  }

  function cell(variant, sequence, { total, isChosen }) {
    const content =
      total === null
        ? element("span", { className: "soft", textContent: NO_NUMBER, title: "no result" })
        : element("button", {
            type: "button",
            textContent: formatNumber(total, "count"),
            "aria-label": `${variant.title} on ${sequence}: ${total}`,
            onclick: () => open(variant, sequence),
          });
    return element("td", { className: isChosen ? "chosen" : "" }, content);
  }

  function caption(chosen, titleOf) {
    const kind = chosen.kind === ALL ? "All errors" : KINDS[chosen.kind].title;
    const filter = chosen.differing
      ? `, only where ${titleOf(chosen.compared)} follows the object without that error ` +
        `(its own: where ${titleOf(chosen.variant)} does)`
      : "";
    const textContent = `${kind} by sequence, the worst first${filter}`;
    return element("caption", { textContent });
  }

  const rowHeading = textContent => element("th", { scope: "row", className: "name", textContent });

  /** Shows a table of sequences, worst first, by variants. `counts` is as from `countsOf`. */
  function show({ run, chosen, counts, sequence, titleOf }) {
    const shown = bench.variants(run);
    const worstFirst = [...counts].sort(
      ([, a], [, b]) => sum([...b.values()]) - sum([...a.values()]),
    );
    const titles = shown.map(({ title }) => element("th", { scope: "col", textContent: title }));
    const corner = { scope: "col", className: "name", textContent: "Sequence" };
    const rows = worstFirst.map(([name, ofSequence]) => {
      const cells = shown.map(variant => {
        const isChosen = name === sequence && variant.name === chosen.variant;
        return cell(variant, name, { total: ofSequence.get(variant.name), isChosen });
      });
      return element("tr", {}, rowHeading(name), cells);
    });
    const totals = shown.map(({ name }) => {
      const total = sum(worstFirst.map(([, ofSequence]) => ofSequence.get(name)));
      return element("td", { textContent: formatNumber(total, "count") });
    });
    const table = element(
      "table",
      { className: "compare" },
      caption(chosen, titleOf),
      element("thead", {}, element("tr", {}, element("th", corner), titles)),
      element(
        "tbody",
        {},
        rows,
        element("tr", { className: "total" }, rowHeading("together"), totals),
      ),
    );
    byId("gallery-counts").replaceChildren(table);
  }

  /** The compared columns of a variant, and those whose number of errors differs from the table. */
  function compare(run, variant) {
    const sequences = bench.sequences(run).filter(name => isIn(run, variant.name, name));
    const values = sequences.length ? bench.totals.over(run, variant.name, sequences) : null;
    const everything = { kind: ALL };
    const found = count(sequences.flatMap(name => errorsOf(run, everything, variant.name, name)));
    const compared = Object.entries(KINDS)
      .map(([kind, { column }]) => ({ column, value: values?.[column], counted: found[kind] }))
      .filter(({ value }) => value !== undefined);
    return {
      columns: compared.map(({ column }) => column),
      wrong: compared
        .filter(({ value, counted }) => value !== counted)
        .map(({ column, value, counted }) => {
          return `${variant.title}: ${counted} here, ${column} is ${value}`;
        }),
    };
  }

  /** Shows whether the numbers of errors equal the table's. */
  function showCheck(run) {
    const found = bench.variants(run).map(variant => compare(run, variant));
    const wrong = found.flatMap(each => each.wrong);
    const columns = [...new Set(found.flatMap(each => each.columns))];
    byId("gallery-check").className = wrong.length ? "banner" : "soft";
    byId("gallery-check").textContent = describeCheck(wrong, columns);
  }

  function describeCheck(wrong, columns) {
    if (wrong.length) return `A defect, please report it: ${wrong.join("; ")}`;
    if (!columns.length) return "";
    return `Checked: for every variant these add up to the table's ${columns.join(", ")}.`;
  }

  bench.galleryOverview = { countsOf, show, showCheck };
})();
