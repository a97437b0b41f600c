// The failure gallery: errors of each sequence, identity timelines of one, a list, the worst in strips.
(() => {
  "use strict";
  const { element, state, number } = bench;
  const { KINDS } = bench.errors;
  const at = id => document.getElementById(`gallery-${id}`);
  const SOME = 40; // rows shown at first, and more at each click
  const ALL = "all";
  const UNLIKE = { "": "all of them", unlike: "only where the other has none" };
  const CHOICES = ["kind", "variant", "beside", "unlike", "error"]; // kept together under `event` in the state
  let more = {}; // rows shown, by list

  const plural = (count, one, many = `${one}s`) =>
    `${number(count, "count")} ${count === 1 ? one : many}`;
  const alone = name => `\u2068${name}\u2069`; // a name that is read from right to left turns nothing else
  const title = (run, name) => run.variants.find(each => each.name === name)?.title ?? name;

  // The kind of error that a column of the table counts, all where it counts none.
  const kindOf = column => Object.keys(KINDS).find(kind => KINDS[kind].column === column) ?? ALL;

  // What is chosen in the gallery, with what is not chosen filled in; `error` is the one looked at.
  function choices(run) {
    const given = new URLSearchParams(state.get("event"));
    const names = bench
      .variants(run)
      .map(each => each.name)
      .filter(name => Object.keys(run.gallery?.timelines[name] ?? {}).length);
    const variant = names.includes(given.get("variant"))
      ? given.get("variant")
      : (names.filter(name => name !== bench.baseline(run)?.name)[0] ?? names[0]);
    const others = names.filter(name => name !== variant);
    const base = bench.baseline(run)?.name;
    const beside = others.includes(given.get("beside"))
      ? given.get("beside")
      : others.includes(base)
        ? base
        : (others[0] ?? null);
    return {
      kind:
        KINDS[given.get("kind")] || given.get("kind") === ALL
          ? given.get("kind")
          : kindOf(state.get("metric")),
      variant,
      names,
      beside,
      unlike: beside && given.get("unlike") ? "unlike" : "",
      error: given.get("error") ?? "",
    };
  }

  function choose(changes, others = {}) {
    const found = new URLSearchParams(state.get("event"));
    for (const [key, value] of Object.entries(changes))
      if (value && CHOICES.includes(key)) found.set(key, value);
      else found.delete(key);
    state.set({ event: String(found), ...others });
  }

  const line = (run, variant, sequence, name) =>
    run.gallery.timelines[variant]?.[sequence]?.[name] ?? null;
  const EMPTY = { objects: [], tracks: [], errors: [] };
  const readOf = (run, variant, sequence, name) =>
    line(run, variant, sequence, name)
      ? bench.errors.of(line(run, variant, sequence, name))
      : EMPTY;

  // The errors of a variant on a sequence that are to be shown, each with its class.
  function errorsOf(run, chosen, variant, sequence) {
    const { kind, unlike } = chosen;
    const other = variant === chosen.beside ? chosen.variant : chosen.beside;
    return bench.classes(run).flatMap(name => {
      const mine = readOf(run, variant, sequence, name).errors;
      const found = unlike ? bench.errors.unlike(mine, readOf(run, other, sequence, name)) : mine;
      return found
        .filter(each => kind === ALL || each.kind === kind)
        .map(each => ({ ...each, owner: name, sequence, variant }));
    });
  }

  const has = (run, variant, sequence) => Boolean(run.gallery.timelines[variant]?.[sequence]);
  const countOf = errors => errors.reduce((total, each) => total + each.length, 0);
  const counts = (run, chosen, variant, sequence) =>
    has(run, variant, sequence) ? countOf(errorsOf(run, chosen, variant, sequence)) : null;

  function sequenceOf(run, chosen, table) {
    const names = bench.sequences(run);
    if (names.includes(state.get("sequence"))) return state.get("sequence");
    const worst = name => table.get(name).get(chosen.variant) ?? -1;
    return names.reduce((most, name) => (worst(name) > worst(most) ? name : most), names[0]);
  }

  function controls(run, chosen) {
    at("kinds").replaceChildren(
      ...[[ALL, "All"], ...Object.entries(KINDS).map(([kind, each]) => [kind, each.title])].map(
        ([kind, text]) =>
          element("button", {
            type: "button",
            className: "button",
            textContent: text,
            "aria-pressed": String(chosen.kind === kind),
            onclick: () => {
              choose({ kind, error: "" });
              at("kinds").querySelector("[aria-pressed=true]").focus();
            },
          }),
      ),
    );
    const entries = chosen.names.map(name => [name, title(run, name)]);
    bench.options(at("variant"), entries, chosen.variant);
    bench.options(
      at("beside"),
      entries.filter(([name]) => name !== chosen.variant),
      chosen.beside ?? "",
    );
    bench.options(at("unlike"), Object.entries(UNLIKE), chosen.unlike);
    at("unlike").disabled = at("beside").disabled = !chosen.beside;
  }

  // Sequences, the worst first, by variants.
  function overview(run, chosen, table, sequence) {
    const shown = bench.variants(run);
    const sum = values => values.reduce((total, value) => total + (value ?? 0), 0);
    const rows = [...table].sort((a, b) => sum([...b[1].values()]) - sum([...a[1].values()]));
    const cell = (name, variant, count) =>
      element(
        "td",
        { className: name === sequence && variant.name === chosen.variant ? "chosen" : "" },
        count === null
          ? element("span", { className: "soft", textContent: "–", title: "no result" })
          : element("button", {
              type: "button",
              textContent: number(count, "count"),
              "aria-label": `${variant.title} on ${name}: ${count}`,
              onclick: () => {
                choose({ variant: variant.name, error: "" }, { sequence: name });
                at("counts").querySelector(".chosen button")?.focus({ preventScroll: true });
                at("heading").scrollIntoView({ behavior: "smooth", block: "nearest" });
              },
            }),
      );
    at("counts").replaceChildren(
      element(
        "table",
        { className: "compare" },
        element("caption", {
          textContent: `${chosen.kind === ALL ? "All errors" : KINDS[chosen.kind].title} by sequence, the worst first${chosen.unlike ? `, only where ${alone(title(run, chosen.beside))} follows the object without that error (its own: where ${alone(title(run, chosen.variant))} does)` : ""}`,
        }),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col", className: "name", textContent: "Sequence" }),
            shown.map(variant => element("th", { scope: "col", textContent: variant.title })),
          ),
        ),
        element(
          "tbody",
          {},
          rows.map(([name, found]) =>
            element(
              "tr",
              {},
              element("th", { scope: "row", className: "name", textContent: name }),
              shown.map(variant => cell(name, variant, found.get(variant.name))),
            ),
          ),
          element(
            "tr",
            { className: "total" },
            element("th", { scope: "row", className: "name", textContent: "together" }),
            shown.map(variant =>
              element("td", {
                textContent: number(sum(rows.map(([, found]) => found.get(variant.name))), "count"),
              }),
            ),
          ),
        ),
      ),
    );
  }

  // Says that the errors are as many as the table's, or where they are not.
  function check(run) {
    const wrong = [];
    const compared = new Set();
    for (const variant of bench.variants(run)) {
      const sequences = bench.sequences(run).filter(name => has(run, variant.name, name));
      const values = sequences.length ? bench.totals.over(run, variant.name, sequences) : null;
      const found = bench.errors.count(
        sequences.flatMap(name => errorsOf(run, { kind: ALL }, variant.name, name)),
      );
      for (const [kind, { column }] of Object.entries(KINDS)) {
        if (values?.[column] === undefined) continue;
        compared.add(column);
        if (values[column] !== found[kind])
          wrong.push(`${variant.title}: ${found[kind]} here, ${column} is ${values[column]}`);
      }
    }
    at("check").className = wrong.length ? "banner" : "soft";
    at("check").textContent = wrong.length
      ? `A defect, please report it: ${wrong.join("; ")}`
      : compared.size
        ? `Checked: for every variant these add up to the table's ${[...compared].join(", ")}.`
        : "";
  }

  function sentence(run, error) {
    const who =
      error.kind === "false_alarm"
        ? `track ${error.identity}`
        : `${alone(error.owner)} ${error.identity}`;
    const span =
      error.length > 1
        ? `frames ${error.frame} to ${error.frame + error.length - 1}`
        : `frame ${error.frame}`;
    const what = {
      switch: () => `${who} changes from track ${error.before} to ${error.tracker}`,
      miss: () => `${who} is missed`,
      false_alarm: () => `${who} follows nothing`,
      fragmentation: () => `${who} is found again after a gap`,
      frame: () => who,
    }[error.kind]();
    return `${what}, ${span}`;
  }

  const keyOf = (run, error) =>
    [error.kind, run.classes.indexOf(error.owner), error.identity, error.frame].join(".");
  const same = (one, other) =>
    ["kind", "owner", "identity", "frame"].every(key => one[key] === other[key]);
  const open = (run, error) =>
    choose({ variant: error.variant, error: keyOf(run, error) }, { sequence: error.sequence });

  // The worst errors of a variant as they are in the page itself.
  function worst(run, chosen) {
    const strips = (run.gallery.thumbnails[chosen.variant] ?? []).filter(
      each =>
        (chosen.kind === ALL || each.kind === chosen.kind) &&
        bench.sequences(run).includes(each.sequence) &&
        bench.classes(run).includes(each.owner),
    );
    const found = strips.flatMap(strip => {
      const error = errorsOf(run, chosen, chosen.variant, strip.sequence).find(each =>
        same(each, strip),
      );
      return error ? [{ ...error, ...strip, variant: chosen.variant }] : [];
    });
    at("worst").replaceChildren(
      ...(found.length
        ? [
            element("h3", { textContent: `The worst of ${alone(title(run, chosen.variant))}` }),
            element("p", {
              className: "soft",
              textContent:
                "Three frames each, the error in the middle: the truth above, the answer below.",
            }),
            element(
              "div",
              { className: "strips" },
              found.map(error =>
                element(
                  "button",
                  {
                    type: "button",
                    onclick: () => {
                      open(run, error);
                      bench.viewer.focus();
                    },
                  },
                  element("img", {
                    src: `data:image/webp;base64,${error.webp}`,
                    alt: "",
                    loading: "lazy",
                    width: 264,
                    height: 178,
                  }),
                  element("span", {
                    textContent: `${alone(error.sequence)}: ${sentence(run, error)}`,
                  }),
                ),
              ),
            ),
          ]
        : []),
    );
  }

  function list(run, chosen, errors) {
    const box = document.getElementById("gallery-list");
    const [summary, body] = box.children;
    const sorted = [...errors].sort((a, b) => b.length - a.length || a.frame - b.frame);
    const limit = more.list ?? SOME;
    summary.textContent = `All ${number(sorted.length, "count")} of them as a list, the longest first`;
    box.hidden = !sorted.length;
    body.replaceChildren(
      element(
        "ul",
        {},
        sorted.slice(0, limit).map(error =>
          element(
            "li",
            {},
            element("button", {
              type: "button",
              className: "number",
              textContent: sentence(run, error),
              onclick: () => {
                open(run, error);
                bench.viewer.focus();
              },
            }),
          ),
        ),
      ),
      ...moreButton("list", sorted.length, limit),
    );
  }

  function moreButton(name, there, limit) {
    if (there <= limit) return [];
    return [
      element("button", {
        type: "button",
        className: "button",
        textContent: `More: ${plural(there - limit, "row")} left`,
        onclick: () => {
          more[name] = limit + SOME;
          render();
        },
      }),
    ];
  }

  // What the viewer is to show: an error, or an object in some frame; null for nothing.
  function lookedAt(run, chosen, sequence, errors) {
    const found = errors.find(each => keyOf(run, each) === chosen.error);
    const [kind, owner, identity, frame] = chosen.error.split(".");
    if (found || kind !== "frame" || !run.classes[owner]) return found ?? null;
    return {
      kind,
      owner: run.classes[owner],
      identity: Number(identity),
      frame: Number(frame),
      length: 1,
      sequence,
      variant: chosen.variant,
    };
  }

  // Opens, moves or closes the viewer as the state has it.
  let looking = "";
  function look(run, chosen, sequence, errors) {
    const error = lookedAt(run, chosen, sequence, errors);
    const now = error
      ? JSON.stringify([run.id, sequence, chosen.variant, chosen.beside, chosen.error])
      : "";
    if (now === looking) return bench.viewer.redraw();
    looking = now;
    if (!error) return bench.viewer.hide();
    const order = [...errors].sort((a, b) => a.frame - b.frame || a.identity - b.identity);
    const place = errors.includes(error)
      ? order.indexOf(error)
      : order.findIndex(each => each.frame >= error.frame);
    const row = name => ({ variant: name, title: title(run, name) });
    bench.viewer.show({
      run,
      sequence,
      event: error,
      sentence: `${alone(title(run, chosen.variant))}, ${alone(sequence)}: ${sentence(run, error)}`,
      rows: [
        { variant: null, title: "Truth" },
        ...(chosen.beside ? [row(chosen.beside)] : []),
        row(chosen.variant),
      ],
      thumbnail: (run.gallery.thumbnails[chosen.variant] ?? []).find(
        each => each.sequence === sequence && same(each, error),
      ),
      step: by => {
        if (order.length) open(run, order[(place + by + order.length) % order.length]);
      },
      close: () => choose({ error: "" }),
    });
    return document
      .getElementById("viewer")
      .scrollIntoView({ behavior: "smooth", block: "nearest" });
  }

  let before = "";
  function render() {
    const run = bench.run();
    const section = document.getElementById("gallery");
    const chosen = choices(run);
    section.hidden = !chosen.names.length;
    if (section.hidden) return;
    const table = new Map(
      bench
        .sequences(run)
        .map(name => [
          name,
          new Map(
            bench.variants(run).map(each => [each.name, counts(run, chosen, each.name, name)]),
          ),
        ]),
    );
    const sequence = sequenceOf(run, chosen, table);
    const errors = errorsOf(run, chosen, chosen.variant, sequence);
    const now = JSON.stringify([
      run.id,
      sequence,
      chosen.kind,
      chosen.variant,
      chosen.beside,
      chosen.unlike,
    ]);
    if (now !== before) more = {};
    before = now;
    controls(run, chosen);
    overview(run, chosen, table, sequence);
    check(run);
    worst(run, chosen);
    at("heading").textContent = !has(run, chosen.variant, sequence)
      ? `${alone(sequence)}: no result of ${alone(title(run, chosen.variant))}`
      : `${alone(sequence)}: ${alone(title(run, chosen.variant))}${chosen.beside ? `, beside ${alone(title(run, chosen.beside))}` : ""}, ${plural(countOf(errors), "error")}`;
    bench.lanes.draw(at("lanes"), {
      run,
      chosen,
      sequence,
      errors,
      limits: more,
      some: SOME,
      looking: lookedAt(run, chosen, sequence, errors),
      readOf,
      open: error => open(run, error),
      title: name => alone(title(run, name)),
      alone,
      moreButton,
    });
    list(run, chosen, errors);
    look(run, chosen, sequence, errors);
  }

  for (const key of ["variant", "beside", "unlike"])
    at(key).addEventListener("change", event =>
      choose({ [key]: event.target.value, ...(key === "variant" ? { error: "" } : {}) }),
    );
  bench.onChange(render);
})();
