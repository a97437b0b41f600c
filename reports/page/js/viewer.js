// The viewer: truth and variants in the frame of an error, before and after it, and played in step.
(() => {
  "use strict";
  const { byId, element, media, pictures } = bench;
  const AROUND = 2.6; // what is seen, times the larger side of a box
  const LOWEST = 60; // pixels of the pictures
  const FLAT = 3 / 4; // height by width of what is seen
  const FASTEST = 15; // pictures a second when played
  const AHEAD = [2, 3, 4, 5]; // frames whose pictures are loaded before they are asked for
  const NEIGHBOURS = { "-1": "before", 0: "", 1: "after" };
  const STRIP = "The frame before, the frame of the error and the frame after; the truth above, ";
  const panel = byId("viewer");
  const nodes = {}; // of the panel, by name
  const canvases = new Map(); // by "line offset"
  let shown = null; // what is looked at, see `show`
  let contents = []; // of each line, null where there is none
  let frame = 0;
  let isWhole = false; // the whole picture is seen
  let lastBox = null; // of the object of the error
  let timer = null; // runs while it plays
  let turn = 0; // only the latest wish is drawn: pictures load while people go on

  /**
   * Opens the viewer on `wanted`: run, sequence, event, rows ({variant, title}, null for the
   * truth), sentence, thumbnail, step(by): go to another error, close().
   */
  async function show(wanted) {
    stop();
    shown = wanted;
    frame = wanted.event.frame;
    lastBox = null;
    contents = [];
    panel.hidden = false;
    buildPanel();
    layOut();
    turn += 1;
    const mine = turn;
    const loaded = await Promise.all(
      wanted.rows.map(row => media.load(wanted.run, wanted.sequence, row.variant)),
    );
    if (mine !== turn) return;
    contents = loaded;
    showNotes();
    redraw();
  }

  function hide() {
    stop();
    turn += 1;
    shown = null;
    panel.hidden = true;
    panel.replaceChildren();
  }

  const frameCount = () => shown.run.frames[shown.sequence] ?? 1;
  const offsets = () => (timer ? [0] : [-1, 0, 1]);
  const mediaOf = () => shown.run.gallery.media.sequences[shown.sequence];

  const button = (textContent, label, onclick) =>
    element("button", {
      type: "button",
      className: "button",
      textContent,
      title: label,
      "aria-label": label,
      onclick,
    });

  function buildPanel() {
    nodes.frame = element("input", {
      type: "range",
      min: 0,
      max: frameCount() - 1,
      value: frame,
      "aria-label": "Frame",
      oninput: () => goTo(Number(nodes.frame.value)),
    });
    nodes.number = element("output", { className: "soft" });
    nodes.play = button("Play", "Play truth and variants in step (space)", playOrPause);
    nodes.whole = button("", "Show the whole picture, or what is around the error", zoom);
    nodes.notes = element("div", { className: "soft" });
    nodes.grid = element("div", { className: "viewer-grid" });
    const tools = element(
      "div",
      { className: "viewer-tools" },
      button("‹ error", "The error before (page up)", () => shown.step(-1)),
      button("error ›", "The next error (page down)", () => shown.step(1)),
      button("◂", "One frame back (left arrow)", () => goTo(frame - 1)),
      nodes.frame,
      button("▸", "One frame on (right arrow)", () => goTo(frame + 1)),
      nodes.number,
      nodes.play,
      nodes.whole,
      button("Close", "Close the viewer (escape)", () => shown.close()),
    );
    const title = element("strong", { textContent: shown.sentence });
    panel.replaceChildren(
      element("p", { className: "viewer-title" }, title),
      tools,
      nodes.grid,
      nodes.notes,
    );
  }

  /** A line for the truth and for each variant, a column a frame of three; one when played. */
  function layOut() {
    canvases.clear();
    nodes.grid.classList.toggle("playing", Boolean(timer));
    nodes.grid.style.setProperty("--columns", timer ? shown.rows.length : 3);
    const figures = shown.rows.flatMap((row, line) =>
      offsets().map(offset => figureOf(row, line, offset)),
    );
    nodes.grid.replaceChildren(...figures);
  }

  function figureOf(row, line, offset) {
    const canvas = element("canvas", { role: "img" });
    canvases.set(`${line} ${offset}`, canvas);
    const caption = element(
      "figcaption",
      {},
      element("b", { textContent: row.title }),
      element("span", { className: "soft", textContent: NEIGHBOURS[offset] }),
    );
    return element("figure", {}, canvas, caption);
  }

  function showNotes() {
    nodes.notes.replaceChildren(...notesOn(shown.rows.filter((_, line) => !contents[line])));
    const isEmpty = contents.every(each => !each);
    nodes.grid.hidden = isEmpty;
    nodes.play.disabled = isEmpty;
    nodes.whole.disabled = isEmpty;
  }

  /** What there is to say of the rows that have no pictures. */
  function notesOn(missing) {
    if (missing.length) {
      const { folder } = shown.run.gallery.media;
      const textContent =
        `No pictures of ${missing.map(row => row.title).join(", ")} beside this page, in ` +
        `${folder}: the run did not get so far, or the page was copied without its folder.`;
      return [element("p", { textContent }), ...thumbnailStrip()];
    }
    if (mediaOf()?.pictures) return [];
    const textContent = "This data set has no images here: boxes and masks are on blank ground.";
    return [element("p", { textContent })];
  }

  function thumbnailStrip() {
    if (!shown.thumbnail) return [];
    const src = `data:image/webp;base64,${shown.thumbnail.webp}`;
    const alt = `${STRIP}the tracker's answer below`;
    return [element("img", { className: "viewer-strip", src, alt })];
  }

  /** The line whose object the error is of: the truth, or for a false alarm the variant. */
  const lineOfError = () => (shown.event.kind === "false_alarm" ? contents.length - 1 : 0);

  /** What is seen: a window around the object of the error as it moves, or everything. */
  function viewNow() {
    const any = contents.find(Boolean);
    if (!any) return null;
    lastBox = pictures.boxOf(contents[lineOfError()], frame, shown.event.identity) ?? lastBox;
    if (isWhole || !lastBox) return { left: 0, top: 0, width: any.width, height: any.height };
    const [left, top, right, bottom] = lastBox;
    const side = Math.max(bottom - top, (right - left) * FLAT);
    const height = Math.max(AROUND * side, LOWEST);
    const width = height / FLAT;
    return { left: (left + right - width) / 2, top: (top + bottom - height) / 2, width, height };
  }

  async function redraw() {
    const { run, sequence, event } = shown;
    turn += 1;
    const mine = turn;
    const view = viewNow();
    const suffix = frame === event.frame ? ", the error" : "";
    nodes.frame.value = frame;
    nodes.number.textContent = `frame ${frame} of 0–${frameCount() - 1}${suffix}`;
    nodes.play.textContent = timer ? "Pause" : "Play";
    nodes.whole.textContent = isWhole ? "Around the error" : "Whole picture";
    if (!view) return;
    const images = await Promise.all(
      offsets().map(offset => media.picture(run, sequence, frame + offset)),
    );
    if (mine !== turn) return;
    shown.rows.forEach((row, line) => {
      offsets().forEach((offset, column) => {
        drawCell(row, { line, offset, image: images[column], view });
      });
    });
    for (const ahead of AHEAD.filter(each => frame + each < frameCount())) {
      media.picture(run, sequence, frame + ahead);
    }
  }

  function drawCell(row, { line, offset, image, view }) {
    const { run, event } = shown;
    const at = frame + offset;
    const isThere = at >= 0 && at < frameCount();
    const own = contents[lineOfError()];
    const canvas = canvases.get(`${line} ${offset}`);
    canvas.style.aspectRatio = `${view.width} / ${view.height}`;
    canvas.setAttribute("aria-label", `${row.title}, frame ${at}`);
    canvas.parentNode.classList.toggle("beyond", !isThere || !contents[line]);
    pictures.draw(canvas, run, {
      content: isThere ? contents[line] : null,
      image,
      frame: at,
      view,
      mark: at === event.frame ? pictures.boxOf(own, event.frame, event.identity) : null,
    });
  }

  function goTo(wanted) {
    frame = Math.max(0, Math.min(frameCount() - 1, wanted));
    redraw();
  }

  function zoom() {
    isWhole = !isWhole;
    redraw();
  }

  function play() {
    const rate = Math.min(mediaOf()?.rate ?? FASTEST, FASTEST);
    if (frame >= frameCount() - 1) frame = 0;
    const next = () => (frame < frameCount() - 1 ? goTo(frame + 1) : pause());
    timer = setInterval(next, 1000 / rate);
    layOut();
    redraw();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
  }

  function pause() {
    stop();
    layOut();
    redraw();
  }

  const playOrPause = () => (timer ? pause() : play());

  const KEYS = {
    ArrowLeft: () => goTo(frame - 1),
    ArrowRight: () => goTo(frame + 1),
    Home: () => goTo(0),
    End: () => goTo(frameCount() - 1),
    PageUp: () => shown.step(-1),
    PageDown: () => shown.step(1),
    Escape: () => shown.close(),
    " ": playOrPause,
  };
  panel.addEventListener("keydown", event => {
    const isPressed = event.target.tagName === "BUTTON" && event.key === " ";
    if (!shown || !KEYS[event.key] || isPressed) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  bench.viewer = {
    show,
    hide,
    redraw: () => shown && redraw(),
    focus: () => panel.focus({ preventScroll: true }),
  };
})();
