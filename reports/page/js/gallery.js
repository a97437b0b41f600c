// The failure gallery: the errors of a sequence as lanes, as a list and in the viewer, and the
// worst errors of a variant.
(() => {
  "use strict";
  const { byId, element, state, formatNumber } = bench;
  const { KINDS } = bench.errors;
  const { ALL, read, change, isIn, timelineOf, errorsOf, framesIn } = bench.galleryChoices;
  const { countsOf, show: showOverview, showCheck } = bench.galleryOverview;
  const ROWS = 40; // rows shown at first, and added by each click
  const FILTERS = [
    ["", "all of them"],
    ["differing", "only where the other has none"],
  ];
  let limits = {}; // shown rows by list
  let view = ""; // key of the selection that the limits belong to
  let viewed = ""; // key of the error in the viewer

  const counted = (count, one) =>
    `${formatNumber(count, "count")} ${count === 1 ? one : `${one}s`}`;
  /** A name isolated so that right-to-left text does not affect its surroundings. */
  const isolate = name => `\u2068${name}\u2069`;
  const plainTitle = (run, name) => run.variants.find(each => each.name === name)?.title ?? name;
  const titleOf = (run, name) => isolate(plainTitle(run, name));
  const limitOf = list => limits[list] ?? ROWS;

  /** The selected sequence, else the one with most errors. */
  function sequenceOf(run, { variant }, counts) {
    const names = bench.sequences(run);
    if (names.includes(state.get("sequence"))) return state.get("sequence");
    const countOf = name => counts.get(name).get(variant) ?? -1;
    return names.reduce((worst, name) => (countOf(name) > countOf(worst) ? name : worst), names[0]);
  }

  function chooseKind(kind) {
    change({ kind, error: "" });
    byId("gallery-kinds").querySelector("[aria-pressed=true]").focus();
  }

  function showControls(run, chosen) {
    const titles = Object.entries(KINDS).map(([kind, { title }]) => [kind, title]);
    const buttons = [[ALL, "All"], ...titles].map(([kind, textContent]) =>
      element("button", {
        type: "button",
        className: "button",
        textContent,
        "aria-pressed": String(chosen.kind === kind),
        onclick: () => chooseKind(kind),
      }),
    );
    const variants = chosen.names.map(name => [name, plainTitle(run, name)]);
    const others = variants.filter(([name]) => name !== chosen.variant);
    byId("gallery-kinds").replaceChildren(...buttons);
    bench.setOptions(byId("gallery-variant"), variants, chosen.variant);
    bench.setOptions(byId("gallery-compared"), others, chosen.compared ?? "");
    bench.setOptions(byId("gallery-differing"), FILTERS, chosen.differing);
    byId("gallery-compared").disabled = !chosen.compared;
    byId("gallery-differing").disabled = !chosen.compared;
  }

  function describe({ kind, owner, identity, frame, length, before, tracker }) {
    const subject = kind === "false_alarm" ? `track ${identity}` : `${isolate(owner)} ${identity}`;
    const when = length > 1 ? `frames ${frame} to ${frame + length - 1}` : `frame ${frame}`;
    const what = {
      switch: ` changes from track ${before} to ${tracker}`,
      miss: " is missed",
      false_alarm: " follows nothing",
      fragmentation: " is found again after a gap",
      frame: "",
    }[kind];
    return `${subject}${what}, ${when}`;
  }

  /** The key of an error in the state. */
  const keyOf = (run, { kind, owner, identity, frame }) =>
    [kind, run.classes.indexOf(owner), identity, frame].join(".");
  const isSame = (one, other) =>
    ["kind", "owner", "identity", "frame"].every(key => one[key] === other[key]);

  const open = (run, error) =>
    change({ variant: error.variant, error: keyOf(run, error) }, { sequence: error.sequence });

  function openAndFocus(run, error) {
    open(run, error);
    bench.viewer.focus();
  }

  /** The thumbnails of a variant, embedded in the page. */
  const thumbnailsOf = (run, variant) => run.gallery.thumbnails[variant] ?? [];

  /** The worst errors of a variant under the selection, each with its thumbnail. */
  const worstOf = (run, chosen) =>
    thumbnailsOf(run, chosen.variant)
      .filter(({ kind }) => chosen.kind === ALL || kind === chosen.kind)
      .filter(({ sequence }) => bench.sequences(run).includes(sequence))
      .filter(({ owner }) => bench.classes(run).includes(owner))
      .flatMap(thumbnail => {
        const errors = errorsOf(run, chosen, chosen.variant, thumbnail.sequence);
        const error = errors.find(each => isSame(each, thumbnail));
        return error ? [{ ...error, ...thumbnail, variant: chosen.variant }] : [];
      });

  function thumbnailButton(run, error) {
    const src = `data:image/webp;base64,${error.webp}`;
    const textContent = `${isolate(error.sequence)}: ${describe(error)}`;
    return element(
      "button",
      { type: "button", onclick: () => openAndFocus(run, error) },
      element("img", { src, alt: "", loading: "lazy", width: 264, height: 178 }),
      element("span", { textContent }),
    );
  }

  function showWorst(run, chosen) {
    const worst = worstOf(run, chosen);
    if (!worst.length) {
      byId("gallery-worst").replaceChildren();
      return;
    }
    const heading = `The worst of ${titleOf(run, chosen.variant)}`;
    const meaning =
      "Three frames each, the error in the middle: the truth above, the answer below.";
    const buttons = worst.map(error => thumbnailButton(run, error));
    byId("gallery-worst").replaceChildren(
      element("h3", { textContent: heading }),
      element("p", { className: "soft", textContent: meaning }),
      element("div", { className: "strips" }, buttons),
    );
  }

  function listEntry(run, error) {
    const textContent = describe(error);
    const onclick = () => openAndFocus(run, error);
    return element(
      "li",
      {},
      element("button", { type: "button", className: "number", textContent, onclick }),
    );
  }

  function showList(run, errors) {
    const box = byId("gallery-list");
    const [summary, body] = box.children;
    const longestFirst = [...errors].sort((a, b) => b.length - a.length || a.frame - b.frame);
    const entries = longestFirst.slice(0, limitOf("list")).map(error => listEntry(run, error));
    const all = formatNumber(errors.length, "count");
    summary.textContent = `All ${all} of them as a list, the longest first`;
    box.hidden = !errors.length;
    body.replaceChildren(element("ul", {}, entries), ...moreButton("list", errors.length));
  }

  function showMore(list) {
    limits[list] = limitOf(list) + ROWS;
    update();
  }

  /** A button that shows more rows of a list, if there are more. */
  function moreButton(list, rows) {
    const left = rows - limitOf(list);
    if (left <= 0) return [];
    const textContent = `More: ${counted(left, "row")} left`;
    const onclick = () => showMore(list);
    return [element("button", { type: "button", className: "button", textContent, onclick })];
  }

  /** The content of the viewer: an error, or an object in some frame; null for nothing. */
  function lookedAtOf(run, chosen, sequence, errors) {
    const error = errors.find(each => keyOf(run, each) === chosen.error);
    if (error) return error;
    const [kind, index, identity, frame] = chosen.error.split(".");
    const owner = run.classes[index];
    if (kind !== "frame" || !owner) return null;
    const numbers = { identity: Number(identity), frame: Number(frame), length: 1 };
    return { kind, owner, ...numbers, sequence, variant: chosen.variant };
  }

  /** Opens, updates or closes the viewer according to the state. */
  function updateViewer({ run, chosen, sequence, errors, lookedAt }) {
    const { variant, compared } = chosen;
    const wanted = lookedAt
      ? JSON.stringify([run.id, sequence, variant, compared, chosen.error])
      : "";
    const isShown = wanted === viewed;
    viewed = wanted;
    if (isShown) bench.viewer.redraw();
    else if (!lookedAt) bench.viewer.hide();
    else {
      bench.viewer.show(viewOf({ run, chosen, sequence, errors, lookedAt }));
      byId("viewer").scrollIntoView({ behavior: "smooth", block: "nearest" });
    }
  }

  function viewOf({ run, chosen: { variant, compared }, sequence, errors, lookedAt }) {
    const inOrder = [...errors].sort((a, b) => a.frame - b.frame || a.identity - b.identity);
    const index = errors.includes(lookedAt)
      ? inOrder.indexOf(lookedAt)
      : inOrder.findIndex(each => each.frame >= lookedAt.frame);
    const row = name => ({ variant: name, title: plainTitle(run, name) });
    const nextBy = by => inOrder[(index + by + inOrder.length) % inOrder.length];
    return {
      run,
      sequence,
      event: lookedAt,
      sentence: `${titleOf(run, variant)}, ${isolate(sequence)}: ${describe(lookedAt)}`,
      rows: [{ variant: null, title: "Truth" }, ...(compared ? [row(compared)] : []), row(variant)],
      thumbnail: thumbnailsOf(run, variant).find(
        each => each.sequence === sequence && isSame(each, lookedAt),
      ),
      step: by => {
        if (inOrder.length) open(run, nextBy(by));
      },
      close: () => change({ error: "" }),
    };
  }

  function headingOf({ run, chosen: { variant, compared }, sequence, errors }) {
    const title = titleOf(run, variant);
    if (!isIn(run, variant, sequence)) return `${isolate(sequence)}: no result of ${title}`;
    const comparedText = compared ? `, beside ${titleOf(run, compared)}` : "";
    return `${isolate(sequence)}: ${title}${comparedText}, ${counted(framesIn(errors), "error")}`;
  }

  /** Shortens all lists when the selection changes. */
  function resetLimits(run, sequence, { kind, variant, compared, differing }) {
    const now = JSON.stringify([run.id, sequence, kind, variant, compared, differing]);
    if (now !== view) limits = {};
    view = now;
  }

  function update() {
    const run = bench.run();
    const chosen = read(run);
    byId("gallery").hidden = !chosen.names.length;
    if (!chosen.names.length) return;
    const counts = countsOf(run, chosen);
    const sequence = sequenceOf(run, chosen, counts);
    const errors = errorsOf(run, chosen, chosen.variant, sequence);
    const lookedAt = lookedAtOf(run, chosen, sequence, errors);
    const context = { run, chosen, sequence, errors, lookedAt };
    resetLimits(run, sequence, chosen);
    showControls(run, chosen);
    showOverview({ run, chosen, counts, sequence, titleOf: name => titleOf(run, name) });
    showCheck(run);
    showWorst(run, chosen);
    byId("gallery-heading").textContent = headingOf(context);
    bench.laneFigures.draw(byId("gallery-lanes"), {
      ...context,
      limitOf,
      timelineOf,
      open: error => open(run, error),
      titleOf: name => titleOf(run, name),
      isolate,
      moreButton,
    });
    showList(run, errors);
    updateViewer(context);
  }

  byId("gallery-variant").addEventListener("change", event =>
    change({ variant: event.target.value, error: "" }),
  );
  for (const key of ["compared", "differing"]) {
    byId(`gallery-${key}`).addEventListener("change", event =>
      change({ [key]: event.target.value }),
    );
  }
  bench.onChange(update);
})();
