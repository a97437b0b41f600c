// Where objects were: truth, prediction and their difference over a dimmed still, over time.
(() => {
  "use strict";
  const { element, onChange, state } = bench;
  const at = id => document.getElementById(id);
  const INFERNO = [
    [87, 16, 110],
    [136, 34, 106],
    [188, 55, 84],
    [227, 89, 51],
    [249, 140, 10],
    [249, 201, 50],
    [252, 255, 164],
  ];
  const MORE = [230, 159, 0];
  const LESS = [86, 180, 233]; // Okabe and Ito
  const OPAQUE = 0.9;
  const KERNELS = {
    foot: "a soft spot, 1 high, at the middle of its box's lower edge, where it stands",
    box: "its box",
    mask: "its mask",
  };
  const local = { variant: "", kind: "over_time", moment: null }; // what no other part of the page shares

  const part = () => bench.data.heatmaps?.[bench.run().dataset] ?? null;
  const gradient = (...stops) => `linear-gradient(90deg, ${stops.join(", ")}), #33383e`; // on the ground of a scene
  const rgb = (colour, opacity = 1) => `rgb(${colour.join(" ")} / ${opacity})`;
  const percent = value =>
    value === null || value === undefined ? "–" : `${bench.number(value, "ratio")} %`;
  const decimals = value =>
    value === null || value === undefined ? "–" : value.toFixed(3).replace("-", "\u2212");

  const unpacked = new WeakMap(); // bytes of each map, once
  function unpack(packed) {
    if (!unpacked.has(packed)) {
      const bytes = Uint8Array.from(atob(packed.cells), letter => letter.charCodeAt(0));
      const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      unpacked.set(
        packed,
        new Response(plain).arrayBuffer().then(buffer => new Uint8Array(buffer)),
      );
    }
    return unpacked.get(packed);
  }

  // The values of one map at one moment, row by row.
  async function values(packed, moment, cells) {
    const steps = (await unpack(packed)).subarray(moment * cells, (moment + 1) * cells);
    return Float32Array.from(steps, step => (step * packed.top) / 255);
  }

  function inferno(share) {
    const place = Math.min(share, 1) * (INFERNO.length - 1);
    const below = Math.min(Math.floor(place), INFERNO.length - 2);
    return INFERNO[below].map(
      (low, channel) => low + (INFERNO[below + 1][channel] - low) * (place - below),
    );
  }
  const heatInk = share => [...inferno(share), 255 * OPAQUE * Math.sqrt(Math.min(share, 1))];
  const differenceInk = share => [
    ...(share > 0 ? MORE : LESS),
    255 * OPAQUE * Math.min(Math.abs(share), 1),
  ];

  function paint(canvas, scene, map, top, ink) {
    canvas.width = scene.columns;
    canvas.height = scene.rows;
    const image = new ImageData(scene.columns, scene.rows);
    map.forEach((value, cell) => image.data.set(ink(top ? value / top : 0), 4 * cell));
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // A scene to paint maps over; a pointer over a cell reads its value. It stays while the maps change.
  function panel(scene, title, ink, ends) {
    const canvas = element("canvas", { role: "img" });
    const reading = element("span", { className: "cell", hidden: true });
    const scale = element("div", { className: "scale" });
    let map = [];
    canvas.addEventListener("pointermove", event => {
      const column = Math.floor((event.offsetX / canvas.clientWidth) * scene.columns);
      const row = Math.floor((event.offsetY / canvas.clientHeight) * scene.rows);
      const value = map[row * scene.columns + column];
      reading.hidden = value === undefined;
      reading.textContent = value?.toFixed(2).replace("-", "\u2212") ?? "";
    });
    canvas.addEventListener("pointerleave", () => {
      reading.hidden = true;
    });
    const node = element(
      "figure",
      {},
      element("figcaption", {}, element("h3", { textContent: title })),
      element(
        "div",
        { className: "scene", style: { aspectRatio: `${scene.width} / ${scene.height}` } },
        scene.still && element("img", { src: scene.still, alt: "" }),
        canvas,
        reading,
      ),
      scale,
    );
    function show(values, top, when) {
      map = values;
      paint(canvas, scene, map, top, ink);
      canvas.setAttribute("aria-label", `${title}, ${when}`);
      const { low, high, colours } = ends(top);
      scale.replaceChildren(
        element("span", { textContent: low }),
        element("i", { style: { background: colours } }),
        element("span", { textContent: high }),
      );
    }
    return { node, show };
  }

  const heatEnds = top => ({
    low: "0",
    high: Number(top.toPrecision(2)).toString(),
    colours: gradient(
      ...[0, 0.05, 0.2, 0.4, 0.6, 0.8, 1].map(share =>
        rgb(inferno(share), OPAQUE * Math.sqrt(share)),
      ),
    ),
  });
  const differenceEnds = () => ({
    low: "less than truth",
    high: "more",
    colours: gradient(rgb(LESS), rgb(LESS, 0), rgb(MORE, 0), rgb(MORE)),
  });

  let panels = { scene: null, all: [] };
  function panelsOf(scene) {
    if (panels.scene !== scene) {
      const all = scene.truth ? [panel(scene, "Truth", heatInk, heatEnds)] : [];
      all.push(panel(scene, "Prediction", heatInk, heatEnds));
      if (scene.truth) all.push(panel(scene, "Prediction − truth", differenceInk, differenceEnds));
      panels = { scene, all };
      at("heatmap-maps").replaceChildren(...all.map(each => each.node));
    }
    return panels.all;
  }

  let turn = 0; // only the latest wish is drawn: maps are unpacked while people go on
  async function maps(scene, variant, when) {
    const sides = [scene.truth, scene.variants[variant]].filter(Boolean);
    const mine = ++turn;
    const moment = local.kind === "sum" ? 0 : local.moment;
    const found = await Promise.all(
      sides.map(side => values(side[local.kind], moment, scene.rows * scene.columns)),
    );
    if (mine !== turn) return;
    if (sides.length === 2) found.push(found[1].map((value, cell) => value - found[0][cell]));
    const top = Math.max(...sides.map(side => side[local.kind].top));
    panelsOf(scene).forEach((each, place) => each.show(found[place], top, when));
  }

  const seconds = (scene, frame) => `${((frame + 1) / scene.frame_rate).toFixed(1)} s`;
  function time(scene) {
    const last = scene.frames.length - 1;
    local.moment = Math.min(local.moment ?? last, last);
    const slider = at("heatmap-slider");
    const frame = scene.frames[local.moment];
    const now = `after ${seconds(scene, frame)}, frame ${frame}`;
    slider.max = last;
    slider.value = local.moment;
    slider.setAttribute("aria-valuetext", now);
    at("heatmap-now").textContent = now;
    at("heatmap-end").textContent = seconds(scene, scene.frames[last]);
    at("heatmap-time").hidden = local.kind === "sum";
    return local.kind === "sum" ? "the whole sequence" : now;
  }

  const button = variant =>
    element("button", {
      type: "button",
      className: "number",
      textContent: variant.title,
      title: "Show its map",
      onclick: () => {
        choose({ variant: variant.name });
        at("heatmap-table").querySelector("tr.chosen button")?.focus();
      },
    });
  function table(scene, shown) {
    const rows = shown.map(variant => ({
      variant,
      agreement: scene.variants[variant.name]?.agreement ?? {},
    }));
    const present = name =>
      rows.map(each => each.agreement[name]).filter(value => value !== null && value !== undefined);
    const best = {
      error: Math.min(...present("error")),
      correlation: Math.max(...present("correlation")),
    };
    const cell = (name, value, text) =>
      element("td", {
        className: value === best[name] && rows.length > 1 ? "best" : "",
        textContent: text,
      });
    at("heatmap-table").replaceChildren(
      element("caption", { textContent: `Agreement with truth on ${bench.sequence()}` }),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { className: "head name", scope: "col", textContent: "Variant" }),
          ...["Error ↓", "Correlation ↑"].map(text =>
            element("th", { className: "head", scope: "col", textContent: text }),
          ),
        ),
      ),
      element(
        "tbody",
        {},
        ...rows.map(({ variant, agreement }) =>
          element(
            "tr",
            { className: variant.name === local.variant ? "chosen" : "" },
            element(
              "th",
              { className: "name", scope: "row" },
              bench.markOf(variant),
              scene.variants[variant.name] ? button(variant) : `${variant.title} (no map)`,
            ),
            cell("error", agreement.error, percent(agreement.error)),
            cell("correlation", agreement.correlation, decimals(agreement.correlation)),
          ),
        ),
      ),
    );
  }

  function meaning(found) {
    const what = found.classes
      ? `Objects of ${found.classes.join(", ")}`
      : "Objects of all classes";
    const how =
      found.mode === "decay"
        ? `each adds in every frame ${KERNELS[found.kernel] ?? found.kernel}, and what is there is half of it ${found.half_life_s} seconds of video later`
        : "one object each 40 ms adds a spot at its upper left corner, as Maskout does it";
    at("heatmap-meaning").textContent = `${what}: ${how}. Truth and prediction have one scale.`;
  }

  function nothing(text) {
    at("heatmap-nothing").hidden = !text;
    at("heatmap-nothing").textContent = text;
    at("heatmap-all").hidden = Boolean(text);
    return Boolean(text);
  }

  function draw() {
    const found = part();
    const run = bench.run();
    const sequence = bench.sequence(run);
    const scene = found?.sequences[sequence];
    const shown = bench.variants(run).filter(variant => scene?.variants[variant.name]);
    const unable =
      !("DecompressionStream" in window) && "This browser is too old to unpack the maps.";
    if (
      nothing(
        !found
          ? "There are no heat maps of this data set: the rule heatmap left no file."
          : unable || "",
      )
    )
      return;
    bench.options(
      at("heatmap-sequence"),
      run.sequences.map(name => [name, name]),
      sequence,
    );
    if (!shown.length) {
      turn += 1;
      panels = { scene: null, all: [] };
      at("heatmap-maps").replaceChildren(
        element("p", {
          className: "soft",
          textContent: "None of the variants that are shown has a heat map of this sequence.",
        }),
      );
      at("heatmap-table").replaceChildren();
      at("heatmap-time").hidden = true;
      bench.options(at("heatmap-variant"), [["", "none"]], "");
      return;
    }
    if (!shown.some(variant => variant.name === local.variant)) local.variant = shown[0].name;
    bench.options(
      at("heatmap-variant"),
      shown.map(variant => [variant.name, variant.title]),
      local.variant,
    );
    const fading =
      found.mode === "decay" ? `fading, half-life ${found.half_life_s} s` : "Maskout's";
    bench.options(
      at("heatmap-kind"),
      [
        ["over_time", fading],
        ["sum", "whole sequence, summed"],
      ],
      local.kind,
    );
    meaning(found);
    table(scene, bench.variants(run));
    maps(scene, local.variant, time(scene)).catch(error =>
      nothing(`The heat maps could not be drawn: ${error.message}`),
    );
  }

  const choose = changes => {
    Object.assign(local, changes);
    draw();
  };
  at("heatmap-sequence").addEventListener("change", event =>
    state.set({ sequence: event.target.value }),
  );
  at("heatmap-variant").addEventListener("change", event =>
    choose({ variant: event.target.value }),
  );
  at("heatmap-kind").addEventListener("change", event => choose({ kind: event.target.value }));
  at("heatmap-slider").addEventListener("input", event =>
    choose({ moment: Number(event.target.value) }),
  );
  onChange(draw);
})();
