// Accuracy against speed, and why one is faster: the times of single steps.
(() => {
  "use strict";
  const { element, onChange } = bench;
  const at = id => document.getElementById(id);
  const colour = shown => ({
    field: "variant",
    type: "nominal",
    title: null,
    scale: bench.colours(shown),
    legend: null,
  });
  const chosen = { x: "fps", y: "" };

  // The points that none beats in both; `x` and `y` say which way is better in `better`.
  function front(points, better) {
    const ahead = (a, b, key) => (better[key] === "down" ? a[key] <= b[key] : a[key] >= b[key]);
    return points
      .filter(
        one =>
          !points.some(
            other =>
              other !== one &&
              ahead(other, one, "x") &&
              ahead(other, one, "y") &&
              (other.x !== one.x || other.y !== one.y),
          ),
      )
      .sort((a, b) => a.x - b.x);
  }

  function plane(run, shown) {
    const y = bench.column(chosen.y, run) ?? bench.column(run.leading, run);
    const x = run.speed_columns.find(each => each.name === chosen.x) ?? run.speed_columns[0];
    if (!x || !y) return null;
    const scale = y.unit === "ratio" ? 100 : 1;
    const points = shown
      .map(variant => [variant, bench.valuesOf(run, variant)])
      .filter(
        ([variant, values]) =>
          (values[y.name] ?? null) !== null && (values[x.name] ?? null) !== null,
      )
      .map(([variant, values]) => ({
        variant: variant.title,
        y: scale * values[y.name],
        x: values[x.name],
        timed: run.speed[variant.name].timed.label || "step",
        slowest: run.speed[variant.name].fps_range[0],
        fastest: run.speed[variant.name].fps_range[1],
      }));
    if (!points.length) return null;
    const steps = points.filter(each => each.timed === "step");
    const title = `${x.label.replace(/_(ms|MB|J|fps)$/, "")}${x.unit === "fps" ? ", frames per second" : ` (${x.unit})`}, log scale`;
    const all = points.flatMap(each =>
      x.name === "fps" ? [each.x, each.slowest, each.fastest] : [each.x],
    );
    const across = {
      field: "x",
      type: "quantitative",
      title,
      scale: { type: "log", domain: [Math.min(...all) / 1.5, Math.max(...all) * 1.5], nice: false },
      axis: { format: "~s", tickCount: 6 },
    };
    const up = {
      field: "y",
      type: "quantitative",
      title: `${y.label}${y.unit === "ratio" ? " (%)" : ""}`,
      scale:
        y.unit === "ratio" ? bench.around(points.map(each => each.y)) : { zero: false, nice: true },
    };
    const layers = [
      {
        data: { values: front(steps, { x: x.better, y: y.better }) },
        mark: {
          type: "line",
          interpolate: "linear",
          strokeWidth: 1.5,
          strokeDash: [5, 4],
          color: bench.ink("--soft"),
        },
        encoding: { x: across, y: up },
      },
    ];
    const rate = run.frame_rate;
    if (
      x.name === "fps" &&
      rate &&
      rate > Math.min(...all) / 1.5 &&
      rate < Math.max(...all) * 1.5
    ) {
      layers.push(
        {
          data: { values: [{ rate, text: `${rate} fps: the video's rate` }] },
          mark: { type: "rule", strokeWidth: 1, color: bench.ink("--bad") },
          encoding: { x: { ...across, field: "rate" } },
        },
        {
          data: { values: [{ rate, text: `${rate} fps: real time` }] },
          mark: {
            type: "text",
            align: "left",
            dx: 4,
            baseline: "top",
            y: 4,
            fontSize: 11,
            color: bench.ink("--bad"),
          },
          encoding: { x: { ...across, field: "rate" }, text: { field: "text" } },
        },
      );
    }
    if (x.name === "fps")
      layers.push({
        data: { values: points },
        mark: { type: "rule", strokeWidth: 2 },
        encoding: {
          x: { ...across, field: "slowest" },
          x2: { field: "fastest" },
          y: up,
          color: colour(shown),
        },
      });
    layers.push({
      data: { values: points },
      mark: { type: "point", filled: true, size: 140 },
      encoding: {
        x: across,
        y: up,
        color: colour(shown),
        shape: {
          field: "variant",
          type: "nominal",
          title: null,
          scale: bench.shapes(shown),
          legend: null,
        },
        opacity: { condition: { test: "datum.timed === 'step'", value: 1 }, value: 0.4 },
        tooltip: [
          { field: "variant", type: "nominal" },
          { field: "y", type: "quantitative", title: y.label, format: ".2f" },
          { field: "x", type: "quantitative", title: x.label, format: ",.3~r" },
          { field: "timed", type: "nominal" },
        ],
      },
    });
    return { height: 300, layer: layers };
  }

  // Every timed step in ms, of the variants that were timed step by step.
  function steps(run, shown) {
    return shown.flatMap(variant =>
      Object.entries(run.timings[variant.name] ?? {}).flatMap(([sequence, timing]) =>
        timing.step_ms.flatMap((repeat, number) =>
          repeat.map((ms, frame) => ({
            variant: variant.title,
            sequence,
            repeat: number + 1,
            frame,
            ms,
            objects: timing.objects?.[frame] ?? null,
          })),
        ),
      ),
    );
  }

  const WHERE = { type: "log", nice: true };
  function distribution(points, shown) {
    const curves = shown.flatMap(variant => {
      const mine = points
        .filter(each => each.variant === variant.title)
        .map(each => each.ms)
        .sort((a, b) => a - b);
      return mine.map((ms, place) => ({
        variant: variant.title,
        ms,
        share: (100 * (place + 1)) / mine.length,
      }));
    });
    if (!curves.length) return null;
    const marks = [50, 95].map(share => ({ share, text: `p${share}` }));
    return {
      height: 260,
      layer: [
        {
          data: { values: marks },
          mark: { type: "rule", strokeDash: [3, 3] },
          encoding: { y: { field: "share", type: "quantitative" } },
        },
        {
          data: { values: marks },
          mark: {
            type: "text",
            align: "left",
            x: 4,
            dy: -6,
            fontSize: 11,
            color: bench.ink("--soft"),
          },
          encoding: { y: { field: "share", type: "quantitative" }, text: { field: "text" } },
        },
        {
          data: { values: curves },
          mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
          encoding: {
            x: {
              field: "ms",
              type: "quantitative",
              title: "time of a step (ms, log scale)",
              scale: WHERE,
            },
            y: { field: "share", type: "quantitative", title: "steps that took no longer (%)" },
            color: colour(shown),
          },
        },
      ],
    };
  }

  // The steps before the timed ones, at frames below 0.
  function warmUps(run, shown) {
    return shown.flatMap(variant =>
      Object.entries(run.timings[variant.name] ?? {}).flatMap(([sequence, timing]) =>
        (timing.warm_up_ms ?? []).map((ms, place) => ({
          variant: variant.title,
          sequence,
          repeat: 0,
          frame: place - timing.warm_up_ms.length,
          ms,
        })),
      ),
    );
  }

  function overFrames(points, before, shown) {
    if (!points.length) return null;
    const first = Math.min(0, ...before.map(each => each.frame));
    const warm =
      first < 0
        ? [
            {
              data: { values: [{ from: first, to: 0 }] },
              mark: { type: "rect", color: bench.ink("--line"), opacity: 0.5 },
              encoding: { x: { field: "from", type: "quantitative" }, x2: { field: "to" } },
            },
            {
              data: { values: [{ from: first, text: "warm-up" }] },
              mark: {
                type: "text",
                align: "left",
                baseline: "top",
                y: 4,
                dx: 3,
                fontSize: 11,
                color: bench.ink("--soft"),
              },
              encoding: { x: { field: "from", type: "quantitative" }, text: { field: "text" } },
            },
          ]
        : [];
    return {
      height: 260,
      layer: [
        ...warm,
        {
          data: { values: [...before, ...points] },
          mark: { type: "line", strokeWidth: 1, opacity: 0.8 },
          encoding: {
            x: {
              field: "frame",
              type: "quantitative",
              title: "frame; below 0 the warm-up, which counts in no number",
              scale: { domainMin: first, nice: false },
            },
            y: {
              field: "ms",
              type: "quantitative",
              title: "time of a step (ms, log scale)",
              scale: WHERE,
            },
            color: colour(shown),
            detail: [
              { field: "repeat", type: "nominal" },
              { field: "sequence", type: "nominal" },
            ],
            tooltip: [
              { field: "variant", type: "nominal" },
              { field: "frame", type: "quantitative" },
              { field: "repeat", type: "quantitative" },
              { field: "ms", type: "quantitative", format: ".3~r" },
            ],
          },
        },
      ],
    };
  }

  // The median step at each number of objects, and the line of least squares through all steps.
  function byObjects(points, shown) {
    const known = points.filter(each => each.objects !== null);
    const lines = shown
      .map(variant => ({ variant, mine: known.filter(each => each.variant === variant.title) }))
      .filter(each => new Set(each.mine.map(one => one.objects)).size > 1);
    if (!lines.length) return [null, []];
    const fits = lines.map(({ variant, mine }) => {
      const n = mine.length;
      const mx = mine.reduce((sum, each) => sum + each.objects, 0) / n;
      const my = mine.reduce((sum, each) => sum + each.ms, 0) / n;
      const slope =
        mine.reduce((sum, each) => sum + (each.objects - mx) * (each.ms - my), 0) /
        mine.reduce((sum, each) => sum + (each.objects - mx) ** 2, 0);
      const xs = mine.map(each => each.objects);
      return {
        variant,
        slope,
        start: my - slope * mx,
        low: Math.min(...xs),
        high: Math.max(...xs),
      };
    });
    const medians = lines.flatMap(({ variant, mine }) =>
      [...new Set(mine.map(each => each.objects))].map(objects => {
        const times = mine
          .filter(each => each.objects === objects)
          .map(each => each.ms)
          .sort((a, b) => a - b);
        return { variant: variant.title, objects, ms: times[Math.floor(times.length / 2)] };
      }),
    );
    const ends = fits.flatMap(fit =>
      [fit.low, fit.high].map(objects => ({
        variant: fit.variant.title,
        objects,
        ms: fit.start + fit.slope * objects,
      })),
    );
    const encode = {
      x: {
        field: "objects",
        type: "quantitative",
        title: "objects in the answer for a frame",
        axis: { tickMinStep: 1, format: "d" },
      },
      y: { field: "ms", type: "quantitative", title: "time of a step (ms)" },
      color: colour(shown),
    };
    return [
      {
        height: 260,
        layer: [
          {
            data: { values: ends },
            mark: { type: "line", strokeWidth: 2, opacity: 0.7 },
            encoding: encode,
          },
          {
            data: { values: medians },
            mark: { type: "point", filled: true, size: 50, opacity: 1 },
            encoding: {
              ...encode,
              shape: {
                field: "variant",
                type: "nominal",
                title: null,
                scale: bench.shapes(shown),
                legend: null,
              },
            },
          },
        ],
      },
      fits,
    ];
  }

  // The harness's own stages are grey; those of the step have the colours that are told apart best.
  const STAGES = {
    decode: ["decoding (harness)", "#B0B0B0"],
    rest: ["the tracker's own", "#0072B2"],
    pack: ["run lengths (harness)", "#7A7A7A"],
  };
  const OF_STEPS = [
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#CC79A7",
    "#D55E00",
    "#B59F00",
    "#7B68C8",
    "#8C564B",
    "#44AA99",
    "#882255",
  ];
  function stages(run, shown) {
    const known = [
      ...new Set(shown.flatMap(variant => Object.keys(run.stages[variant.name] ?? {}))),
    ];
    const named = known.filter(name => !STAGES[name]);
    const order = ["decode", ...named, "rest", "pack"].filter(name => known.includes(name));
    const looks = new Map(
      order.map(name => [
        name,
        STAGES[name] ?? [name, OF_STEPS[named.indexOf(name) % OF_STEPS.length]],
      ]),
    );
    const points = shown.flatMap(variant =>
      order
        .filter(name => run.stages[variant.name]?.[name] !== undefined)
        .map(name => ({
          variant: variant.title,
          stage: looks.get(name)[0],
          order: order.indexOf(name),
          ms: run.stages[variant.name][name],
        })),
    );
    if (!points.length) return null;
    return {
      height: 24 * shown.length,
      data: { values: points },
      mark: { type: "bar" },
      encoding: {
        y: { field: "variant", type: "nominal", title: null, sort: shown.map(each => each.title) },
        x: { field: "ms", type: "quantitative", title: "ms a frame" },
        color: {
          field: "stage",
          type: "nominal",
          title: null,
          scale: {
            domain: order.map(name => looks.get(name)[0]),
            range: order.map(name => looks.get(name)[1]),
          },
          legend: { columns: 3 },
        },
        order: { field: "order", type: "quantitative" },
        tooltip: [
          { field: "variant", type: "nominal" },
          { field: "stage", type: "nominal" },
          { field: "ms", type: "quantitative", format: ".3~r" },
        ],
      },
    };
  }

  // The leading metric at each rate at which frames come; dashed, what it is when nothing is late.
  function realTime(run, shown) {
    const column = bench.column(run.leading, run);
    const late = shown.flatMap(variant =>
      (run.late[variant.name] ?? []).map(each => ({
        variant: variant.title,
        rate: each.rate,
        y: 100 * each.values[column.name],
        dropped: each.dropped,
      })),
    );
    if (!late.length) return null;
    const whole = shown
      .filter(variant => run.late[variant.name] && run.totals[variant.name])
      .map(variant => ({ variant: variant.title, y: 100 * run.totals[variant.name][column.name] }));
    const up = {
      field: "y",
      type: "quantitative",
      title: `${column.label} (%)`,
      scale: bench.around([...late, ...whole].map(each => each.y)),
    };
    const across = {
      field: "rate",
      type: "quantitative",
      title: "frames that come in a second, log scale",
      scale: { type: "log", nice: false },
      axis: { values: [...new Set(late.map(each => each.rate))], format: "~r" },
    };
    return {
      height: 260,
      layer: [
        {
          data: { values: whole },
          mark: { type: "rule", strokeDash: [4, 4], opacity: 0.6 },
          encoding: { y: up, color: colour(shown) },
        },
        {
          data: { values: late },
          mark: { type: "line", strokeWidth: 2 },
          encoding: { x: across, y: up, color: colour(shown) },
        },
        {
          data: { values: late },
          mark: { type: "point", filled: true, size: 70, opacity: 1 },
          encoding: {
            x: across,
            y: up,
            color: colour(shown),
            shape: {
              field: "variant",
              type: "nominal",
              title: null,
              scale: bench.shapes(shown),
              legend: null,
            },
            tooltip: [
              { field: "variant", type: "nominal" },
              { field: "rate", type: "quantitative", title: "frames a second" },
              { field: "y", type: "quantitative", title: column.label, format: ".2f" },
              { field: "dropped", type: "quantitative", title: "dropped", format: ".1%" },
            ],
          },
        },
      ],
    };
  }

  // What speaks against the times, a sentence for each thing and the variants it is about.
  function doubts(run, shown) {
    const about = new Map();
    for (const variant of shown)
      for (const { what, size } of run.speed[variant.name]?.doubts ?? [])
        about.set(what, [
          ...(about.get(what) ?? []),
          size ? `${variant.title} (${size})` : variant.title,
        ]);
    at("doubts").hidden = !about.size;
    at("doubts").replaceChildren(
      element("strong", { textContent: "These times are doubtful." }),
      element(
        "ul",
        {},
        [...about].map(([what, titles]) =>
          element("li", {
            textContent: `${what[0].toUpperCase()}${what.slice(1)}: ${titles.join(", ")}.`,
          }),
        ),
      ),
    );
  }

  function memory(run, shown) {
    const points = shown
      .map(variant => ({
        variant: variant.title,
        MB: run.speed[variant.name]?.values.memory_MB ?? null,
      }))
      .filter(each => each.MB !== null);
    if (!points.length) return null;
    return {
      height: 24 * points.length,
      data: { values: points },
      mark: { type: "bar" },
      encoding: {
        y: {
          field: "variant",
          type: "nominal",
          title: null,
          scale: { domain: points.map(each => each.variant) },
        },
        x: { field: "MB", type: "quantitative", title: "most resident memory (MB)" },
        color: colour(shown),
      },
    };
  }

  for (const [id, key] of [
    ["plane-x", "x"],
    ["plane-y", "y"],
  ])
    at(id).addEventListener("change", event => {
      chosen[key] = event.target.value;
      update();
    });
  function update() {
    const run = bench.run();
    const shown = bench.variants(run);
    const ratios = run.columns.filter(each => run.headline.includes(each.name) && each.better);
    bench.options(
      at("plane-y"),
      ratios.map(each => [each.name, each.label]),
      ratios.some(each => each.name === chosen.y) ? chosen.y : run.leading,
    );
    const told = run.speed_columns.filter(each =>
      shown.some(variant => (run.speed[variant.name]?.values[each.name] ?? null) !== null),
    );
    bench.options(
      at("plane-x"),
      told.map(each => [each.name, each.label]),
      chosen.x,
    );
    bench.legend(at("verdict-section"), shown);
    bench.draw(at("plane"), plane(run, shown));
    const points = steps(run, shown);
    const timed = shown.filter(variant => points.some(each => each.variant === variant.title));
    at("latency").hidden = !points.length;
    if (!points.length) return;
    bench.legend(at("latency"), timed);
    bench.draw(at("stages"), stages(run, timed));
    bench.draw(at("distribution"), distribution(points, timed));
    bench.draw(at("over-frames"), overFrames(points, warmUps(run, timed), timed));
    const [figure, fits] = byObjects(points, timed);
    bench.draw(at("by-objects"), figure);
    at("fits").replaceChildren(
      ...fits.map(fit =>
        element("li", {
          textContent: `${fit.variant.title}: ${fit.start.toPrecision(3)} ms ${fit.slope < 0 ? "\u2212" : "+"} ${Math.abs(fit.slope).toPrecision(3)} ms an object`,
        }),
      ),
    );
    bench.draw(at("memory"), memory(run, timed));
    doubts(run, timed);
    const late = realTime(run, shown);
    at("real-time").closest("figure").hidden = !late;
    bench.draw(at("real-time"), late);
  }
  onChange(update);
})();
