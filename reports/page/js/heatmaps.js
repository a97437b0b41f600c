// Heat maps of ground truth, prediction and their difference over a dimmed still, over time.
(() => {
  "use strict";
  const { state, byId, element, isNumber, NO_NUMBER } = bench;
  const { read, makePanel, heat, difference } = bench.heatmapPanels;
  const KERNELS = {
    foot: "a soft spot, 1 high, at the middle of its box's lower edge, where it stands",
    box: "its box",
    mask: "its mask",
  };
  const SUM = "sum"; // kind of map of the whole sequence
  const chosen = { variant: "", kind: "over_time", moment: null }; // selection in this section
  let panels = { sequenceMaps: null, all: [] };
  let latestRequest = 0; // draws only the latest request, as maps are unpacked asynchronously

  const heatmapsOf = run => bench.data.heatmaps?.[run.dataset] ?? null;
  const percent = value =>
    isNumber(value) ? `${bench.formatNumber(value, "ratio")} %` : NO_NUMBER;
  const decimals = value => (isNumber(value) ? bench.withMinus(value.toFixed(3)) : NO_NUMBER);

  function choose(changes) {
    Object.assign(chosen, changes);
    update();
  }

  function panelsOf(sequenceMaps) {
    if (panels.sequenceMaps !== sequenceMaps) {
      const prediction = makePanel(sequenceMaps, "Prediction", heat);
      const all = sequenceMaps.truth
        ? [
            makePanel(sequenceMaps, "Truth", heat),
            prediction,
            makePanel(sequenceMaps, "Prediction − truth", difference),
          ]
        : [prediction];
      panels = { sequenceMaps, all };
      byId("heatmap-maps").replaceChildren(...all.map(each => each.node));
    }
    return panels.all;
  }

  async function showMaps(sequenceMaps, when) {
    latestRequest += 1;
    const request = latestRequest;
    const { kind } = chosen;
    const moment = kind === SUM ? 0 : chosen.moment;
    const sides = [sequenceMaps.truth, sequenceMaps.variants[chosen.variant]].filter(Boolean);
    const cells = sequenceMaps.rows * sequenceMaps.columns;
    const maps = await Promise.all(sides.map(side => read(side[kind], moment, cells)));
    if (request !== latestRequest) return;
    if (maps.length === 2) maps.push(maps[1].map((value, cell) => value - maps[0][cell]));
    const top = Math.max(...sides.map(side => side[kind].top));
    panelsOf(sequenceMaps).forEach((panel, index) => {
      panel.show(maps[index], top, when);
    });
  }

  const secondsAt = (sequenceMaps, frame) =>
    `${((frame + 1) / sequenceMaps.frame_rate).toFixed(1)} s`;

  /** Sets the slider; returns the time of the maps as text. */
  function showTime(sequenceMaps) {
    const last = sequenceMaps.frames.length - 1;
    chosen.moment = Math.min(chosen.moment ?? last, last);
    const frame = sequenceMaps.frames[chosen.moment];
    const now = `after ${secondsAt(sequenceMaps, frame)}, frame ${frame}`;
    const slider = byId("heatmap-slider");
    slider.max = last;
    slider.value = chosen.moment;
    slider.setAttribute("aria-valuetext", now);
    byId("heatmap-now").textContent = now;
    byId("heatmap-end").textContent = secondsAt(sequenceMaps, sequenceMaps.frames[last]);
    byId("heatmap-time").hidden = chosen.kind === SUM;
    return chosen.kind === SUM ? "the whole sequence" : now;
  }

  const chooseButton = variant =>
    element("button", {
      type: "button",
      className: "number",
      textContent: variant.title,
      title: "Show its map",
      onclick: () => {
        choose({ variant: variant.name });
        byId("heatmap-table").querySelector("tr.chosen button")?.focus();
      },
    });

  /** Shows how well each variant agrees with the ground truth; marks the best of each column. */
  function showTable(sequenceMaps, shown) {
    const rows = shown.map(variant => ({ variant, map: sequenceMaps.variants[variant.name] }));
    const numbers = name => rows.map(({ map }) => map?.agreement?.[name]).filter(isNumber);
    const best = {
      error: Math.min(...numbers("error")),
      correlation: Math.max(...numbers("correlation")),
    };
    const cell = (name, value, textContent) => {
      const isBest = value === best[name] && rows.length > 1;
      return element("td", { className: isBest ? "best" : "", textContent });
    };
    const bodyRows = rows.map(({ variant, map }) => {
      const { error, correlation } = map?.agreement ?? {};
      return element(
        "tr",
        { className: variant.name === chosen.variant ? "chosen" : "" },
        element(
          "th",
          { className: "name", scope: "row" },
          bench.variantMark(variant),
          map ? chooseButton(variant) : `${variant.title} (no map)`,
        ),
        cell("error", error, percent(error)),
        cell("correlation", correlation, decimals(correlation)),
      );
    });
    byId("heatmap-table").replaceChildren(
      element("caption", { textContent: `Agreement with truth on ${bench.sequence()}` }),
      element("thead", {}, tableHead()),
      element("tbody", {}, ...bodyRows),
    );
  }

  const tableHead = () =>
    element(
      "tr",
      {},
      element("th", { className: "head name", scope: "col", textContent: "Variant" }),
      ["Error ↓", "Correlation ↑"].map(textContent =>
        element("th", { className: "head", scope: "col", textContent }),
      ),
    );

  function showMeaning({ classes, mode, kernel, half_life_s: halfLife }) {
    const what = classes ? `Objects of ${classes.join(", ")}` : "Objects of all classes";
    const how =
      mode === "decay"
        ? `each adds in every frame ${KERNELS[kernel] ?? kernel}, and what is there is half of ` +
          `it ${halfLife} seconds of video later`
        : "one object each 40 ms adds a spot at its upper left corner, as Maskout does it";
    byId("heatmap-meaning").textContent = `${what}: ${how}. Truth and prediction have one scale.`;
  }

  /** Shows a text instead of the maps; "" shows the maps. */
  function showInstead(text) {
    byId("heatmap-nothing").hidden = !text;
    byId("heatmap-nothing").textContent = text;
    byId("heatmap-all").hidden = Boolean(text);
  }

  function reasonAgainst(heatmaps) {
    if (!heatmaps) return "There are no heat maps of this data set: the rule heatmap left no file.";
    if ("DecompressionStream" in window) return "";
    return "This browser is too old to unpack the maps.";
  }

  function showNoMaps() {
    latestRequest += 1;
    panels = { sequenceMaps: null, all: [] };
    const textContent = "None of the variants that are shown has a heat map of this sequence.";
    byId("heatmap-maps").replaceChildren(element("p", { className: "soft", textContent }));
    byId("heatmap-table").replaceChildren();
    byId("heatmap-time").hidden = true;
    bench.setOptions(byId("heatmap-variant"), [["", "none"]], "");
  }

  function showChoices(heatmaps, mapped) {
    if (!mapped.some(variant => variant.name === chosen.variant)) chosen.variant = mapped[0].name;
    const variants = mapped.map(({ name, title }) => [name, title]);
    bench.setOptions(byId("heatmap-variant"), variants, chosen.variant);
    const fading =
      heatmaps.mode === "decay" ? `fading, half-life ${heatmaps.half_life_s} s` : "Maskout's";
    const kinds = [
      ["over_time", fading],
      [SUM, "whole sequence, summed"],
    ];
    bench.setOptions(byId("heatmap-kind"), kinds, chosen.kind);
  }

  function update() {
    const run = bench.run();
    const heatmaps = heatmapsOf(run);
    const reason = reasonAgainst(heatmaps);
    showInstead(reason);
    if (reason) return;
    const sequence = bench.sequence(run);
    const sequenceMaps = heatmaps.sequences[sequence];
    const shown = bench.variants(run);
    const mapped = shown.filter(variant => sequenceMaps?.variants[variant.name]);
    const sequences = run.sequences.map(name => [name, name]);
    bench.setOptions(byId("heatmap-sequence"), sequences, sequence);
    if (!mapped.length) {
      showNoMaps();
      return;
    }
    showChoices(heatmaps, mapped);
    showMeaning(heatmaps);
    showTable(sequenceMaps, shown);
    showMaps(sequenceMaps, showTime(sequenceMaps)).catch(error =>
      showInstead(`The heat maps could not be drawn: ${error.message}`),
    );
  }

  const onChoice = (id, event, changesOf) =>
    byId(id).addEventListener(event, ({ target }) => choose(changesOf(target.value)));
  byId("heatmap-sequence").addEventListener("change", event =>
    state.set({ sequence: event.target.value }),
  );
  onChoice("heatmap-variant", "change", variant => ({ variant }));
  onChoice("heatmap-kind", "change", kind => ({ kind }));
  onChoice("heatmap-slider", "input", moment => ({ moment: Number(moment) }));
  bench.onChange(update);
})();
