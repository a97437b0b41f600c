// Times of single steps: by stage, distribution, over frames, and by number of objects.
(() => {
  "use strict";
  const { byId, element, charts } = bench;
  const { quantitative, nominal, variantColour, variantShape, tooltip } = charts;
  const LOG = { type: "log", nice: true };
  const HEIGHT = 260;
  const PERCENTILES = [50, 95];
  const timeOfStep = quantitative("ms", { title: "time of a step (ms, log scale)", scale: LOG });

  /** The timings of a variant by sequence; none if it was not timed frame by frame. */
  const timingsOf = (run, variant) => Object.entries(run.timings[variant.name] ?? {});

  /** Every timed step. */
  const stepsOf = (run, shown) =>
    shown.flatMap(variant =>
      timingsOf(run, variant).flatMap(([sequence, { step_ms: repeats }]) =>
        repeats.flatMap((times, index) =>
          times.map((ms, frame) => ({
            variant: variant.title,
            sequence,
            repeat: index + 1,
            frame,
            ms,
          })),
        ),
      ),
    );

  /** The steps of the warm-up, at negative frames. */
  const warmUpsOf = (run, shown) =>
    shown.flatMap(variant =>
      timingsOf(run, variant).flatMap(([sequence, { warm_up_ms: times = [] }]) =>
        times.map((ms, index) => ({
          variant: variant.title,
          sequence,
          repeat: 0,
          frame: index - times.length,
          ms,
        })),
      ),
    );

  /** The cumulative share of steps by step time, for each variant. */
  const cumulativeShares = (steps, shown) =>
    shown.flatMap(variant => {
      const times = steps.filter(each => each.variant === variant.title).map(each => each.ms);
      return times
        .sort((a, b) => a - b)
        .map((ms, index) => ({
          variant: variant.title,
          ms,
          share: (100 * (index + 1)) / times.length,
        }));
    });

  function distribution(steps, shown) {
    const percentiles = PERCENTILES.map(share => ({ share, text: `p${share}` }));
    const y = quantitative("share");
    return {
      height: HEIGHT,
      layer: [
        {
          data: { values: percentiles },
          mark: { type: "rule", strokeDash: [3, 3] },
          encoding: { y },
        },
        {
          data: { values: percentiles },
          mark: charts.textMark({ x: 4, dy: -6 }),
          encoding: { y, text: { field: "text" } },
        },
        {
          data: { values: cumulativeShares(steps, shown) },
          mark: { type: "line", interpolate: "step-after", strokeWidth: 2 },
          encoding: {
            x: timeOfStep,
            y: { ...y, title: "steps that took no longer (%)" },
            color: variantColour(shown),
          },
        },
      ],
    };
  }

  /** The background of the warm-up, from its first (negative) frame to 0. */
  function warmUpLayers(first) {
    if (first >= 0) return [];
    const x = quantitative("from");
    return [
      {
        data: { values: [{ from: first, to: 0 }] },
        mark: { type: "rect", color: charts.themeColour("--line"), opacity: 0.5 },
        encoding: { x, x2: { field: "to" } },
      },
      {
        data: { values: [{ from: first, text: "warm-up" }] },
        mark: charts.textMark({ baseline: "top", y: 4, dx: 3 }),
        encoding: { x, text: { field: "text" } },
      },
    ];
  }

  function overFrames(steps, warmUps, shown) {
    const first = Math.min(0, ...warmUps.map(each => each.frame));
    return {
      height: HEIGHT,
      layer: [
        ...warmUpLayers(first),
        {
          data: { values: [...warmUps, ...steps] },
          mark: { type: "line", strokeWidth: 1, opacity: 0.8 },
          encoding: {
            x: quantitative("frame", {
              title: "frame; below 0 the warm-up, which counts in no number",
              scale: { domainMin: first, nice: false },
            }),
            y: timeOfStep,
            color: variantColour(shown),
            detail: [nominal("repeat"), nominal("sequence")],
            tooltip: [
              nominal("variant"),
              quantitative("frame"),
              quantitative("repeat"),
              quantitative("ms", { format: ".3~r" }),
            ],
          },
        },
      ],
    };
  }

  /** The variants with a fit of step time to number of objects, as computed by Python. */
  const byObjectsOf = (run, shown) =>
    shown
      .map(variant => ({ variant, ...run.by_objects[variant.name] }))
      .filter(each => each.medians);

  /** The median step time at each number of objects, and the least-squares line. */
  function overObjects(fits, shown) {
    if (!fits.length) return null;
    const medians = fits.flatMap(({ variant, medians }) =>
      medians.map(([objects, ms]) => ({ variant: variant.title, objects, ms })),
    );
    const ends = fits.flatMap(({ variant, line }) =>
      [line.low, line.high].map(objects => ({
        variant: variant.title,
        objects,
        ms: line.start_ms + line.slope_ms * objects,
      })),
    );
    const encoding = {
      x: quantitative("objects", {
        title: "objects in the answer for a frame",
        axis: { tickMinStep: 1, format: "d" },
      }),
      y: quantitative("ms", { title: "time of a step (ms)" }),
      color: variantColour(shown),
    };
    return {
      height: HEIGHT,
      layer: [
        {
          data: { values: ends },
          mark: { type: "line", strokeWidth: 2, opacity: 0.7 },
          encoding,
        },
        {
          data: { values: medians },
          mark: { type: "point", filled: true, size: 50, opacity: 1 },
          encoding: { ...encoding, shape: variantShape(shown) },
        },
      ],
    };
  }

  function describeFit({ variant, line }) {
    const sign = line.slope_ms < 0 ? bench.withMinus("-") : "+";
    const [start, slope] = [line.start_ms, Math.abs(line.slope_ms)].map(ms => ms.toPrecision(3));
    return `${variant.title}: ${start} ms ${sign} ${slope} ms an object`;
  }

  // Stages outside the step are grey; those of the step have well distinguishable colours.
  const OF_HARNESS = {
    decode: { title: "decoding (harness)", colour: "#B0B0B0" },
    rest: { title: "the tracker's own", colour: "#0072B2" },
    pack: { title: "run lengths (harness)", colour: "#7A7A7A" },
  };
  const OF_STEP = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00"].concat([
    "#B59F00",
    "#7B68C8",
    "#8C564B",
    "#44AA99",
    "#882255",
  ]);

  /** The stages of the variants in order of execution: {name, title, colour}. */
  function stagesOf(run, shown) {
    const known = new Set(shown.flatMap(({ name }) => Object.keys(run.stages[name] ?? {})));
    const ofStep = [...known].filter(name => !OF_HARNESS[name]);
    return ["decode", ...ofStep, "rest", "pack"]
      .filter(name => known.has(name))
      .map(name => {
        const colour = OF_STEP[ofStep.indexOf(name) % OF_STEP.length];
        return { name, ...(OF_HARNESS[name] ?? { title: name, colour }) };
      });
  }

  function stageBars(run, shown) {
    const stages = stagesOf(run, shown);
    const bars = shown.flatMap(variant =>
      stages
        .map(({ name, title }, order) => ({
          variant: variant.title,
          stage: title,
          order,
          ms: run.stages[variant.name]?.[name],
        }))
        .filter(each => each.ms !== undefined),
    );
    if (!bars.length) return null;
    const scale = {
      domain: stages.map(each => each.title),
      range: stages.map(each => each.colour),
    };
    return {
      height: 24 * shown.length,
      data: { values: bars },
      mark: { type: "bar" },
      encoding: {
        y: nominal("variant", { title: null, sort: charts.titlesOf(shown) }),
        x: quantitative("ms", { title: "ms a frame" }),
        color: nominal("stage", { title: null, scale, legend: { columns: 3 } }),
        order: quantitative("order"),
        tooltip: tooltip(["variant"], ["stage"], ["ms", "ms", ".3~r"]),
      },
    };
  }

  function showFits(fits) {
    const lines = fits.map(fit => element("li", { textContent: describeFit(fit) }));
    byId("fits").replaceChildren(...lines);
  }

  bench.onChange(() => {
    const run = bench.run();
    const shown = bench.variants(run);
    const steps = stepsOf(run, shown);
    const timed = shown.filter(variant => steps.some(each => each.variant === variant.title));
    byId("latency").hidden = !steps.length;
    if (!steps.length) return;
    bench.fillLegends(byId("latency"), timed);
    charts.draw(byId("stages"), stageBars(run, timed));
    charts.draw(byId("distribution"), distribution(steps, timed));
    charts.draw(byId("over-frames"), overFrames(steps, warmUpsOf(run, timed), timed));
    const fits = byObjectsOf(run, timed);
    charts.draw(byId("by-objects"), overObjects(fits, timed));
    showFits(fits);
  });
})();
