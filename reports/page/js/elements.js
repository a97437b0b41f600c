// DOM nodes, the mark of each variant, and formatted numbers.
(() => {
  "use strict";
  const byId = id => document.getElementById(id);

  /**
   * A new node. `attributes` are DOM properties, or HTML attributes where no such property exists;
   * null ones are left out. Strings among the children become text, never HTML.
   */
  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) setAttribute(node, name, value);
    }
    node.append(...children.flat().filter(child => child !== null && child !== undefined));
    return node;
  }

  function setAttribute(node, name, value) {
    if (name.includes("-") || ["for", "scope", "role"].includes(name)) {
      node.setAttribute(name, value);
    } else if (name === "style" || name === "dataset") Object.assign(node[name], value);
    else node[name] = value;
  }

  /** Fills a select element; `entries` are pairs of value and text. */
  function setOptions(select, entries, chosen) {
    const options = entries.map(([value, text]) =>
      element("option", { value, textContent: text, selected: value === chosen }),
    );
    select.replaceChildren(...options);
  }

  // Okabe and Ito's colours, with a darker yellow
  const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B59F00"];
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
  const SHAPES = Object.keys(MARKS);
  const allVariants = bench.data.runs.flatMap(run => run.variants.map(variant => variant.name));
  const names = [...new Set(allVariants)];

  /** The colour of a variant, the same in every run and figure. */
  const colourOf = variant => COLOURS[names.indexOf(variant.name) % COLOURS.length];
  const shapeOf = variant => SHAPES[names.indexOf(variant.name) % SHAPES.length];

  /** The mark before the title of a variant: its shape in its colour. */
  const variantMark = variant =>
    element("i", {
      className: "variant-mark",
      style: { color: colourOf(variant) },
      textContent: MARKS[shapeOf(variant)],
      "aria-hidden": "true",
    });

  /** Fills every list of class `legend` in a section with the shown variants. */
  function fillLegends(section, shown) {
    for (const list of section.querySelectorAll("ul.legend")) {
      const entries = shown.map(variant => element("li", {}, variantMark(variant), variant.title));
      list.replaceChildren(...entries);
    }
  }

  const THIN_SPACE = "\u2009";
  const MINUS = "\u2212";
  const NO_NUMBER = "–";
  const isNumber = value => value !== null && value !== undefined && !Number.isNaN(value);

  /** A formatted number: ratios in per cent, counts with thin spaces. */
  function formatNumber(value, unit) {
    if (!isNumber(value)) return NO_NUMBER;
    if (unit === "ratio") return withMinus((100 * value).toFixed(2));
    if (unit === "ms") return withMinus(threeDigits(value));
    const digits = unit === "fps" || unit === "MB" || Number.isInteger(value) ? 0 : 2;
    return withMinus(value.toFixed(digits)).replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE);
  }

  const withMinus = text => text.replace("-", MINUS);
  const threeDigits = value =>
    Number(value.toPrecision(3)) >= 100 ? value.toFixed(0) : value.toPrecision(3);

  Object.assign(bench, { byId, element, setOptions, colourOf, shapeOf, variantMark, fillLegends });
  Object.assign(bench, { formatNumber, withMinus, isNumber, NO_NUMBER });
})();
