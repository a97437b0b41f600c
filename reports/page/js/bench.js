// Shared by all parts of the page: the data, and the selection, which the URL stores.
(() => {
  "use strict";
  const data = withoutPrototypes(JSON.parse(document.getElementById("data").textContent));
  const KEYS = ["run", "class", "baseline", "hide", "without", "metric", "sort"].concat([
    "sequence",
    "event",
    "theme",
  ]);
  const listeners = [];

  /** Removes prototypes: keys are arbitrary names, and `constructor` must not find Object's. */
  function withoutPrototypes(value) {
    if (value === null || typeof value !== "object") return value;
    if (!Array.isArray(value)) {
      Object.values(Object.setPrototypeOf(value, null)).forEach(withoutPrototypes);
    } else if (typeof value[0] === "object") value.forEach(withoutPrototypes);
    return value;
  }

  /** A name that Vega can group by: its lookup tables inherit `constructor` and the like. */
  const groupable = name => (name in {} ? `${name}\u2060` : name);
  for (const { variants } of data.runs) {
    for (const variant of variants) variant.title = groupable(variant.title);
  }

  /** The decoded text; unchanged if it is malformed, as in a truncated or mistyped URL. */
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  const parameters = () => new URLSearchParams(location.hash.slice(1));
  const state = {
    get: key => parameters().get(key) ?? "",
    list: key => new Set(state.get(key).split(",").filter(Boolean).map(decoded)),
    set(changes) {
      const changed = parameters();
      for (const [key, value] of Object.entries(changes)) {
        if (!KEYS.includes(key)) throw new Error(`unknown key of the state: ${key}`);
        const text = value instanceof Set ? [...value].map(encodeURIComponent).join(",") : value;
        if (text) changed.set(key, text);
        else changed.delete(key);
      }
      history.replaceState(null, "", `#${changed}`);
      notify();
    },
  };
  const notify = () => listeners.forEach(call);

  /** Calls a listener; an error in it is reported and does not stop the others. */
  function call(listener) {
    try {
      listener();
    } catch (error) {
      reportError(error);
    }
  }

  /** Calls the listener immediately, and whenever the state or the theme changes. */
  function onChange(listener) {
    listeners.push(listener);
    call(listener);
  }

  /** The selected run: one data set scored under one protocol. */
  const run = () => data.runs.find(each => each.id === state.get("run")) ?? data.runs[0];

  /** The shown variants; all of them if every variant of this run is hidden. */
  function variants(ofRun = run()) {
    const hidden = state.list("hide");
    const shown = ofRun.variants.filter(variant => !hidden.has(variant.name));
    return shown.length ? shown : ofRun.variants;
  }

  /** The names of the selected sequences; all of them if every one is left out. */
  function sequences(ofRun = run()) {
    const leftOut = state.list("without");
    const counted = ofRun.sequences.filter(name => !leftOut.has(name));
    return counted.length ? counted : ofRun.sequences;
  }

  /** The name of the sequence shown on its own. */
  const sequence = (ofRun = run()) =>
    ofRun.sequences.includes(state.get("sequence")) ? state.get("sequence") : ofRun.sequences[0];

  /** The names of the selected classes. */
  const classes = (ofRun = run()) =>
    ofRun.classes.includes(state.get("class")) ? [state.get("class")] : ofRun.classes;

  /** The variant that others are compared with; null for none. */
  const baseline = (ofRun = run()) =>
    variants(ofRun).find(variant => variant.name === state.get("baseline")) ?? null;

  /** The column of accuracy or speed with a name; null if the run has no such column. */
  const column = (name, ofRun = run()) =>
    [...ofRun.columns, ...ofRun.speed_columns].find(each => each.name === name) ?? null;

  const speedHeadline = ofRun =>
    ofRun.speed_columns.filter(each => ofRun.speed_headline.includes(each.name));

  /** The column shown sequence by sequence. */
  const metric = (ofRun = run()) =>
    column(state.get("metric"), ofRun) ?? column(ofRun.leading, ofRun);

  /** The label of a speed column without its unit, which is shown separately. */
  const withoutUnit = ({ label }) => label.replace(/_(ms|MB|J|fps)$/, "");

  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  function applyTheme() {
    const system = darkSystem.matches ? "dark" : "light";
    document.documentElement.dataset.theme = state.get("theme") || system;
  }

  /** Follows a link within the page by scrolling, as the URL's fragment stores the state. */
  function followLink(event) {
    const link = event.target.closest?.("a[href^='#']");
    if (!link) return;
    event.preventDefault();
    const target = document.getElementById(link.getAttribute("href").slice(1));
    target?.scrollIntoView({ behavior: "smooth" });
    target?.focus({ preventScroll: true });
  }

  window.bench = { data, state, onChange, groupable };
  Object.assign(bench, { run, variants, sequences, sequence, classes, baseline });
  Object.assign(bench, { column, metric, speedHeadline, withoutUnit });
  onChange(applyTheme);
  addEventListener("hashchange", notify);
  darkSystem.addEventListener("change", notify);
  addEventListener("click", followLink);
})();
