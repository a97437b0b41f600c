// Draws the identity timelines of a sequence, the compared variant above the selected one.
(() => {
  "use strict";
  const { element, pictures, lanes } = bench;
  const { LOST } = bench.errors;
  const BAR = 11; // pixels, like the next five
  const THIN_BAR = 7;
  const GAP = 2;
  const MARGIN = 3;
  const LETTER_WIDTH = 6.5;
  const CLICK_DISTANCE = 6; // maximum distance of a click from its error
  const TICKS = 5; // of the time axis
  const ANCHORS = { 0: "start", [TICKS - 1]: "end" };

  function svgNode(tag, attributes, text) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const stretched = (width, height) =>
    svgNode("svg", {
      height,
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });

  const framesOf = ({ run, sequence }) => run.frames[sequence] ?? 1;
  /** A function from frames to pixels. */
  const scaleOf = (context, width) => frame => (frame * width) / Math.max(1, framesOf(context));

  /** Draws a variant's segments of an object: a bar where it is matched, a line where missed. */
  function drawBar(svg, segments, { top, height, scale, run }) {
    for (const each of segments) drawSegment(svg, each, { top, height, scale, run });
    const followed = segments.filter(each => each.tracker !== LOST);
    const switches = followed.filter(
      (each, index) => index && followed[index - 1].tracker !== each.tracker,
    );
    for (const { first } of switches) {
      const x = scale(first) - 1;
      const size = { width: 2, height: height + 4, fill: "var(--ink)" };
      svg.append(svgNode("rect", { x, y: top - 2, ...size }));
    }
  }

  function drawSegment(svg, { first, length, tracker }, { top, height, scale, run }) {
    const x = scale(first);
    const width = Math.max(1, scale(first + length) - x);
    const isLost = tracker === LOST;
    const colour = isLost ? "var(--soft)" : pictures.colourOf(run, tracker);
    const bar = isLost ? { y: top + height / 2 - 1, height: 2 } : { y: top, height };
    const node = svgNode("rect", { x, width, ...bar, fill: colour });
    const follower = isLost ? "missed" : `track ${tracker}`;
    node.append(svgNode("title", {}, `frames ${first} to ${first + length - 1}: ${follower}`));
    svg.append(node);
    const hasSpace = height === BAR && width > LETTER_WIDTH * String(tracker).length + 4;
    if (!isLost && hasSpace) svg.append(trackLabel(tracker, colour, x, top));
  }

  const trackLabel = (tracker, colour, x, top) =>
    svgNode(
      "text",
      {
        x: x + 3,
        y: top + BAR - 2,
        "font-size": 10,
        fill: pictures.textColourOn(colour),
        "pointer-events": "none",
      },
      tracker,
    );

  function drawLane(lane, context, width) {
    const { run, chosen } = context;
    const scale = scaleOf(context, width);
    const hasTwo = chosen.compared && lane.bars.some(each => each.variant === chosen.compared);
    const above = hasTwo ? THIN_BAR + GAP : 0;
    const height = above + BAR + 2 * MARGIN;
    const svg = stretched(width, height);
    for (const { variant, segments } of lane.bars) {
      const isOwn = variant === chosen.variant;
      const top = MARGIN + (isOwn ? above : 0);
      drawBar(svg, segments, { run, scale, height: isOwn ? BAR : THIN_BAR, top });
    }
    if (isLookedAt(lane, context.lookedAt)) {
      svg.append(...pointerTo(scale(context.lookedAt.frame + 0.5), height));
    }
    return svg;
  }

  const isLookedAt = (lane, error) =>
    error &&
    error.identity === lane.identity &&
    error.owner === lane.owner &&
    (error.kind === "false_alarm") === lane.isTrack;

  const pointerTo = (x, height) => [
    svgNode("path", { d: `M${x - 5},0h10l-5,6z`, fill: "var(--ink)" }),
    svgNode("rect", { x: x - 0.75, y: 0, width: 1.5, height, fill: "var(--ink)" }),
  ];

  /** The error that begins close to a click, else the object in that frame. */
  function pointedAt(lane, event, svg, context) {
    const area = svg.getBoundingClientRect();
    const x = event.clientX - area.left;
    const clicked = Math.floor((x * framesOf(context)) / area.width);
    const frame = Math.max(0, Math.min(framesOf(context) - 1, clicked));
    const scale = scaleOf(context, area.width);
    const distance = error => Math.abs(scale(error.frame + 0.5) - x);
    const [nearest] = lane.errors
      .filter(error => distance(error) <= CLICK_DISTANCE)
      .sort((a, b) => distance(a) - distance(b));
    if (nearest) return nearest;
    if (lane.isTrack) return falseAlarmIn(lane, frame) ?? lane.errors[0];
    const { sequence, chosen } = context;
    const { owner, identity } = lane;
    const variant = chosen.variant;
    return { kind: "frame", owner, identity, frame, length: 1, sequence, variant };
  }

  const falseAlarmIn = ({ errors }, frame) =>
    errors.find(each => frame >= each.frame && frame < each.frame + each.length);

  /** The index of an error in a lane, -1 for none. */
  const indexOf = (lane, error) =>
    lane.errors.findIndex(
      each =>
        each.kind === error?.kind &&
        each.frame === error?.frame &&
        each.identity === error?.identity,
    );

  function laneButton(lane, context, width) {
    const { open, lookedAt } = context;
    const svg = drawLane(lane, context, width);
    const name = `${lane.isTrack ? "track" : context.isolate(lane.owner)} ${lane.identity}`;
    const summary = lanes.summary(lane);
    const last = lane.errors.length - 1;
    const onclick = event => {
      const isKey = event.detail === 0;
      const error = isKey ? lane.errors[0] : pointedAt(lane, event, svg, context);
      if (error) open(error);
    };
    const onkeydown = event => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || last < 0) return;
      event.preventDefault();
      open(lane.errors[Math.max(0, Math.min(last, indexOf(lane, lookedAt) + step))]);
    };
    return element(
      "button",
      {
        type: "button",
        className: "lane",
        dataset: { lane: lane.name },
        "aria-label": `${name}: ${summary}. Enter, left and right show its errors.`,
        onclick,
        onkeydown,
      },
      element("span", { textContent: name }),
      svg,
      element("span", { className: "soft", textContent: summary }),
    );
  }

  function axis(context, width) {
    const scale = scaleOf(context, width);
    const svg = stretched(width, 14);
    for (let tick = 0; tick < TICKS; tick += 1) {
      const frame = Math.round((tick * (framesOf(context) - 1)) / (TICKS - 1));
      const look = { "font-size": 11, fill: "currentColor" };
      const anchor = { "text-anchor": ANCHORS[tick] ?? "middle" };
      svg.append(svgNode("text", { x: scale(frame), y: 11, ...look, ...anchor }, frame));
    }
    return element(
      "div",
      { className: "lane head" },
      element("span", { textContent: "frame" }),
      svg,
      element("span", { textContent: "errors" }),
    );
  }

  function legend({ run, chosen, titleOf }) {
    const [one, other] = [1, 4].map(index => run.gallery.palette[index]);
    const bar = (x, width, fill) => svgNode("rect", { x, y: 2, width, height: BAR, fill });
    const line = { x: 0, y: 6, width: 26, height: 2, fill: "var(--soft)" };
    const border = { x: 12, y: 0, width: 2, height: 14, fill: "var(--ink)" };
    const entry = (shapes, text) => {
      const icon = svgNode("svg", { width: 26, height: 14 });
      icon.append(...shapes);
      return element("span", {}, icon, text);
    };
    const change = [bar(0, 12, one), bar(14, 12, other), svgNode("rect", border)];
    const comparedText = chosen.compared && `The thin line above: ${titleOf(chosen.compared)}.`;
    return element(
      "p",
      { className: "lane-legend" },
      entry([bar(0, 26, one)], "followed, a colour and number for each track"),
      entry([svgNode("rect", line)], "there, and missed"),
      entry(change, "identity switch"),
      comparedText ? element("span", { textContent: comparedText }) : null,
    );
  }

  /** The first lanes under a heading, with a button that shows more. */
  function block({ heading, name, all }, context, width) {
    if (!all.length) return [];
    const limit = context.limitOf(name);
    return [
      element("h4", { textContent: heading }),
      axis(context, width),
      ...all.slice(0, limit).map(lane => laneButton(lane, context, width)),
      ...context.moreButton(name, all.length),
    ];
  }

  /** The width of the bars between the texts of a lane, in pixels. */
  function barWidth({ clientWidth }) {
    return clientWidth > 620 ? Math.max(200, clientWidth - 310) : Math.max(120, clientWidth - 200);
  }

  function objectBlock(context, width) {
    const heading = "Objects, the worst first";
    const all = lanes.ofObjects(context);
    return [legend(context), ...block({ heading, name: "objects", all }, context, width)];
  }

  function trackBlock(context, width) {
    const title = context.titleOf(context.chosen.variant);
    const heading = `Tracks of ${title} where nothing is, the worst first`;
    return block({ heading, name: "tracks", all: lanes.ofTracks(context) }, context, width);
  }

  /**
   * Draws all lanes into a node. `context`: run, chosen, sequence, errors, lookedAt (the error in
   * the viewer), and the gallery's limitOf, timelineOf, open, titleOf, isolate, moreButton.
   */
  function draw(node, context) {
    const focused = document.activeElement?.dataset?.lane;
    const width = barWidth(node);
    const { kind } = context.chosen;
    node.replaceChildren(
      ...(kind === "false_alarm" ? [] : objectBlock(context, width)),
      ...(kind === "false_alarm" || kind === "all" ? trackBlock(context, width) : []),
    );
    if (!focused) return;
    const buttons = [...node.querySelectorAll("[data-lane]")];
    buttons.find(each => each.dataset.lane === focused)?.focus({ preventScroll: true });
  }

  bench.laneFigures = { draw };
})();
