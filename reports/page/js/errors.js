// Errors from identity timelines, whose shape reports/gallery/timelines.py says. No DOM in here.
(() => {
  "use strict";
  const LOST = -1; // the tracker of a run in which nobody follows the object
  const KINDS = {
    // what events are called, and the column that counts them
    switch: { one: "identity switch", title: "Identity switches", column: "IDSW" },
    miss: { one: "missed", title: "Missed", column: "CLR_FN" },
    false_alarm: { one: "false alarm", title: "False alarms", column: "CLR_FP" },
    fragmentation: { one: "fragmentation", title: "Fragmentations", column: "Frag" },
  };

  /** A list cut into lists of one length. */
  const cut = (numbers, length) =>
    Array.from({ length: numbers.length / length }, (_, place) =>
      numbers.slice(place * length, (place + 1) * length),
    );

  const objectsOf = timeline =>
    timeline.objects.map(([identity, ...numbers]) => ({
      identity,
      runs: cut(numbers, 3).map(([first, length, tracker]) => ({ first, length, tracker })),
    }));

  const tracksOf = timeline =>
    timeline.tracks.map(([identity, ...numbers]) => ({
      identity,
      runs: cut(numbers, 2).map(([first, length]) => ({ first, length })),
    }));

  /** The errors of an object; `fragmented` are the frames in which it is found again. */
  function errorsOfObject({ identity, runs }, fragmented) {
    const errors = [];
    let before = LOST; // the track that followed it last
    for (const { first: frame, length, tracker } of runs) {
      const error = { identity, frame, length: 1, tracker, before };
      if (tracker === LOST) {
        errors.push({ ...error, kind: "miss", length });
        continue;
      }
      if (before !== LOST && before !== tracker) errors.push({ ...error, kind: "switch" });
      if (fragmented.has(frame)) errors.push({ ...error, kind: "fragmentation" });
      before = tracker;
    }
    return errors;
  }

  const falseAlarmsOf = ({ identity, runs }) =>
    runs.map(({ first, length }) => ({
      kind: "false_alarm",
      identity,
      frame: first,
      length,
      tracker: identity,
      before: LOST,
    }));

  const known = new WeakMap();

  /** What is in a timeline: objects and tracks with their runs, and all errors. */
  function of(timeline) {
    if (!known.has(timeline)) known.set(timeline, read(timeline));
    return known.get(timeline);
  }

  function read(timeline) {
    const [objects, tracks] = [objectsOf(timeline), tracksOf(timeline)];
    const fragmented = new Map(
      timeline.fragmentations.map(([identity, ...frames]) => [identity, new Set(frames)]),
    );
    const none = new Set();
    const ofObjects = objects.flatMap(each =>
      errorsOfObject(each, fragmented.get(each.identity) ?? none),
    );
    return { objects, tracks, errors: [...ofObjects, ...tracks.flatMap(falseAlarmsOf)] };
  }

  /** How many errors there are of each kind: frames of misses and false alarms. */
  function count(errors) {
    const total = { switch: 0, miss: 0, false_alarm: 0, fragmentation: 0 };
    for (const { kind, length } of errors) total[kind] += length;
    return total;
  }

  const keyOf = ({ kind, identity, frame }) => `${kind} ${identity} ${frame}`;

  /**
   * The errors of one variant where another follows the same object without that error in the same
   * frame. False alarms have no object that both know, and are left out.
   */
  function unlike(errors, other) {
    const runs = new Map(other.objects.map(each => [each.identity, each.runs]));
    const ofOther = new Set(other.errors.map(keyOf));
    return errors
      .filter(error => error.kind !== "false_alarm")
      .filter(error => error.kind === "miss" || !ofOther.has(keyOf(error)))
      .flatMap(error => followedParts(error, runs.get(error.identity) ?? []));
  }

  /** The parts of an error that lie in runs in which the object is followed. */
  function followedParts(error, runs) {
    const end = error.frame + error.length;
    return runs
      .filter(run => run.tracker !== LOST)
      .map(({ first, length }) => ({
        begin: Math.max(error.frame, first),
        end: Math.min(end, first + length),
      }))
      .filter(part => part.end > part.begin)
      .map(part => ({ ...error, frame: part.begin, length: part.end - part.begin }));
  }

  bench.errors = { LOST, KINDS, of, count, unlike };
})();
