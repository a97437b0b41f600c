// Controls of the comparison: run, baseline, variants, sequences, class and theme.
(() => {
  "use strict";
  const { data, state, byId, element } = bench;
  // Keys of the state that the reset button clears, and keys that depend on them
  const CHOICES = ["baseline", "hide", "without", "class", "metric", "sort"];
  const DEPENDENT = ["sequence", "event"];

  function showRuns() {
    const buttons = data.runs.map(run =>
      element("button", {
        type: "button",
        textContent: run.heading,
        "aria-pressed": String(run === bench.run()),
        onclick: () => state.set({ run: run.id, sequence: "", event: "", class: "" }),
      }),
    );
    byId("runs").replaceChildren(...buttons);
    byId("runs").hidden = data.runs.length < 2;
    for (const block of document.querySelectorAll("[data-run]")) {
      block.hidden = block.dataset.run !== bench.run().id;
    }
  }

  function showBaseline() {
    const entries = bench.variants().map(variant => [variant.name, variant.title]);
    const chosen = bench.baseline()?.name ?? "";
    bench.setOptions(byId("baseline"), [["", "none"], ...entries], chosen);
  }

  function showClasses() {
    const names = bench.run().classes;
    const all = [
      ["", "all together"],
      [bench.totals.MEAN, "mean of classes"],
    ];
    const entries = [...all, ...names.map(name => [name, name])];
    byId("class-choice").hidden = names.length < 2;
    bench.setOptions(byId("class"), entries, state.get("class"));
  }

  /** The names that the list `key` of the state leaves out; none if it leaves out all. */
  function leftOutOf(names, key) {
    const listed = state.list(key);
    const leftOut = names.filter(name => listed.has(name));
    return leftOut.length < names.length ? leftOut : [];
  }

  /** Checkboxes; unchecked names are listed in the state. Entries: name, text, mark. */
  function showCheckboxes(id, key, entries) {
    const names = entries.map(each => each.name);
    const leftOut = leftOutOf(names, key);
    const left = names.length - leftOut.length;
    byId(`${id}-count`).textContent = leftOut.length
      ? `${left} of ${names.length}`
      : `all ${names.length}`;
    const boxes = entries.map(({ name, text, mark = null }) => {
      const checked = !leftOut.includes(name);
      const box = element("input", {
        type: "checkbox",
        value: name,
        checked,
        disabled: checked && left === 1, // at least one stays checked
        onchange: event => {
          toggle(key, names, { name, checked: event.target.checked });
          byId(id).querySelectorAll("input")[names.indexOf(name)]?.focus();
        },
      });
      return element("label", {}, box, mark, element("span", { textContent: text }));
    });
    byId(id).replaceChildren(...boxes);
  }

  /** Adds a name to a list of the state or removes it; names of other runs stay. */
  function toggle(key, names, { name, checked }) {
    const leftOut = leftOutOf(names, key);
    const listed = [...state.list(key)];
    const changed = new Set(listed.filter(each => !names.includes(each) || leftOut.includes(each)));
    if (checked) changed.delete(name);
    else changed.add(name);
    state.set({ [key]: changed });
  }

  function showNotes() {
    const run = bench.run();
    const all = run.sequences.length;
    const without = all - bench.sequences(run).length;
    byId("recomputed").hidden = !without;
    byId("recomputed").textContent = without
      ? `Without ${without} of ${all} sequences: totals are computed again from the others' ` +
        "counts. Speed is of the timed sequences still."
      : "";
    byId("reset").hidden = !CHOICES.some(key => state.get(key));
  }

  const openLists = () => [...document.querySelectorAll("details.dropdown[open]")];

  function closeOthers(event) {
    for (const list of openLists()) if (!list.contains(event.target)) list.open = false;
  }

  function closeOnEscape(event) {
    if (event.key !== "Escape") return;
    for (const list of openLists()) {
      list.open = false;
      list.firstElementChild.focus();
    }
  }

  function toggleTheme() {
    const isDark = document.documentElement.dataset.theme === "dark";
    state.set({ theme: isDark ? "light" : "dark" });
  }

  byId("baseline").addEventListener("change", event => state.set({ baseline: event.target.value }));
  byId("class").addEventListener("change", event => state.set({ class: event.target.value }));
  byId("reset").addEventListener("click", () =>
    state.set(Object.fromEntries([...CHOICES, ...DEPENDENT].map(key => [key, ""]))),
  );
  byId("theme").addEventListener("click", toggleTheme);
  addEventListener("click", closeOthers);
  addEventListener("keydown", closeOnEscape);

  bench.onChange(() => {
    const run = bench.run();
    showRuns();
    showBaseline();
    showClasses();
    const variants = run.variants.map(variant => ({
      name: variant.name,
      text: variant.title,
      mark: bench.variantMark(variant),
    }));
    showCheckboxes("variants", "hide", variants);
    const sequences = run.sequences.map(name => ({ name, text: name }));
    showCheckboxes("sequences", "without", sequences);
    showNotes();
  });
})();
