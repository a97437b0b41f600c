// The verdict table: one row per variant, with intervals, or differences from the baseline.
// Below it, the same table with all columns.
(() => {
  "use strict";
  const { state, byId, element } = bench;
  const ARROWS = { up: "↑", down: "↓" };
  const UNITS = { ratio: "%", ms: "ms", MB: "MB" };
  const NO_CHANGE = "±0";
  const AS_FACTORS = ["ms", "fps", "MB", "J"]; // units whose values are compared by their ratio

  /** What was timed of a variant if it was not the step, else "". */
  const otherTiming = (run, variant) => run.speed[variant.name]?.timed.label ?? "";
  const isComparable = (run, variant, column) =>
    !run.speed_columns.includes(column) || !otherTiming(run, variant);

  /** The best value of a column; null if all are equal or no direction is better. */
  function bestOf(run, shown, values, column) {
    const compared = shown
      .filter(variant => isComparable(run, variant, column))
      .map(variant => values.get(variant)[column.name])
      .filter(value => value !== null && value !== undefined);
    if (!column.better || !compared.length) return null;
    const [min, max] = [Math.min(...compared), Math.max(...compared)];
    if (min === max) return null;
    return column.better === "up" ? max : min;
  }

  /** The comparison of totals; null for a subset of sequences or classes, where it is unknown. */
  function comparisonOf(run) {
    const whole =
      bench.sequences(run).length === run.sequences.length &&
      bench.classes(run).length === run.classes.length &&
      !bench.totals.ofClasses(run);
    return whole ? run.comparison : null;
  }

  const verdictOn = ({ comparison, baseline }, variant, column) =>
    comparison?.verdicts[baseline?.name]?.[variant.name]?.[column.name] ?? null;

  function plusMinus(halfWidth, column) {
    if (halfWidth === null || halfWidth === undefined) return "";
    return column.unit === "ratio"
      ? `±${(100 * halfWidth).toFixed(1)}`
      : `±${halfWidth.toFixed(0)}`;
  }

  /** The small line below a number: its interval, or its difference from the baseline. */
  function lineBelow(context, variant, column, value) {
    if (!context.baseline) return interval(context, variant, column, value);
    return difference(context, variant, column, value);
  }

  function interval({ comparison }, variant, column, value) {
    const text = plusMinus(comparison?.half_width[variant.name]?.[column.name], column);
    if (!text || value === null) return null;
    const title = `interval of ${100 * comparison.rules.level} %`;
    return element("small", { textContent: text, title });
  }

  function difference(context, variant, column, value) {
    const { run, values, baseline } = context;
    if (baseline === variant) return null;
    if (!isComparable(run, variant, column) || !isComparable(run, baseline, column)) return null;
    const change = changeFrom(values.get(baseline)[column.name], value, column);
    if (!change) return null;
    const verdict = verdictOn(context, variant, column);
    return element("small", {
      className: colourClass(context, verdict, change),
      textContent: change.text,
      title: verdict ? explain(verdict, change, column) : "",
    });
  }

  const explain = ({ verdict, half_width: halfWidth, p_value: pValue }, change, column) =>
    `${verdict}; difference ${change.text} ${plusMinus(halfWidth, column)}, ` +
    `p = ${pValue.toPrecision(2)} after Holm`;

  function colourClass({ comparison }, verdict, change) {
    if (verdict?.verdict === "BETTER") return "good";
    if (verdict?.verdict === "WORSE") return "worse";
    if (comparison || change.isGood === null) return "same";
    return change.isGood ? "good" : "worse";
  }

  /** The change from a reference: ratios in points, counts as a difference, speed as a factor. */
  function changeFrom(reference, value, column) {
    if ([reference, value].some(each => each === undefined || each === null)) return null;
    const isGood = isBetter(value, reference, column);
    if (AS_FACTORS.includes(column.unit)) {
      return reference ? { text: `×${threeDigits(value / reference)}`, isGood } : null;
    }
    const text = differenceText(value - reference, column);
    return { text, isGood: text === NO_CHANGE ? null : isGood };
  }

  /** Whether a value is better than another; null if neither is. */
  function isBetter(value, reference, { better }) {
    if (!better || value === reference) return null;
    return value > reference === (better === "up");
  }

  /** A signed difference; ratios in points. */
  function differenceText(difference, { unit }) {
    const size = Math.abs(difference) * (unit === "ratio" ? 100 : 1);
    const text = size.toFixed(unit === "ratio" || !Number.isInteger(size) ? 2 : 0);
    if (!Number(text)) return NO_CHANGE;
    return difference > 0 ? `+${text}` : bench.withMinus(`-${text}`);
  }

  function threeDigits(factor) {
    if (factor >= 100) return factor.toFixed(0);
    return factor.toPrecision(factor >= 10 ? 3 : 2);
  }

  /** The name of the sorted column, and its direction: "up" (rising) or "down". */
  function sorting() {
    const [name, direction] = state.get("sort").split(":");
    return { name, direction };
  }

  function sorted(run, shown, values) {
    const { name, direction } = sorting();
    if (bench.column(name, run)) {
      const sign = direction === "up" ? 1 : -1;
      return [...shown].sort((a, b) => byValue(values.get(a)[name], values.get(b)[name], sign));
    }
    if (name !== "name") return shown;
    const sign = direction === "down" ? -1 : 1;
    return [...shown].sort((a, b) => a.title.localeCompare(b.title) * sign);
  }

  /** Orders two values; missing ones come last. */
  function byValue(value, other, sign) {
    const missing = [value, other].map(each => each === null || each === undefined);
    return missing[0] || missing[1] ? missing[0] - missing[1] : sign * (value - other);
  }

  const ARIA_SORT = { up: "ascending", down: "descending" };
  const opposite = direction => (direction === "up" ? "down" : "up");

  function sortBy(name, direction) {
    state.set({ sort: `${name}:${direction}` });
    const buttons = [...document.querySelectorAll("[data-sort]")];
    buttons.find(each => each.dataset.sort === name && each.offsetParent)?.focus();
  }

  function columnHeading(column) {
    const { name, direction } = sorting();
    const bestFirst = column.better === "down" ? "up" : "down";
    const isSorted = name === column.name;
    const next = isSorted && direction === bestFirst ? opposite(bestFirst) : bestFirst;
    const label = bench.withoutUnit(column).replace(/^CLR_/, "");
    const arrow = { className: "arrow", textContent: ARROWS[column.better] ?? "" };
    const onclick = () => sortBy(column.name, next);
    return element(
      "th",
      {
        scope: "col",
        title: column.meaning,
        "aria-sort": isSorted ? (ARIA_SORT[direction] ?? "descending") : null,
      },
      element(
        "button",
        { type: "button", onclick, dataset: { sort: column.name } },
        label,
        element("span", { ...arrow, "aria-hidden": "true" }),
        element("small", { textContent: UNITS[column.unit] ?? "" }),
      ),
    );
  }

  function nameHeading() {
    const { name, direction } = sorting();
    const isSorted = name === "name";
    const next = isSorted && direction !== "down" ? "down" : "up";
    return element(
      "th",
      {
        scope: "col",
        className: "name",
        "aria-sort": isSorted ? (ARIA_SORT[direction] ?? "ascending") : null,
      },
      element("button", {
        type: "button",
        textContent: "Variant",
        dataset: { sort: "name" },
        onclick: () => sortBy("name", next),
      }),
    );
  }

  function showBySequence(column) {
    state.set({ metric: column.name });
    byId("by-sequence").scrollIntoView({ behavior: "smooth" });
  }

  function cell(context, variant, column) {
    const { run, values, best } = context;
    const value = values.get(variant)[column.name] ?? null;
    const isBest =
      value !== null && isComparable(run, variant, column) && value === best.get(column);
    const text = bench.formatNumber(value, column.unit);
    const button = {
      type: "button",
      className: "number",
      textContent: text,
      title: `${column.label} of each sequence`,
      onclick: () => showBySequence(column),
    };
    const timing = column.name === "fps" ? otherTiming(run, variant) : "";
    return element(
      "td",
      { className: isBest ? "best" : "", dataset: { value: value ?? "", column: column.name } },
      run.columns.includes(column) && value !== null ? element("button", button) : text,
      lineBelow(context, variant, column, value),
      timing ? element("small", { className: "mark", textContent: timing }) : null,
    );
  }

  function nameCell(run, variant) {
    const missingJob = run.missing_results[variant.name];
    const text = missingJob === "not run" ? "not run" : `${missingJob} failed`;
    const isBaseline = bench.baseline() === variant;
    return element(
      "th",
      { scope: "row", className: "name", title: variant.source },
      bench.variantMark(variant),
      variant.title,
      isBaseline ? element("span", { className: "tag plain", textContent: "baseline" }) : null,
      missingJob
        ? element("a", { className: "tag", href: "#missing-results", textContent: text })
        : null,
    );
  }

  /** The verdict on the leading metric, in its own column if there is a baseline. */
  function verdictCell(context, variant) {
    const verdict = verdictOn(context, variant, bench.column(context.run.leading, context.run));
    if (!verdict) return element("td", {}, "");
    const className = `word ${verdict.verdict.toLowerCase()}`;
    return element("td", {}, element("span", { className, textContent: verdict.verdict }));
  }

  function verdictHeading(run) {
    const textContent = `${bench.column(run.leading, run).label} is`;
    return element("th", { scope: "col", className: "head", textContent });
  }

  function tableOf(run, columns) {
    const shown = bench.variants(run);
    const values = new Map(shown.map(variant => [variant, bench.valuesOf(run, variant)]));
    const best = new Map(columns.map(column => [column, bestOf(run, shown, values, column)]));
    const [baseline, comparison] = [bench.baseline(run), comparisonOf(run)];
    const context = { run, values, best, baseline, comparison };
    const hasVerdicts = baseline && comparison && run.leading;
    const rows = sorted(run, shown, values).map(variant =>
      element(
        "tr",
        { className: run.missing_results[variant.name] ? "incomplete" : "" },
        nameCell(run, variant),
        hasVerdicts ? verdictCell(context, variant) : null,
        columns.map(column => cell(context, variant, column)),
      ),
    );
    const head = element(
      "tr",
      {},
      nameHeading(),
      hasVerdicts ? verdictHeading(run) : null,
      columns.map(columnHeading),
    );
    return [element("thead", {}, head), element("tbody", {}, rows)];
  }

  function update() {
    const run = bench.run();
    byId("uncertainty").textContent = bench.uncertainty(run, comparisonOf(run));
    const headline = run.headline.map(name => bench.column(name, run));
    byId("verdict").replaceChildren(...tableOf(run, [...headline, ...bench.speedHeadline(run)]));
    if (byId("all-columns").open) {
      byId("everything").replaceChildren(...tableOf(run, [...run.columns, ...run.speed_columns]));
    }
  }

  byId("all-columns").addEventListener("toggle", update);
  bench.onChange(update);
})();
