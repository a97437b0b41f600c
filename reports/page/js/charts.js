// Vega-Lite figures in the colours of the theme, and the encodings that most of them share.
(() => {
  "use strict";
  const { element } = bench;
  const FITTING = { width: "container", autosize: { type: "fit-x", contains: "padding" } };

  /** A colour of the theme: the value of a CSS custom property. */
  const themeColour = name =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const quantitative = (field, more = {}) => ({ field, type: "quantitative", ...more });
  const nominal = (field, more = {}) => ({ field, type: "nominal", ...more });

  const titlesOf = variants => variants.map(variant => variant.title);

  /** The colour encoding of a field with titles of variants. */
  const variantColour = (shown, field = "variant") =>
    nominal(field, {
      title: null,
      scale: { domain: titlesOf(shown), range: shown.map(bench.colourOf) },
      legend: null,
    });

  const variantShape = (shown, field = "variant") =>
    nominal(field, {
      title: null,
      scale: { domain: titlesOf(shown), range: shown.map(bench.shapeOf) },
      legend: null,
    });

  /** A tooltip of fields, each [name, title, format]; without a format, the value as it is. */
  const tooltip = (...fields) =>
    fields.map(([field, title = field, format = null]) =>
      format ? quantitative(field, { title, format }) : nominal(field, { title }),
    );

  /** A small text in a figure. */
  const textMark = (more = {}) => ({
    type: "text",
    align: "left",
    fontSize: 11,
    color: themeColour("--soft"),
    ...more,
  });

  const MIN_SPAN = 10; // percentage points

  /** The scale of an axis in per cent, with a minimum span: small differences look small. */
  function paddedScale(percentages) {
    const [low, high] = [Math.min(...percentages), Math.max(...percentages)];
    const middle = (low + high) / 2;
    const reach = Math.max(0.6 * (high - low), MIN_SPAN / 2);
    return {
      domain: [Math.max(middle - reach, Math.min(0, low)), Math.min(middle + reach, 100)],
      nice: true,
      zero: false,
    };
  }

  /** Vega-Lite's configuration in the colours of the theme. */
  function themeConfig() {
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map(themeColour);
    return {
      aria: false,
      font: "system-ui, sans-serif",
      axis: {
        labelColor: soft,
        titleColor: ink,
        gridColor: line,
        domainColor: line,
        tickColor: line,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 500,
        labelLimit: 220,
      },
      view: { stroke: line },
      rule: { color: soft },
      text: { color: ink },
      header: { labelColor: ink, titleColor: ink, labelFontSize: 12, labelFontWeight: 600 },
      legend: {
        labelColor: ink,
        titleColor: ink,
        labelFontSize: 12,
        labelLimit: 260,
        orient: "bottom",
      },
    };
  }

  /**
   * Draws a Vega-Lite specification; null clears the node. Heights are numbers, as Vega-Lite warns
   * of `step` with a fitting width. Names are ordered by the domain of a scale, as `sort` puts them
   * into expressions, where some names break.
   */
  function draw(node, specification) {
    if (!specification) {
      node.replaceChildren(element("p", { className: "soft", textContent: "Nothing to show." }));
      return;
    }
    const complete = {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      background: "transparent",
      ...(specification.facet ? {} : FITTING),
      ...specification,
      config: themeConfig(),
    };
    node.setAttribute("role", "img");
    vegaEmbed(node, complete, { actions: false, renderer: "svg", logLevel: 1 })
      .then(() => hideFromReaders(node.querySelector("svg")))
      .catch(error => {
        const textContent = `This figure could not be drawn: ${error.message}`;
        node.replaceChildren(element("p", { className: "banner", textContent }));
      });
  }

  /** Hides the SVG from screen readers: the node around it is the image, with a label. */
  const hideFromReaders = svg => svg?.setAttribute("aria-hidden", "true");

  bench.charts = { draw, themeColour, paddedScale, quantitative, nominal };
  Object.assign(bench.charts, { variantColour, variantShape, titlesOf, tooltip, textMark });
})();
