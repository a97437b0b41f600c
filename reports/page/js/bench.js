// What all parts of the page share: the data, the state in the URL, DOM nodes, colours, figures.
(() => {
  "use strict";
  const data = withoutPrototypes(JSON.parse(document.getElementById("data").textContent));
  const KEYS = [
    "run",
    "class",
    "baseline",
    "hide",
    "without",
    "metric",
    "sort",
    "sequence",
    "event",
    "theme",
  ];
  const listeners = [];

  // Objects are keyed by names from outside: one that lacks `constructor` must not find Object's.
  function withoutPrototypes(value) {
    if (value === null || typeof value !== "object") return value;
    if (!Array.isArray(value))
      Object.values(Object.setPrototypeOf(value, null)).forEach(withoutPrototypes);
    else if (typeof value[0] === "object") value.forEach(withoutPrototypes);
    return value;
  }

  // A name as Vega can group by it: its own tables of groups know `constructor` and the like.
  const groupable = name => (name in {} ? `${name}\u2060` : name);
  for (const entry of data.runs)
    for (const variant of entry.variants) variant.title = groupable(variant.title);

  // Names as they are; an address that somebody has cut off or mistyped breaks nothing.
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  const read = () => new URLSearchParams(location.hash.slice(1));
  const state = {
    get: key => read().get(key) ?? "",
    list: key => new Set(state.get(key).split(",").filter(Boolean).map(decoded)),
    set(changes) {
      const found = read();
      for (const [key, value] of Object.entries(changes)) {
        if (!KEYS.includes(key)) throw new Error(`unknown key of the state: ${key}`);
        const text = value instanceof Set ? [...value].map(encodeURIComponent).join(",") : value;
        if (text) found.set(key, text);
        else found.delete(key);
      }
      history.replaceState(null, "", `#${found}`);
      tell();
    },
  };
  const tell = () => listeners.forEach(call);

  // A part of the page that fails does not take those after it along.
  function call(listener) {
    try {
      listener();
    } catch (error) {
      reportError(error);
    }
  }

  // Calls back now, and whenever the state, the theme or the width of the window changes.
  function onChange(listener) {
    listeners.push(listener);
    call(listener);
  }

  const run = () => data.runs.find(each => each.id === state.get("run")) ?? data.runs[0];

  function variants(entry = run()) {
    const hidden = state.list("hide");
    const left = entry.variants.filter(variant => !hidden.has(variant.name));
    return left.length ? left : entry.variants; // another run may have hidden all of this one
  }

  function sequences(entry = run()) {
    const without = state.list("without");
    const left = entry.sequences.filter(name => !without.has(name));
    return left.length ? left : entry.sequences;
  }

  const sequence = (entry = run()) =>
    entry.sequences.includes(state.get("sequence")) ? state.get("sequence") : entry.sequences[0];

  function baseline(entry = run()) {
    const shown = variants(entry);
    return shown.find(variant => variant.name === state.get("baseline")) ?? null;
  }

  function column(name, entry = run()) {
    return [...entry.columns, ...entry.speed_columns].find(each => each.name === name) ?? null;
  }

  const speedHeadline = entry =>
    entry.speed_columns.filter(each => entry.speed_headline.includes(each.name));
  const metric = (entry = run()) =>
    column(state.get("metric"), entry) ?? column(entry.leading, entry);

  // `attributes` are DOM properties, or attributes where there is a dash; text is text, never HTML.
  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined) continue;
      if (name.includes("-") || name === "for" || name === "scope" || name === "role")
        node.setAttribute(name, value);
      else if (name === "style" || name === "dataset") Object.assign(node[name], value);
      else node[name] = value;
    }
    node.append(...children.flat().filter(child => child !== null && child !== undefined));
    return node;
  }

  function options(select, entries, chosen) {
    select.replaceChildren(
      ...entries.map(([value, text]) =>
        element("option", { value, textContent: text, selected: value === chosen }),
      ),
    );
  }

  const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B59F00"]; // Okabe and Ito; yellow darker
  const SHAPES = [
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-left",
    "triangle-right",
  ];
  const names = [...new Set(data.runs.flatMap(each => each.variants.map(variant => variant.name)))];
  const colourOf = variant => COLOURS[names.indexOf(variant.name ?? variant) % COLOURS.length];
  const shapeOf = variant => SHAPES[names.indexOf(variant.name ?? variant) % SHAPES.length];
  // Scales of Vega-Lite for the field that holds the titles of variants.
  const colours = shown => ({ domain: shown.map(each => each.title), range: shown.map(colourOf) });
  const shapes = shown => ({ domain: shown.map(each => each.title), range: shown.map(shapeOf) });

  const MARKS = {
    circle: "●",
    square: "■",
    "triangle-up": "▲",
    diamond: "◆",
    cross: "✚",
    "triangle-down": "▼",
    "triangle-left": "◀",
    "triangle-right": "▶",
  };
  const markOf = variant =>
    element("i", {
      className: "variant-mark",
      style: { color: colourOf(variant) },
      textContent: MARKS[shapeOf(variant)],
      "aria-hidden": "true",
    });

  // Fills every list of the class `legend` of a section with the variants that it shows.
  function legend(section, shown) {
    for (const list of section.querySelectorAll("ul.legend")) {
      list.replaceChildren(
        ...shown.map(variant => element("li", {}, markOf(variant), variant.title)),
      );
    }
  }

  const THIN = "\u2009";
  const MINUS = "\u2212";
  // A number as people read it: ratios in per cent, counts with thin spaces.
  function number(value, unit) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (unit === "ratio") return sign((100 * value).toFixed(2));
    if (unit === "ms")
      return sign(Number(value.toPrecision(3)) >= 100 ? value.toFixed(0) : value.toPrecision(3));
    const digits = unit === "fps" || unit === "MB" || Number.isInteger(value) ? 0 : 2;
    return sign(value.toFixed(digits)).replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
  }
  const sign = text => text.replace("-", MINUS);

  // An axis around values, never so narrow that a small difference looks large.
  function around(values, most = 100) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const middle = (low + high) / 2;
    const wide = Math.max(0.6 * (high - low), 5);
    return {
      domain: [Math.max(middle - wide, Math.min(0, low)), Math.min(middle + wide, most)],
      nice: true,
      zero: false,
    };
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function applyTheme() {
    const theme = state.get("theme");
    document.documentElement.dataset.theme = theme || (dark.matches ? "dark" : "light");
  }

  function ink(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  const FITTING = { width: "container", autosize: { type: "fit-x", contains: "padding" } };
  // Draws a Vega-Lite specification in the page's colours; an empty one clears the node. Heights are
  // numbers: beside a width that fits, Vega-Lite warns of `step`. Names are ordered by the domain of a
  // scale: `sort` puts them into expressions, which not every name survives.
  function draw(node, spec) {
    if (!spec)
      return node.replaceChildren(
        element("p", { className: "soft", textContent: "Nothing to show." }),
      );
    const axis = {
      labelColor: ink("--soft"),
      titleColor: ink("--ink"),
      gridColor: ink("--line"),
      domainColor: ink("--line"),
      tickColor: ink("--line"),
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 500,
      labelLimit: 220,
    };
    const config = {
      aria: false,
      font: "system-ui, sans-serif",
      axis,
      view: { stroke: ink("--line") },
      rule: { color: ink("--soft") },
      text: { color: ink("--ink") },
      header: {
        labelColor: ink("--ink"),
        titleColor: ink("--ink"),
        labelFontSize: 12,
        labelFontWeight: 600,
      },
      legend: {
        labelColor: ink("--ink"),
        titleColor: ink("--ink"),
        labelFontSize: 12,
        labelLimit: 260,
        orient: "bottom",
      },
    };
    const whole = {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      background: "transparent",
      ...(spec.facet ? {} : FITTING),
      ...spec,
      config,
    };
    node.setAttribute("role", "img");
    return vegaEmbed(node, whole, { actions: false, renderer: "svg", logLevel: 1 })
      .then(() => {
        node.querySelector("svg")?.setAttribute("aria-hidden", "true"); // the node is the image, and has a label
      })
      .catch(error => {
        node.replaceChildren(
          element("p", {
            className: "banner",
            textContent: `This figure could not be drawn: ${error.message}`,
          }),
        );
      });
  }

  window.bench = {
    data,
    state,
    onChange,
    run,
    variants,
    sequences,
    sequence,
    baseline,
    column,
    metric,
    speedHeadline,
    element,
    options,
    legend,
    markOf,
    colourOf,
    shapeOf,
    colours,
    shapes,
    number,
    around,
    draw,
    ink,
    groupable,
  };
  onChange(applyTheme);
  addEventListener("hashchange", tell);
  dark.addEventListener("change", tell);
  addEventListener("click", event => {
    const link = event.target.closest?.("a[href^='#']");
    if (!link) return;
    event.preventDefault(); // the fragment holds the state
    const target = document.getElementById(link.getAttribute("href").slice(1));
    target?.scrollIntoView({ behavior: "smooth" });
    target?.focus({ preventScroll: true });
  });
})();
