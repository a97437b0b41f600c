// Errors from identity timelines, whose shape reports/gallery/timelines.py says. No DOM in here.
(() => {
  "use strict";
  const LOST = -1;
  const KINDS = {
    // as events are called, and the column that counts them
    switch: { one: "identity switch", title: "Identity switches", column: "IDSW" },
    miss: { one: "missed", title: "Missed", column: "CLR_FN" },
    false_alarm: { one: "false alarm", title: "False alarms", column: "CLR_FP" },
    fragmentation: { one: "fragmentation", title: "Fragmentations", column: "Frag" },
  };

  function objectsOf(line) {
    return line.objects.map(([identity, ...numbers]) => {
      const runs = [];
      for (let at = 0; at < numbers.length; at += 3)
        runs.push({ first: numbers[at], length: numbers[at + 1], tracker: numbers[at + 2] });
      return { identity, runs };
    });
  }

  function tracksOf(line) {
    return line.tracks.map(([identity, ...numbers]) => {
      const runs = [];
      for (let at = 0; at < numbers.length; at += 2)
        runs.push({ first: numbers[at], length: numbers[at + 1] });
      return { identity, runs };
    });
  }

  // The number of each frame among those in which both sides have something.
  function evaluatedSteps(objects, tracks) {
    const ends = [...objects, ...tracks].flatMap(each =>
      each.runs.map(run => run.first + run.length),
    );
    const end = ends.reduce((most, each) => Math.max(most, each), 0);
    const truth = new Uint8Array(end);
    const prediction = new Uint8Array(end);
    const step = new Int32Array(end);
    for (const { runs } of objects)
      for (const { first, length, tracker } of runs) {
        truth.fill(1, first, first + length);
        if (tracker !== LOST) prediction.fill(1, first, first + length);
      }
    for (const { runs } of tracks)
      for (const { first, length } of runs) prediction.fill(1, first, first + length);
    for (let frame = 0, count = 0; frame < end; frame += 1)
      step[frame] = count += truth[frame] & prediction[frame];
    return step;
  }

  function errorsOfObject({ identity, runs }, step) {
    const found = [];
    let before = null;
    for (const run of runs) {
      const error = {
        identity,
        frame: run.first,
        length: 1,
        tracker: run.tracker,
        before: before?.tracker ?? LOST,
      };
      if (run.tracker === LOST) {
        found.push({ ...error, kind: "miss", length: run.length });
        continue;
      }
      if (before && before.tracker !== run.tracker) found.push({ ...error, kind: "switch" });
      if (before && step[run.first] - step[before.first + before.length - 1] > 1)
        found.push({ ...error, kind: "fragmentation" });
      before = run;
    }
    return found;
  }

  const read = new WeakMap();
  // What is in a timeline: objects and tracks with their runs, and all errors; `length` is in frames.
  function of(line) {
    if (!read.has(line)) {
      const objects = objectsOf(line);
      const tracks = tracksOf(line);
      const step = evaluatedSteps(objects, tracks);
      const errors = objects.flatMap(each => errorsOfObject(each, step));
      for (const { identity, runs } of tracks)
        for (const { first, length } of runs) {
          errors.push({
            kind: "false_alarm",
            identity,
            frame: first,
            length,
            tracker: identity,
            before: LOST,
          });
        }
      read.set(line, { objects, tracks, errors });
    }
    return read.get(line);
  }

  function count(errors) {
    const total = { switch: 0, miss: 0, false_alarm: 0, fragmentation: 0 };
    for (const { kind, length } of errors) total[kind] += length;
    return total;
  }

  // The errors of one variant where another follows the same object without that error in the same
  // frame. False alarms have no object that both know, and are left out.
  function unlike(errors, other) {
    const runs = new Map(other.objects.map(each => [each.identity, each.runs]));
    const same = new Set(other.errors.map(each => `${each.kind} ${each.identity} ${each.frame}`));
    const found = [];
    for (const error of errors) {
      if (
        error.kind === "false_alarm" ||
        (same.has(`${error.kind} ${error.identity} ${error.frame}`) && error.kind !== "miss")
      )
        continue;
      const end = error.frame + error.length;
      for (const { first, length, tracker } of runs.get(error.identity) ?? []) {
        const [from, to] = [Math.max(error.frame, first), Math.min(end, first + length)];
        if (tracker !== LOST && to > from) found.push({ ...error, frame: from, length: to - from });
      }
    }
    return found;
  }

  bench.errors = { LOST, KINDS, of, count, unlike };
})();
