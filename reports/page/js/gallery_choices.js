// The selection in the failure gallery, and the selected errors.
(() => {
  "use strict";
  const { state, errors } = bench;
  const ALL = "all"; // kinds of errors
  const KEYS = ["kind", "variant", "compared", "differing", "error"]; // under `event` in the state
  const EMPTY = { objects: [], tracks: [], errors: [] };

  /** The kind of error that a column of the table counts; all if it counts none. */
  const kindOf = column =>
    Object.keys(errors.KINDS).find(kind => errors.KINDS[kind].column === column) ?? ALL;

  const isIn = (run, variant, sequence) => Boolean(run.gallery.timelines[variant]?.[sequence]);

  /** The names of the shown variants that have timelines. */
  const namesIn = run =>
    bench
      .variants(run)
      .map(variant => variant.name)
      .filter(name => Object.keys(run.gallery?.timelines[name] ?? {}).length);

  const firstOf = (names, ...wanted) => wanted.find(name => names.includes(name)) ?? names[0];

  /**
   * The selection, completed by defaults: kind of error, variant, compared variant (null for none),
   * whether to show only errors that the compared one does not make, and the error in the viewer.
   */
  function read(run) {
    const parameters = new URLSearchParams(state.get("event"));
    const names = namesIn(run);
    const baseline = bench.baseline(run)?.name;
    const notBaseline = names.find(name => name !== baseline);
    const variant = firstOf(names, parameters.get("variant"), notBaseline);
    const others = names.filter(name => name !== variant);
    const compared = firstOf(others, parameters.get("compared"), baseline) ?? null;
    const kind = parameters.get("kind");
    return {
      names,
      variant,
      compared,
      kind: errors.KINDS[kind] || kind === ALL ? kind : kindOf(state.get("metric")),
      differing: compared && parameters.get("differing") ? "differing" : "",
      error: parameters.get("error") ?? "",
    };
  }

  /** Changes the selection in the gallery, and other keys of the state with it. */
  function change(changes, otherKeys = {}) {
    const chosen = new URLSearchParams(state.get("event"));
    for (const [key, value] of Object.entries(changes)) {
      if (value && KEYS.includes(key)) chosen.set(key, value);
      else chosen.delete(key);
    }
    state.set({ event: String(chosen), ...otherKeys });
  }

  /** Objects, tracks and errors of a variant in a sequence and class. */
  function timelineOf(run, variant, sequence, name) {
    const timeline = run.gallery.timelines[variant]?.[sequence]?.[name];
    return timeline ? errors.of(timeline) : EMPTY;
  }

  /** The selected errors of a variant in a sequence, each with its class. */
  function errorsOf(run, { kind, differing, variant, compared }, ofVariant, sequence) {
    const other = ofVariant === compared ? variant : compared;
    return bench.classes(run).flatMap(owner => {
      const all = timelineOf(run, ofVariant, sequence, owner).errors;
      const counted = differing
        ? errors.differing(all, timelineOf(run, other, sequence, owner))
        : all;
      return counted
        .filter(error => kind === ALL || error.kind === kind)
        .map(error => ({ ...error, owner, sequence, variant: ofVariant }));
    });
  }

  /** The number of errors; a miss or a false alarm counts once per frame. */
  const framesIn = found => found.reduce((total, { length }) => total + length, 0);

  bench.galleryChoices = { ALL, read, change, isIn, timelineOf, errorsOf, framesIn };
})();
