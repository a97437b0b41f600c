// The verdict table, and one number sequence by sequence.
(() => {
  "use strict";
  const { state, element, number, onChange } = bench;
  const at = id => document.getElementById(id);
  const ARROWS = { up: "↑", down: "↓" };
  const UNITS = { ratio: "%", ms: "ms", MB: "MB" };

  // All numbers of a variant under the state of the page; null where it has no total.
  function valuesOf(run, variant) {
    const speed = run.speed[variant.name]?.values ?? {};
    return { ...(bench.totals.over(run, variant.name) ?? {}), ...speed };
  }

  // Whether numbers of speed may be compared: not where something else than the step was timed.
  const mark = (run, variant) => run.speed[variant.name]?.timed.label ?? "";
  const comparable = (run, variant, column) =>
    !run.speed_columns.includes(column) || !mark(run, variant);

  function best(run, shown, values, column) {
    const found = shown
      .filter(each => comparable(run, each, column))
      .map(each => values.get(each)[column.name]);
    const there = found.filter(value => value !== null && value !== undefined);
    if (!column.better || !there.length || Math.min(...there) === Math.max(...there)) return null;
    return column.better === "up" ? Math.max(...there) : Math.min(...there);
  }

  // What is known of how sure the totals are: nothing for a choice of sequences or one class.
  const sure = run =>
    bench.sequences(run).length === run.sequences.length &&
    bench.classes(run).length === run.classes.length &&
    !bench.totals.ofClasses(run)
      ? run.comparison
      : null;
  const verdictOn = (context, variant, column) =>
    context.sure?.verdicts[context.from?.name]?.[variant.name]?.[column.name] ?? null;

  const spread = (width, column) =>
    width === null || width === undefined
      ? ""
      : `±${(width * (column.unit === "ratio" ? 100 : 1)).toFixed(column.unit === "ratio" ? 1 : 0)}`;

  // The small line below a number: its interval, or how far it is from the baseline's and how surely.
  function below(context, variant, column, value) {
    const { run, values, from } = context;
    if (!from) {
      const text = spread(context.sure?.half_width[variant.name]?.[column.name], column);
      return text && value !== null
        ? element("small", {
            textContent: text,
            title: `interval of ${100 * context.sure.rules.level} %`,
          })
        : null;
    }
    if (from === variant || !comparable(run, variant, column) || !comparable(run, from, column))
      return null;
    const change = delta(value, values.get(from)[column.name], column);
    if (!change) return null;
    const found = verdictOn(context, variant, column);
    const word = found?.verdict ?? "";
    const known = { BETTER: "good", WORSE: "worse" }[word];
    const colour =
      known ?? (context.sure || change.good === null ? "same" : change.good ? "good" : "worse");
    const title = found
      ? `${word}; difference ${change.text} ${spread(found.half_width, column)}, p = ${found.chance.toPrecision(2)} after Holm`
      : "";
    return element("small", { className: colour, textContent: change.text, title });
  }

  // How far a value is from the baseline's: points of a ratio, counts as they are, speed as a factor.
  function delta(value, from, column) {
    if (value === undefined || value === null || from === undefined || from === null) return null;
    const good = column.better && value !== from ? value > from === (column.better === "up") : null;
    if (["ms", "fps", "MB", "J"].includes(column.unit)) {
      if (!from) return null;
      const factor = value / from;
      return {
        text: `×${factor >= 100 ? factor.toFixed(0) : factor.toPrecision(factor >= 10 ? 3 : 2)}`,
        good,
      };
    }
    const size = Math.abs(value - from) * (column.unit === "ratio" ? 100 : 1);
    const text = size.toFixed(column.unit === "ratio" || !Number.isInteger(size) ? 2 : 0);
    if (!Number(text)) return { text: "±0", good: null };
    return { text: `${value > from ? "+" : "\u2212"}${text}`, good };
  }

  function sorted(run, shown, values) {
    const [name, way] = state.get("sort").split(":");
    const column = bench.column(name, run);
    if (!column)
      return name === "name"
        ? [...shown].sort((a, b) => a.title.localeCompare(b.title) * (way === "down" ? -1 : 1))
        : shown;
    const sign = way === "up" ? 1 : -1;
    return [...shown].sort((a, b) => {
      const [x, y] = [values.get(a)[name] ?? null, values.get(b)[name] ?? null];
      return x === null || y === null ? (x === null) - (y === null) : sign * (x - y);
    });
  }

  function heading(column) {
    const [name, way] = state.get("sort").split(":");
    const first = column.better === "down" ? "up" : "down"; // the best first
    const next = name === column.name && way === first ? (first === "up" ? "down" : "up") : first;
    const on = name === column.name;
    const label = column.label.replace(/_(ms|MB|J|fps)$/, "").replace(/^CLR_/, "");
    return element(
      "th",
      {
        scope: "col",
        title: column.meaning,
        "aria-sort": on ? (way === "up" ? "ascending" : "descending") : null,
      },
      element(
        "button",
        {
          type: "button",
          onclick: () => {
            state.set({ sort: `${column.name}:${next}` });
            refocus(column.name);
          },
          dataset: { sort: column.name },
        },
        label,
        element("span", {
          className: "arrow",
          textContent: ARROWS[column.better] ?? "",
          "aria-hidden": "true",
        }),
        element("small", { textContent: UNITS[column.unit] ?? "" }),
      ),
    );
  }
  const refocus = name =>
    [...document.querySelectorAll("[data-sort]")]
      .find(each => each.dataset.sort === name && each.offsetParent)
      ?.focus();

  function cell(context, variant, column) {
    const { run, values, top } = context;
    const value = values.get(variant)[column.name] ?? null;
    const isBest = value !== null && comparable(run, variant, column) && value === top.get(column);
    const text = number(value, column.unit);
    const perSequence = run.columns.includes(column);
    return element(
      "td",
      { className: isBest ? "best" : "", dataset: { value: value ?? "", column: column.name } },
      perSequence && value !== null
        ? element("button", {
            type: "button",
            className: "number",
            textContent: text,
            title: `${column.label} of each sequence`,
            onclick: () => {
              state.set({ metric: column.name });
              at("by-sequence").scrollIntoView({ behavior: "smooth" });
            },
          })
        : text,
      below(context, variant, column, value),
      column.name === "fps" && mark(run, variant)
        ? element("small", { className: "mark", textContent: mark(run, variant) })
        : null,
    );
  }

  function name(run, variant) {
    const trouble = run.troubles[variant.name];
    return element(
      "th",
      { scope: "row", className: "name", title: variant.source },
      bench.markOf(variant),
      variant.title,
      bench.baseline() === variant
        ? element("span", { className: "tag plain", textContent: "baseline" })
        : null,
      trouble
        ? element("a", {
            className: "tag",
            href: "#troubles",
            textContent: trouble === "not run" ? "not run" : `${trouble} failed`,
          })
        : null,
    );
  }

  // The word on the leading metric, a column of its own where there is a baseline.
  function word(context, variant) {
    const found = verdictOn(context, variant, bench.column(context.run.leading, context.run));
    return element(
      "td",
      {},
      found
        ? element("span", {
            className: `word ${found.verdict.toLowerCase()}`,
            textContent: found.verdict,
          })
        : "",
    );
  }

  function comparison(run, columns) {
    const shown = bench.variants(run);
    const values = new Map(shown.map(variant => [variant, valuesOf(run, variant)]));
    const top = new Map(columns.map(column => [column, best(run, shown, values, column)]));
    const context = { run, values, top, from: bench.baseline(run), sure: sure(run) };
    const judged = context.from && context.sure && run.leading;
    const [by, way] = state.get("sort").split(":");
    const nameHead = element(
      "th",
      {
        scope: "col",
        className: "name",
        "aria-sort": by === "name" ? (way === "down" ? "descending" : "ascending") : null,
      },
      element("button", {
        type: "button",
        textContent: "Variant",
        dataset: { sort: "name" },
        onclick: () => {
          state.set({ sort: by === "name" && way !== "down" ? "name:down" : "name:up" });
          refocus("name");
        },
      }),
    );
    return [
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          nameHead,
          judged
            ? element("th", {
                scope: "col",
                className: "head",
                textContent: `${bench.column(run.leading, run).label} is`,
              })
            : null,
          columns.map(heading),
        ),
      ),
      element(
        "tbody",
        {},
        sorted(run, shown, values).map(variant =>
          element(
            "tr",
            { className: run.troubles[variant.name] ? "troubled" : "" },
            name(run, variant),
            judged ? word(context, variant) : null,
            columns.map(column => cell(context, variant, column)),
          ),
        ),
      ),
    ];
  }

  // How the intervals and words are to be read, and what so few scenes can show.
  function reading(run) {
    const known = sure(run);
    if (!known)
      return run.comparison
        ? "Intervals and verdicts are of all sequences and classes together."
        : "";
    if (known.scenes < 2) return "One scene tells nothing of how sure a number is.";
    const level = 100 * known.rules.level;
    const others = bench.run().variants.length - 1;
    const few =
      known.least_chance * Math.max(1, others) > 1 - known.rules.level
        ? ` With ${others} compared, no result of ${known.scenes} scenes could be sure enough for BETTER or WORSE.`
        : "";
    const again = bench.variants(run).filter(variant => known.runs[variant.name] > 1);
    const runs = again.length
      ? ` ${again.map(variant => `${variant.title} (${known.runs[variant.name]} runs)`).join(", ")}: other answers each time; the table has the first run, intervals and verdicts all.`
      : "";
    return `±: half the interval of ${level} % from ${known.scenes} scenes (Student's t times a bootstrap's standard error). BETTER, WORSE: the interval of the paired difference leaves out 0, and so does an exact test after Holm's correction; SAME: within ${100 * known.rules.same_within} points, or equal to the byte; else AMBIGUOUS.${few}${runs}`;
  }

  function verdict() {
    const run = bench.run();
    at("sureness").textContent = reading(run);
    const known = run.headline.map(each => bench.column(each, run));
    at("verdict").replaceChildren(...comparison(run, [...known, ...bench.speedHeadline(run)]));
    if (at("all-columns").open)
      at("everything").replaceChildren(...comparison(run, [...run.columns, ...run.speed_columns]));
  }
  at("all-columns").addEventListener("toggle", verdict);

  // One metric: a row a sequence, a column a variant; the darker the better of its row.
  function bySequence() {
    const run = bench.run();
    const chosen = bench.metric(run);
    const shown = bench.variants(run);
    const column = run.columns.includes(chosen) ? chosen : bench.column(run.leading, run);
    if (!column) return at("matrix").replaceChildren();
    bench.options(
      at("metric"),
      run.columns.map(each => [each.name, each.label]),
      column.name,
    );
    at("metric-meaning").textContent =
      `${column.meaning}. ${column.better === "down" ? "Less is better." : column.better === "up" ? "More is better." : ""}`;
    const without = state.list("without");
    const row = (title, sequences, total) => {
      const values = shown.map(
        variant => bench.totals.over(run, variant.name, sequences)?.[column.name] ?? null,
      );
      const there = bench.totals.present(values);
      const [low, high] = [Math.min(...there), Math.max(...there)];
      const shade = value =>
        value === null || low === high || !column.better
          ? 0
          : column.better === "up"
            ? (value - low) / (high - low)
            : (high - value) / (high - low);
      const gone = !total && without.has(title);
      return element(
        "tr",
        { className: `${total ? "total" : ""}${gone ? " troubled" : ""}` },
        element(
          "th",
          { scope: "row", className: "name" },
          total
            ? "together"
            : element("button", {
                type: "button",
                className: "number",
                textContent: title,
                onclick: () => {
                  state.set({ sequence: title });
                  document.getElementById("gallery")?.scrollIntoView({ behavior: "smooth" });
                },
              }),
        ),
        values.map(value =>
          element("td", {
            style: {
              background:
                total || gone
                  ? ""
                  : `color-mix(in srgb, var(--shade) ${Math.round(70 * shade(value))}%, transparent)`,
            },
            textContent: number(value, column.unit),
          }),
        ),
      );
    };
    at("matrix").replaceChildren(
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col", className: "name head", textContent: "Sequence" }),
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
      element(
        "tbody",
        {},
        run.sequences.map(each => row(each, [each], false)),
        row("together", bench.sequences(run), true),
      ),
    );
  }
  at("metric").addEventListener("change", event => state.set({ metric: event.target.value }));

  bench.valuesOf = valuesOf;
  onChange(verdict);
  onChange(bySequence);
})();
