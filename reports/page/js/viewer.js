// The viewer: truth and variants in the frame of an error, before and after it, and played in step.
(() => {
  "use strict";
  const { element } = bench;
  const AROUND = 2.6;
  const NARROWEST = 60;
  const FLAT = 3 / 4; // times the larger side of a box; pixels; height by width of what is seen
  const FASTEST = 15; // pictures a second when played
  const panel = document.getElementById("viewer");
  let shown = null; // what is looked at, see `show`
  let frame = 0;
  let whole = false;
  let timer = null;
  let turn = 0;
  let contents = [];
  let anchor = null;
  const cells = new Map(); // canvas of each "row offset"
  const at = {};

  // `what`: run, sequence, event, rows ({variant, title}, null for the truth), sentence, thumbnail,
  // step(by): go to another error, close().
  async function show(what) {
    stop();
    shown = what;
    frame = what.event.frame;
    anchor = null;
    panel.hidden = false;
    build();
    const mine = ++turn;
    const found = await Promise.all(
      what.rows.map(row => bench.pictures.load(what.run, what.sequence, row.variant)),
    );
    if (mine !== turn) return;
    contents = found;
    explain();
    redraw();
  }

  function hide() {
    stop();
    turn += 1;
    shown = null;
    panel.hidden = true;
    panel.replaceChildren();
  }

  const frames = () => shown.run.frames[shown.sequence] ?? 1;
  const offsets = () => (timer ? [0] : [-1, 0, 1]);

  function build() {
    const button = (text, label, onclick) =>
      element("button", {
        type: "button",
        className: "button",
        textContent: text,
        title: label,
        "aria-label": label,
        onclick,
      });
    at.frame = element("input", {
      type: "range",
      min: 0,
      max: frames() - 1,
      value: frame,
      "aria-label": "Frame",
      oninput: () => go(Number(at.frame.value)),
    });
    at.number = element("output", { className: "soft" });
    at.play = button("Play", "Play truth and variants in step (space)", () =>
      timer ? pause() : play(),
    );
    at.whole = button("", "Show the whole picture, or what is around the error", () => {
      whole = !whole;
      redraw();
    });
    at.note = element("div", { className: "soft" });
    at.grid = element("div", { className: "viewer-grid" });
    panel.replaceChildren(
      element(
        "p",
        { className: "viewer-title" },
        element("strong", { textContent: shown.sentence }),
      ),
      element(
        "div",
        { className: "viewer-tools" },
        button("‹ error", "The error before (page up)", () => shown.step(-1)),
        button("error ›", "The next error (page down)", () => shown.step(1)),
        button("◂", "One frame back (left arrow)", () => go(frame - 1)),
        at.frame,
        button("▸", "One frame on (right arrow)", () => go(frame + 1)),
        at.number,
        at.play,
        at.whole,
        button("Close", "Close the viewer (escape)", () => shown.close()),
      ),
      at.grid,
      at.note,
    );
    contents = [];
    lay();
  }

  // A line for the truth and for each variant, a column for each of the three frames; one when played.
  function lay() {
    cells.clear();
    at.grid.classList.toggle("playing", Boolean(timer));
    at.grid.style.setProperty("--columns", timer ? shown.rows.length : 3);
    at.grid.replaceChildren(
      ...shown.rows.flatMap((row, line) =>
        offsets().map(offset => {
          const canvas = element("canvas", { role: "img" });
          cells.set(`${line} ${offset}`, canvas);
          const name = { "-1": "before", 0: "", 1: "after" }[offset];
          return element(
            "figure",
            {},
            canvas,
            element(
              "figcaption",
              {},
              element("b", { textContent: row.title }),
              element("span", { className: "soft", textContent: name }),
            ),
          );
        }),
      ),
    );
  }

  function explain() {
    const missing = shown.rows.filter((_, line) => !contents[line]).map(row => row.title);
    const notes = [];
    if (missing.length) {
      notes.push(
        element("p", {
          textContent: `No pictures of ${missing.join(", ")} beside this page, in ${shown.run.gallery.media.folder}: the run did not get so far, or the page was copied without its folder.`,
        }),
      );
      const thumbnail = shown.thumbnail;
      if (thumbnail)
        notes.push(
          element("img", {
            className: "viewer-strip",
            src: `data:image/webp;base64,${thumbnail.webp}`,
            alt: "The frame before, the frame of the error and the frame after; the truth above, the tracker's answer below",
          }),
        );
    } else if (!shown.run.gallery.media.sequences[shown.sequence]?.pictures) {
      notes.push(
        element("p", {
          textContent: "This data set has no images here: boxes and masks are on blank ground.",
        }),
      );
    }
    at.note.replaceChildren(...notes);
    at.grid.hidden = at.play.disabled = at.whole.disabled = contents.every(each => !each);
  }

  // What is seen: a window around the object of the error as it moves, or everything.
  function view() {
    const some = contents.find(Boolean);
    if (!some) return null;
    const everything = { left: 0, top: 0, width: some.width, height: some.height };
    const own = contents[shown.event.kind === "false_alarm" ? contents.length - 1 : 0];
    anchor = bench.pictures.boxOf(own, frame, shown.event.identity) ?? anchor;
    if (whole || !anchor) return everything;
    const [left, top, right, bottom] = anchor;
    const height = Math.max(AROUND * Math.max(bottom - top, (right - left) * FLAT), NARROWEST);
    const width = height / FLAT;
    return { left: (left + right - width) / 2, top: (top + bottom - height) / 2, width, height };
  }

  async function redraw() {
    const { run, sequence, event } = shown;
    const mine = ++turn;
    const seen = view();
    const own = event.kind === "false_alarm" ? contents.length - 1 : 0;
    at.frame.value = frame;
    at.number.textContent = `frame ${frame} of 0–${frames() - 1}${frame === event.frame ? ", the error" : ""}`;
    at.play.textContent = timer ? "Pause" : "Play";
    at.whole.textContent = whole ? "Around the error" : "Whole picture";
    if (!seen) return;
    const images = await Promise.all(
      offsets().map(offset => bench.pictures.picture(run, sequence, frame + offset)),
    );
    if (mine !== turn) return;
    shown.rows.forEach((row, line) =>
      offsets().forEach((offset, column) => {
        const canvas = cells.get(`${line} ${offset}`);
        const there = frame + offset >= 0 && frame + offset < frames();
        const marked =
          frame + offset === event.frame && contents[own]
            ? bench.pictures.boxOf(contents[own], event.frame, event.identity)
            : null;
        canvas.style.aspectRatio = `${seen.width} / ${seen.height}`;
        canvas.setAttribute("aria-label", `${row.title}, frame ${frame + offset}`);
        canvas.parentNode.classList.toggle("beyond", !there || !contents[line]);
        bench.pictures.draw(canvas, run, {
          content: there ? contents[line] : null,
          image: images[column],
          frame: frame + offset,
          view: seen,
          mark: marked,
        });
      }),
    );
    for (let ahead = 2; ahead < 6; ahead += 1)
      if (frame + ahead < frames()) bench.pictures.picture(run, sequence, frame + ahead);
  }

  function go(to) {
    frame = Math.max(0, Math.min(frames() - 1, to));
    redraw();
  }

  function play() {
    const rate = Math.min(
      shown.run.gallery.media.sequences[shown.sequence]?.rate ?? FASTEST,
      FASTEST,
    );
    if (frame >= frames() - 1) frame = 0;
    timer = setInterval(() => (frame < frames() - 1 ? go(frame + 1) : pause()), 1000 / rate);
    lay();
    redraw();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
  }

  function pause() {
    stop();
    lay();
    redraw();
  }

  const KEYS = {
    ArrowLeft: () => go(frame - 1),
    ArrowRight: () => go(frame + 1),
    Home: () => go(0),
    End: () => go(frames() - 1),
    PageUp: () => shown.step(-1),
    PageDown: () => shown.step(1),
    Escape: () => shown.close(),
    " ": () => (timer ? pause() : play()),
  };
  panel.addEventListener("keydown", event => {
    const own = event.target.tagName === "BUTTON" && event.key === " ";
    if (!shown || !KEYS[event.key] || own || event.ctrlKey || event.altKey || event.metaKey) return;
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
