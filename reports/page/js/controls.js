// What is compared: the run, the baseline, which variants and sequences, the class, the theme.
(() => {
  "use strict";
  const { data, state, element, onChange } = bench;
  const at = id => document.getElementById(id);

  function runs() {
    at("runs").replaceChildren(
      ...data.runs.map(run =>
        element("button", {
          type: "button",
          textContent: run.heading,
          "aria-pressed": String(run === bench.run()),
          onclick: () => state.set({ run: run.id, sequence: "", event: "", class: "" }),
        }),
      ),
    );
    at("runs").hidden = data.runs.length < 2;
    for (const block of document.querySelectorAll("[data-run]"))
      block.hidden = block.dataset.run !== bench.run().id;
  }

  function baseline() {
    const entries = bench.variants().map(variant => [variant.name, variant.title]);
    bench.options(at("baseline"), [["", "none"], ...entries], bench.baseline()?.name ?? "");
  }

  function classes() {
    const names = bench.run().classes;
    at("class-choice").hidden = names.length < 2;
    bench.options(
      at("class"),
      [
        ["", "all together"],
        [bench.totals.MEAN, "mean of classes"],
        ...names.map(name => [name, name]),
      ],
      state.get("class"),
    );
  }

  // A list of boxes to tick; what is not ticked goes into the list `key` of the state.
  function ticks(id, key, entries) {
    const known = entries.map(([value]) => value);
    const named = state.list(key);
    const found = known.filter(value => named.has(value));
    const out = found.length < known.length ? found : []; // all of them: then none is left out
    at(`${id}-count`).textContent = out.length
      ? `${known.length - out.length} of ${known.length}`
      : `all ${known.length}`;
    const boxes = entries.map(([value, text, mark = null]) =>
      element(
        "label",
        {},
        element("input", {
          type: "checkbox",
          value,
          checked: !out.includes(value),
          disabled: !out.includes(value) && known.length - out.length === 1, // one has to stay
          onchange: event => {
            const changed = new Set(
              [...state.list(key)].filter(each => !known.includes(each) || out.includes(each)),
            );
            if (event.target.checked) changed.delete(value);
            else changed.add(value);
            state.set({ [key]: changed });
            at(id).querySelectorAll("input")[known.indexOf(value)]?.focus();
          },
        }),
        mark,
        element("span", { textContent: text }),
      ),
    );
    at(id).replaceChildren(...boxes);
  }

  function notes() {
    const run = bench.run();
    const gone = run.sequences.length - bench.sequences(run).length;
    at("recomputed").hidden = !gone;
    at("recomputed").textContent = gone
      ? `Without ${gone} of ${run.sequences.length} sequences: totals are computed again from the others' counts. Speed is of the timed sequences still.`
      : "";
    at("reset").hidden = !["baseline", "hide", "without", "class", "metric", "sort"].some(key =>
      state.get(key),
    );
  }

  at("baseline").addEventListener("change", event => state.set({ baseline: event.target.value }));
  at("class").addEventListener("change", event => state.set({ class: event.target.value }));
  at("reset").addEventListener("click", () =>
    state.set({
      baseline: "",
      hide: "",
      without: "",
      class: "",
      metric: "",
      sort: "",
      sequence: "",
      event: "",
    }),
  );
  at("theme").addEventListener("click", () =>
    state.set({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" }),
  );
  addEventListener("click", event => {
    // a click elsewhere closes what has opened over the page
    for (const open of document.querySelectorAll("details.drop[open]"))
      if (!open.contains(event.target)) open.open = false;
  });
  addEventListener("keydown", event => {
    if (event.key === "Escape")
      for (const open of document.querySelectorAll("details.drop[open]")) {
        open.open = false;
        open.firstElementChild.focus();
      }
  });

  onChange(() => {
    runs();
    baseline();
    classes();
    ticks(
      "variants",
      "hide",
      bench.run().variants.map(each => [each.name, each.title, bench.markOf(each)]),
    );
    ticks(
      "sequences",
      "without",
      bench.run().sequences.map(name => [name, name]),
    );
    notes();
  });
})();
