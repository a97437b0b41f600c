// Identity timelines of a sequence: a lane an object, the variant below the one beside it.
(() => {
  "use strict";
  const { element, number } = bench;
  const { LOST } = bench.errors;
  const BAR = 11;
  const THIN = 7;
  const GAP = 2;
  const TICKS = 5;
  const NEAR = 6;
  const LETTER = 6.5; // pixels; ticks of the axis
  const NOT_SHOWN = ["false_alarm"]; // kinds that no object has

  function shape(tag, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  // Objects of all classes that are shown, those with most errors first.
  function objectsOf({ run, chosen, sequence, errors, readOf }) {
    const lanes = new Map();
    const lane = (owner, identity) => {
      const name = `${owner} ${identity}`;
      if (!lanes.has(name))
        lanes.set(name, { name, owner, identity, bars: [], errors: [], weight: 0 });
      return lanes.get(name);
    };
    for (const owner of bench.classes(run))
      for (const variant of [chosen.beside, chosen.variant]) {
        if (variant)
          for (const each of readOf(run, variant, sequence, owner).objects)
            lane(owner, each.identity).bars.push({ variant, runs: each.runs });
      }
    for (const error of errors.filter(each => !NOT_SHOWN.includes(each.kind)))
      lane(error.owner, error.identity).errors.push(error);
    return ordered([...lanes.values()]);
  }

  function tracksOf({ errors, chosen }) {
    const lanes = new Map();
    for (const error of errors.filter(each => each.kind === "false_alarm")) {
      const name = `track ${error.owner} ${error.identity}`;
      if (!lanes.has(name))
        lanes.set(name, {
          name,
          owner: error.owner,
          identity: error.identity,
          bars: [{ variant: chosen.variant, runs: [] }],
          errors: [],
          weight: 0,
        });
      lanes.get(name).errors.push(error);
      lanes
        .get(name)
        .bars[0].runs.push({ first: error.frame, length: error.length, tracker: error.identity });
    }
    return ordered([...lanes.values()]);
  }

  function ordered(lanes) {
    for (const lane of lanes) {
      lane.errors.sort((a, b) => a.frame - b.frame);
      lane.weight = lane.errors.reduce((total, each) => total + each.length, 0);
    }
    return lanes.sort((a, b) => b.weight - a.weight || a.identity - b.identity);
  }

  function told(lane) {
    const total = bench.errors.count(lane.errors);
    const say = (count, one, many) =>
      count ? [`${number(count, "count")} ${count === 1 ? one : many}`] : [];
    return (
      [
        ...say(total.switch, "switch", "switches"),
        ...say(total.miss, "missed", "missed"),
        ...say(total.false_alarm, "frame", "frames"),
        ...say(total.fragmentation, "break", "breaks"),
      ].join(", ") || "none"
    );
  }

  // One variant's runs of one object: thick where it is followed, a line where it is there and missed.
  function bar(svg, { runs }, { top, height, scale, run }) {
    for (const { first, length, tracker } of runs) {
      const x = scale(first);
      const width = Math.max(1, scale(first + length) - x);
      const lost = tracker === LOST;
      const node = shape(
        "rect",
        lost
          ? { x, width, y: top + height / 2 - 1, height: 2, fill: "var(--soft)" }
          : { x, width, y: top, height, fill: bench.pictures.colourOf(run, tracker) },
      );
      node.append(
        shape(
          "title",
          {},
          `frames ${first} to ${first + length - 1}: ${lost ? "missed" : `track ${tracker}`}`,
        ),
      );
      svg.append(node);
      if (!lost && height === BAR && width > LETTER * String(tracker).length + 4)
        svg.append(named(run, tracker, x, top));
    }
    runs
      .filter(each => each.tracker !== LOST)
      .forEach((each, place, followed) => {
        if (place && followed[place - 1].tracker !== each.tracker)
          svg.append(
            shape("rect", {
              x: scale(each.first) - 1,
              y: top - 2,
              width: 2,
              height: height + 4,
              fill: "var(--ink)",
            }),
          );
      });
  }

  function named(run, tracker, x, top) {
    const [red, green, blue] = [1, 3, 5].map(at =>
      parseInt(bench.pictures.colourOf(run, tracker).slice(at, at + 2), 16),
    );
    const fill = 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? "#141414" : "#fff";
    return shape(
      "text",
      { x: x + 3, y: top + BAR - 2, "font-size": 10, fill, "pointer-events": "none" },
      tracker,
    );
  }

  function picture(lane, given, width) {
    const { run, chosen, sequence } = given;
    const scale = scaleOf(run, sequence, width);
    const two = chosen.beside && lane.bars.some(each => each.variant === chosen.beside);
    const height = (two ? THIN + GAP : 0) + BAR + 6;
    const svg = shape("svg", {
      height,
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    for (const each of lane.bars) {
      const own = each.variant === chosen.variant;
      bar(svg, each, {
        run,
        scale,
        height: own ? BAR : THIN,
        top: own && two ? THIN + GAP + 3 : 3,
      });
    }
    const seen = given.looking;
    if (
      seen &&
      seen.identity === lane.identity &&
      seen.owner === lane.owner &&
      (seen.kind === "false_alarm") === lane.name.startsWith("track ")
    ) {
      svg.append(
        shape("path", { d: `M${scale(seen.frame + 0.5) - 5},0h10l-5,6z`, fill: "var(--ink)" }),
        shape("rect", {
          x: scale(seen.frame + 0.5) - 0.75,
          y: 0,
          width: 1.5,
          height,
          fill: "var(--ink)",
        }),
      );
    }
    return svg;
  }

  const scaleOf = (run, sequence, width) => frame =>
    (frame * width) / Math.max(1, run.frames[sequence] ?? 1);

  // The error that begins close to where was clicked, else the object in that frame.
  function pointed(lane, event, svg, { run, sequence, chosen }) {
    const area = svg.getBoundingClientRect();
    const frames = run.frames[sequence] ?? 1;
    const frame = Math.max(
      0,
      Math.min(frames - 1, Math.floor(((event.clientX - area.left) * frames) / area.width)),
    );
    const far = each =>
      Math.abs(scaleOf(run, sequence, area.width)(each.frame + 0.5) - (event.clientX - area.left));
    const near = lane.errors.filter(each => far(each) <= NEAR).sort((a, b) => far(a) - far(b))[0];
    const within = lane.errors.find(
      each =>
        each.kind === "false_alarm" && frame >= each.frame && frame < each.frame + each.length,
    );
    if (near ?? within) return near ?? within;
    if (lane.name.startsWith("track ")) return lane.errors[0];
    return {
      kind: "frame",
      owner: lane.owner,
      identity: lane.identity,
      frame,
      length: 1,
      sequence,
      variant: chosen.variant,
    };
  }

  function button(lane, given, width) {
    const { open, looking } = given;
    const svg = picture(lane, given, width);
    const name = `${lane.name.startsWith("track ") ? "track" : given.alone(lane.owner)} ${lane.identity}`;
    const node = element(
      "button",
      {
        type: "button",
        className: "lane",
        dataset: { lane: lane.name },
        "aria-label": `${name}: ${told(lane)}. Enter, left and right show its errors.`,
        onclick: event => {
          const error = event.detail ? pointed(lane, event, svg, given) : lane.errors[0]; // 0 for a key
          if (error) open(error);
        },
        onkeydown: event => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (!by || !lane.errors.length) return;
          event.preventDefault();
          const place = looking
            ? lane.errors.findIndex(
                each =>
                  each.kind === looking.kind &&
                  each.frame === looking.frame &&
                  each.identity === looking.identity,
              )
            : -1;
          open(lane.errors[Math.max(0, Math.min(lane.errors.length - 1, place + by))]);
        },
      },
      element("span", { textContent: name }),
      svg,
      element("span", { className: "soft", textContent: told(lane) }),
    );
    return node;
  }

  function axis({ run, sequence }, width) {
    const frames = run.frames[sequence] ?? 1;
    const scale = scaleOf(run, sequence, width);
    const svg = shape("svg", {
      height: 14,
      viewBox: `0 0 ${width} 14`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    for (let tick = 0; tick < TICKS; tick += 1) {
      const frame = Math.round((tick * (frames - 1)) / (TICKS - 1));
      svg.append(
        shape(
          "text",
          {
            x: scale(frame),
            y: 11,
            "font-size": 11,
            fill: "currentColor",
            "text-anchor": tick === 0 ? "start" : tick === TICKS - 1 ? "end" : "middle",
          },
          frame,
        ),
      );
    }
    return element(
      "div",
      { className: "lane head" },
      element("span", { textContent: "frame" }),
      svg,
      element("span", { textContent: "errors" }),
    );
  }

  function legend({ run, chosen, title }) {
    const icon = (...shapes) => {
      const svg = shape("svg", { width: 26, height: 14 });
      svg.append(...shapes);
      return svg;
    };
    const colour = place => run.gallery.palette[place];
    return element(
      "p",
      { className: "lane-legend" },
      element(
        "span",
        {},
        icon(shape("rect", { x: 0, y: 2, width: 26, height: BAR, fill: colour(1) })),
        "followed, a colour and number for each track",
      ),
      element(
        "span",
        {},
        icon(shape("rect", { x: 0, y: 6, width: 26, height: 2, fill: "var(--soft)" })),
        "there, and missed",
      ),
      element(
        "span",
        {},
        icon(
          shape("rect", { x: 0, y: 2, width: 12, height: BAR, fill: colour(1) }),
          shape("rect", { x: 14, y: 2, width: 12, height: BAR, fill: colour(4) }),
          shape("rect", { x: 12, y: 0, width: 2, height: 14, fill: "var(--ink)" }),
        ),
        "identity switch",
      ),
      chosen.beside
        ? element("span", { textContent: `The thin line above: ${title(chosen.beside)}.` })
        : null,
    );
  }

  function block(heading, lanes, name, given, width) {
    if (!lanes.length) return [];
    const limit = given.limits[name] ?? given.some;
    return [
      element("h4", { textContent: heading }),
      axis(given, width),
      ...lanes.slice(0, limit).map(lane => button(lane, given, width)),
      ...given.moreButton(name, lanes.length, limit),
    ];
  }

  // `given`: run, chosen, sequence, errors, looking (the error in the viewer), limits and some (rows
  // shown), and of the gallery: readOf, open, title, alone, moreButton.
  function draw(node, given) {
    const focused = document.activeElement?.dataset?.lane;
    const wide = Math.max(200, node.clientWidth - 310);
    const narrow = Math.max(120, node.clientWidth - 200);
    const width = node.clientWidth > 620 ? wide : narrow;
    const { kind } = given.chosen;
    node.replaceChildren(
      ...(kind === "false_alarm"
        ? []
        : [
            legend(given),
            ...block("Objects, the worst first", objectsOf(given), "objects", given, width),
          ]),
      ...(kind === "false_alarm" || kind === "all"
        ? block(
            `Tracks of ${given.title(given.chosen.variant)} where nothing is, the worst first`,
            tracksOf(given),
            "tracks",
            given,
            width,
          )
        : []),
    );
    if (focused)
      [...node.querySelectorAll("[data-lane]")]
        .find(each => each.dataset.lane === focused)
        ?.focus({ preventScroll: true });
  }

  bench.lanes = { draw };
})();
