// The viewer: ground truth and variants in the frame of an error, its neighbours, and in motion.
(() => {
  "use strict";
  const { byId, element, media, pictures } = bench;
  const VIEW_FACTOR = 2.6; // height of the view, in larger sides of the box
  const MIN_HEIGHT = 60; // pixels of the pictures
  const HEIGHT_PER_WIDTH = 3 / 4; // of the view
  const MAX_RATE = 15; // pictures per second when playing
  const PREFETCHED = [2, 3, 4, 5]; // frames ahead whose pictures are preloaded
  const NEIGHBOURS = { "-1": "before", 0: "", 1: "after" };
  const STRIP = "The frame before, the frame of the error and the frame after; the truth above, ";
  const panel = byId("viewer");
  const nodes = {}; // nodes of the panel by name
  const canvases = new Map(); // by "row offset"
  let shown = null; // the argument of `show`
  let contents = []; // objects of each row, null if missing
  let frame = 0;
  let isWhole = false; // shows the whole picture
  let lastBox = null; // last known box of the object
  let timer = null; // set while playing
  let latestRequest = 0; // draws only the latest request, as pictures load asynchronously

  /**
   * Opens the viewer on `target`: run, sequence, event, rows ({variant, title}, variant null for
   * ground truth), sentence, thumbnail, step(by) to go to another error, close().
   */
  async function show(target) {
    stop();
    shown = target;
    frame = target.event.frame;
    lastBox = null;
    contents = [];
    panel.hidden = false;
    buildPanel();
    layOut();
    latestRequest += 1;
    const request = latestRequest;
    const loaded = await Promise.all(
      target.rows.map(row => media.load(target.run, target.sequence, row.variant)),
    );
    if (request !== latestRequest) return;
    contents = loaded;
    showNotes();
    redraw();
  }

  function hide() {
    stop();
    latestRequest += 1;
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

  /** One row for ground truth and each variant, with three frames; one column each when playing. */
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

  /** The notes on rows without pictures. */
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

  /** The row with the object of the error: ground truth, or the variant for a false alarm. */
  const rowOfError = () => (shown.event.kind === "false_alarm" ? contents.length - 1 : 0);

  /** The view: a window that follows the object of the error, or the whole picture. */
  function viewNow() {
    const any = contents.find(Boolean);
    if (!any) return null;
    lastBox = pictures.boxOf(contents[rowOfError()], frame, shown.event.identity) ?? lastBox;
    if (isWhole || !lastBox) return { left: 0, top: 0, width: any.width, height: any.height };
    const [left, top, right, bottom] = lastBox;
    const side = Math.max(bottom - top, (right - left) * HEIGHT_PER_WIDTH);
    const height = Math.max(VIEW_FACTOR * side, MIN_HEIGHT);
    const width = height / HEIGHT_PER_WIDTH;
    return { left: (left + right - width) / 2, top: (top + bottom - height) / 2, width, height };
  }

  async function redraw() {
    const { run, sequence, event } = shown;
    latestRequest += 1;
    const request = latestRequest;
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
    if (request !== latestRequest) return;
    shown.rows.forEach((row, line) => {
      offsets().forEach((offset, column) => {
        drawCell(row, { line, offset, image: images[column], view });
      });
    });
    for (const ahead of PREFETCHED.filter(each => frame + each < frameCount())) {
      media.picture(run, sequence, frame + ahead);
    }
  }

  function drawCell(row, { line, offset, image, view }) {
    const { run, event } = shown;
    const at = frame + offset;
    const isThere = at >= 0 && at < frameCount();
    const own = contents[rowOfError()];
    const canvas = canvases.get(`${line} ${offset}`);
    canvas.style.aspectRatio = `${view.width} / ${view.height}`;
    canvas.setAttribute("aria-label", `${row.title}, frame ${at}`);
    canvas.parentNode.classList.toggle("unavailable", !isThere || !contents[line]);
    pictures.draw(canvas, run, {
      content: isThere ? contents[line] : null,
      image,
      frame: at,
      view,
      mark: at === event.frame ? pictures.boxOf(own, event.frame, event.identity) : null,
    });
  }

  function goTo(target) {
    frame = Math.max(0, Math.min(frameCount() - 1, target));
    redraw();
  }

  function zoom() {
    isWhole = !isWhole;
    redraw();
  }

  function play() {
    const rate = Math.min(mediaOf()?.rate ?? MAX_RATE, MAX_RATE);
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
