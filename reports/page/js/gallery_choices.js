// What is chosen in the failure gallery, and the errors that are of it.
(() => {
  "use strict";
  const { state, errors } = bench;
  const ALL = "all"; // kinds of errors
  const KEYS = ["kind", "variant", "beside", "unlike", "error"]; // under `event` in the state
  const EMPTY = { objects: [], tracks: [], errors: [] };

  /** The kind of error that a column of the table counts, all where it counts none. */
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
   * What is chosen, with what is not chosen filled in: kind of error, variant, the one beside it
   * (null for none), whether only errors unlike the other's count, and the error that is looked at.
   */
  function read(run) {
    const given = new URLSearchParams(state.get("event"));
    const names = namesIn(run);
    const baseline = bench.baseline(run)?.name;
    const notBaseline = names.find(name => name !== baseline);
    const variant = firstOf(names, given.get("variant"), notBaseline);
    const others = names.filter(name => name !== variant);
    const beside = firstOf(others, given.get("beside"), baseline) ?? null;
    const kind = given.get("kind");
    return {
      names,
      variant,
      beside,
      kind: errors.KINDS[kind] || kind === ALL ? kind : kindOf(state.get("metric")),
      unlike: beside && given.get("unlike") ? "unlike" : "",
      error: given.get("error") ?? "",
    };
  }

  /** Changes what is chosen here, and `others` of the state with it. */
  function change(changes, others = {}) {
    const chosen = new URLSearchParams(state.get("event"));
    for (const [key, value] of Object.entries(changes)) {
      if (value && KEYS.includes(key)) chosen.set(key, value);
      else chosen.delete(key);
    }
    state.set({ event: String(chosen), ...others });
  }

  /** Objects, tracks and errors of a variant in a sequence and class. */
  function timelineOf(run, variant, sequence, name) {
    const timeline = run.gallery.timelines[variant]?.[sequence]?.[name];
    return timeline ? errors.of(timeline) : EMPTY;
  }

  /** The errors of a variant in a sequence that are to be shown, each with its class. */
  function errorsOf(run, { kind, unlike, variant, beside }, ofVariant, sequence) {
    const other = ofVariant === beside ? variant : beside;
    return bench.classes(run).flatMap(owner => {
      const all = timelineOf(run, ofVariant, sequence, owner).errors;
      const counted = unlike ? errors.unlike(all, timelineOf(run, other, sequence, owner)) : all;
      return counted
        .filter(error => kind === ALL || error.kind === kind)
        .map(error => ({ ...error, owner, sequence, variant: ofVariant }));
    });
  }

  /** How many there are: a miss or a false alarm counts in each of its frames. */
  const framesIn = found => found.reduce((total, { length }) => total + length, 0);

  bench.galleryChoices = { ALL, read, change, isIn, timelineOf, errorsOf, framesIn };
})();
