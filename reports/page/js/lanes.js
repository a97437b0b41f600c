// Lanes of the identity timelines: one per object, and one per track with false alarms.
(() => {
  "use strict";

  // A lane: name, owner (class name), identity, isTrack, bars ({variant, segments}), errors, weight
  // (number of frames with errors).
  const emptyLane = (owner, identity, isTrack) => ({
    name: isTrack ? `track ${owner} ${identity}` : `${owner} ${identity}`,
    owner,
    identity,
    isTrack,
    bars: [],
    errors: [],
    weight: 0,
  });

  /** A function that returns the lane of an object or track, and creates it if needed. */
  function lanesIn(lanes, isTrack) {
    return (owner, identity) => {
      const lane = emptyLane(owner, identity, isTrack);
      if (!lanes.has(lane.name)) lanes.set(lane.name, lane);
      return lanes.get(lane.name);
    };
  }

  /** Lanes of objects of the selected classes, those with most errors first. */
  function ofObjects({ run, chosen, sequence, errors, timelineOf }) {
    const lanes = new Map();
    const laneOf = lanesIn(lanes, false);
    const variants = [chosen.compared, chosen.variant].filter(Boolean);
    for (const owner of bench.classes(run)) {
      for (const variant of variants) {
        for (const { identity, segments } of timelineOf(run, variant, sequence, owner).objects) {
          laneOf(owner, identity).bars.push({ variant, segments });
        }
      }
    }
    for (const error of errors.filter(each => each.kind !== "false_alarm")) {
      laneOf(error.owner, error.identity).errors.push(error);
    }
    return worstFirst([...lanes.values()]);
  }

  /** Lanes of tracks with false alarms, those with most such frames first. */
  function ofTracks({ errors, chosen }) {
    const lanes = new Map();
    const laneOf = lanesIn(lanes, true);
    for (const error of errors.filter(each => each.kind === "false_alarm")) {
      const lane = laneOf(error.owner, error.identity);
      if (!lane.bars.length) lane.bars.push({ variant: chosen.variant, segments: [] });
      lane.errors.push(error);
      const { frame: first, length, identity: tracker } = error;
      lane.bars[0].segments.push({ first, length, tracker });
    }
    return worstFirst([...lanes.values()]);
  }

  function worstFirst(lanes) {
    return lanes
      .map(lane => ({
        ...lane,
        errors: [...lane.errors].sort((a, b) => a.frame - b.frame),
        weight: lane.errors.reduce((total, each) => total + each.length, 0),
      }))
      .sort((a, b) => b.weight - a.weight || a.identity - b.identity);
  }

  /** A summary of the errors of a lane. */
  function summary({ errors }) {
    const total = bench.errors.count(errors);
    const counts = [
      [total.switch, "switch", "switches"],
      [total.miss, "missed", "missed"],
      [total.false_alarm, "frame", "frames"],
      [total.fragmentation, "break", "breaks"],
    ];
    const words = counts
      .filter(([count]) => count)
      .map(([count, one, many]) => {
        return `${bench.formatNumber(count, "count")} ${count === 1 ? one : many}`;
      });
    return words.join(", ") || "none";
  }

  bench.lanes = { ofObjects, ofTracks, summary };
})();
