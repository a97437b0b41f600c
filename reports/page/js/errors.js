// Errors from identity timelines, as described in reports/gallery/timelines.py. No DOM.
(() => {
  "use strict";
  const LOST = -1; // track id of a segment in which no track matches the object
  const KINDS = {
    // titles of events, and the columns that count them
    switch: { one: "identity switch", title: "Identity switches", column: "IDSW" },
    miss: { one: "missed", title: "Missed", column: "CLR_FN" },
    false_alarm: { one: "false alarm", title: "False alarms", column: "CLR_FP" },
    fragmentation: { one: "fragmentation", title: "Fragmentations", column: "Frag" },
  };

  /** A list cut into lists of equal length. */
  const cut = (numbers, length) =>
    Array.from({ length: numbers.length / length }, (_, index) =>
      numbers.slice(index * length, (index + 1) * length),
    );

  const objectsOf = timeline =>
    timeline.objects.map(([identity, ...numbers]) => ({
      identity,
      segments: cut(numbers, 3).map(([first, length, tracker]) => ({ first, length, tracker })),
    }));

  const tracksOf = timeline =>
    timeline.tracks.map(([identity, ...numbers]) => ({
      identity,
      segments: cut(numbers, 2).map(([first, length]) => ({ first, length })),
    }));

  /** The errors of an object; `fragmented` holds the frames in which it is matched again. */
  function errorsOfObject({ identity, segments }, fragmented) {
    const errors = [];
    let before = LOST; // the last track that matched it
    for (const { first: frame, length, tracker } of segments) {
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

  const falseAlarmsOf = ({ identity, segments }) =>
    segments.map(({ first, length }) => ({
      kind: "false_alarm",
      identity,
      frame: first,
      length,
      tracker: identity,
      before: LOST,
    }));

  const known = new WeakMap();

  /** The content of a timeline: objects and tracks with their segments, and all errors. */
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

  /** The number of errors by kind; misses and false alarms count once per frame. */
  function count(errors) {
    const total = { switch: 0, miss: 0, false_alarm: 0, fragmentation: 0 };
    for (const { kind, length } of errors) total[kind] += length;
    return total;
  }

  const keyOf = ({ kind, identity, frame }) => `${kind} ${identity} ${frame}`;

  /**
   * The errors of one variant where another matches the same object in the same frame without that
   * error. False alarms have no ground-truth object, and are left out.
   */
  function differing(errors, other) {
    const segments = new Map(other.objects.map(each => [each.identity, each.segments]));
    const ofOther = new Set(other.errors.map(keyOf));
    return errors
      .filter(error => error.kind !== "false_alarm")
      .filter(error => error.kind === "miss" || !ofOther.has(keyOf(error)))
      .flatMap(error => followedParts(error, segments.get(error.identity) ?? []));
  }

  /** The parts of an error that lie in segments in which the object is matched. */
  function followedParts(error, segments) {
    const end = error.frame + error.length;
    return segments
      .filter(segment => segment.tracker !== LOST)
      .map(({ first, length }) => ({
        begin: Math.max(error.frame, first),
        end: Math.min(end, first + length),
      }))
      .filter(part => part.end > part.begin)
      .map(part => ({ ...error, frame: part.begin, length: part.end - part.begin }));
  }

  bench.errors = { LOST, KINDS, of, count, differing };
})();
