// Totals from what sequences add up: what metrics/families/*.py do in `combine` and `summarize`.
(() => {
  "use strict";
  const sum = values => values.reduce((total, value) => total + value, 0);
  const mean = values => (values.length ? sum(values) / values.length : null);
  const present = values => values.filter(value => value !== null && !Number.isNaN(value));
  const added = (one, other) =>
    Array.isArray(one) ? one.map((value, place) => added(value, other[place])) : one + other;

  // Every field added up; `fields` that a sequence has and a total has not are left out.
  function addUp(partials, without = []) {
    const total = {};
    for (const name of Object.keys(partials[0])) {
      if (!without.includes(name)) total[name] = partials.map(each => each[name]).reduce(added);
    }
    return total;
  }

  function inARow(partials) {
    const total = {};
    for (const name of Object.keys(partials[0])) total[name] = partials.flatMap(each => each[name]);
    return total;
  }

  function hotaCurves(partial) {
    const { hits, misses, extras } = partial;
    const each = formula => hits.map((_, place) => formula(place));
    const some = each(k => Math.max(1, hits[k]));
    const detection = each(k => hits[k] / Math.max(1, hits[k] + misses[k] + extras[k]));
    const recall = each(k => hits[k] / Math.max(1, hits[k] + misses[k]));
    const association = each(k => partial.accuracy[k] / some[k]);
    return {
      HOTA: each(k => Math.sqrt(detection[k] * association[k])),
      DetA: detection,
      AssA: association,
      DetRe: recall,
      DetPr: each(k => hits[k] / Math.max(1, hits[k] + extras[k])),
      AssRe: each(k => partial.recall[k] / some[k]),
      AssPr: each(k => partial.precision[k] / some[k]),
      LocA: each(k => Math.max(1e-10, partial.similarity[k]) / Math.max(1e-10, hits[k])),
      OWTA: each(k => Math.sqrt(recall[k] * association[k])),
      HOTA_TP: hits,
      HOTA_FN: misses,
      HOTA_FP: extras,
    };
  }

  function hota(partial) {
    const found = hotaCurves(partial);
    const values = Object.fromEntries(
      Object.entries(found).map(([name, curve]) => [name, mean(curve)]),
    );
    values["HOTA(0)"] = found.HOTA[0];
    values["LocA(0)"] = found.LocA[0];
    values["HOTALocA(0)"] = found.HOTA[0] * found.LocA[0];
    return values;
  }

  function clear(partial) {
    const { matches: hits, misses, extras, switches, similarity } = partial;
    const counts = {
      MOTP_sum: similarity,
      CLR_TP: hits,
      CLR_FN: misses,
      CLR_FP: extras,
      IDSW: switches,
      MT: partial.mostly_tracked,
      PT: partial.partly_tracked,
      ML: partial.mostly_lost,
      Frag: partial.fragments,
      CLR_Frames: partial.frames,
    };
    const ratios = {
      MOTA: 0,
      MOTP: 0,
      MODA: 0,
      CLR_Re: 0,
      CLR_Pr: 0,
      MTR: 0,
      PTR: 0,
      MLR: 1,
      sMOTA: 0,
      CLR_F1: 0,
      FP_per_frame: 0,
      MOTAL: 0,
    };
    if (partial.empty) return { ...counts, ...ratios };
    const truth = Math.max(1, hits + misses);
    const tracks = Math.max(
      1,
      partial.mostly_tracked + partial.partly_tracked + partial.mostly_lost,
    );
    return {
      ...counts,
      MOTA: (hits - extras - switches) / truth,
      MOTP: similarity / Math.max(1, hits),
      MODA: (hits - extras) / truth,
      CLR_Re: hits / truth,
      CLR_Pr: hits / Math.max(1, hits + extras),
      MTR: partial.mostly_tracked / tracks,
      PTR: partial.partly_tracked / tracks,
      MLR: partial.mostly_lost / tracks,
      sMOTA: (similarity - extras - switches) / truth,
      CLR_F1: hits / Math.max(1, hits + (misses + extras) / 2),
      FP_per_frame: extras / Math.max(1, partial.frames),
      MOTAL: (hits - extras - (switches > 0 ? Math.log10(switches) : 0)) / truth,
    };
  }

  function identity({ matches: hits, misses, extras }) {
    return {
      IDF1: hits / Math.max(1, hits + (misses + extras) / 2),
      IDR: hits / Math.max(1, hits + misses),
      IDP: hits / Math.max(1, hits + extras),
      IDTP: hits,
      IDFN: misses,
      IDFP: extras,
    };
  }

  function count(partial) {
    return {
      Dets: partial.predictions,
      GT_Dets: partial.truths,
      IDs: partial.predicted_tracks,
      GT_IDs: partial.truth_tracks,
      Frames: partial.frames,
    };
  }

  function vace(partial) {
    const names = [
      "SFDA",
      "ATA",
      "STDA",
      "FDA",
      "VACE_IDs",
      "VACE_GT_IDs",
      "num_non_empty_timesteps",
    ];
    if (!partial.frames) return Object.fromEntries(names.map(name => [name, null]));
    return {
      SFDA: partial.detection / partial.frames,
      ATA: partial.tracking / ((partial.predicted_tracks + partial.truth_tracks) / 2),
      STDA: partial.tracking,
      FDA: partial.detection,
      VACE_IDs: partial.predicted_tracks,
      VACE_GT_IDs: partial.truth_tracks,
      num_non_empty_timesteps: partial.frames,
    };
  }

  function jf(partial) {
    const [j, f] = [mean(partial.region_mean), mean(partial.boundary_mean)];
    return {
      "J&F": j === null ? null : (j + f) / 2,
      "J-Mean": j,
      "J-Recall": mean(partial.region_recall),
      "J-Decay": mean(partial.region_decay),
      "F-Mean": f,
      "F-Recall": mean(partial.boundary_recall),
      "F-Decay": mean(partial.boundary_decay),
    };
  }

  // Average precision, see metrics/average_precision.py: bit 10 s + t of `matched` and `ignored`.
  const SIZES = ["", "small", "medium", "large"];
  const THRESHOLDS = 10;
  const LIMITS = [1, 10, 100];
  const bit = (packed, place) => Math.floor(packed / 2 ** place) % 2;

  function joinDetections(partials) {
    const found = new Map();
    for (const partial of partials) {
      let first = 0;
      partial.classes.forEach((name, row) => {
        const last = first + partial.detection_count[row];
        const mine = found.get(name) ?? { detections: [], truths: SIZES.map(() => 0) };
        for (let at = first; at < last; at += 1) {
          mine.detections.push({
            score: partial.score[at],
            rank: partial.rank[at],
            matched: partial.matched[at],
            ignored: partial.ignored[at],
          });
        }
        mine.truths = added(mine.truths, partial.truth_count[row]);
        found.set(name, mine);
        first = last;
      });
    }
    return [...found.keys()].sort((a, b) => a - b).map(name => found.get(name));
  }

  function precisionAt({ detections, truths }, size, threshold) {
    const place = THRESHOLDS * size + threshold;
    let right = 0;
    let wrong = 0;
    const recall = [];
    const best = [];
    for (const each of detections) {
      const [taken, left] = [bit(each.matched, place), bit(each.ignored, place)];
      right += taken && !left;
      wrong += !taken && !left;
      recall.push(right / truths[size]);
      best.push(right / (wrong + right + Number.EPSILON));
    }
    for (let at = best.length - 2; at >= 0; at -= 1) best[at] = Math.max(best[at], best[at + 1]);
    let total = 0;
    let at = 0;
    for (let step = 0; step <= 100; step += 1) {
      while (at < recall.length && recall[at] < RECALLS[step]) at += 1;
      total += at < best.length ? best[at] : 0;
    }
    return total / 101;
  }
  const RECALLS = Array.from({ length: 101 }, (_, step) => (step === 100 ? 1 : step * 0.01)); // as numpy's linspace

  function averagePrecision(classes) {
    const bySize = SIZES.map(() => []);
    const at50 = [];
    const at75 = [];
    const recalls = LIMITS.map(() => []);
    for (const each of classes) {
      each.detections = each.detections
        .map((one, place) => ({ ...one, place }))
        .sort((a, b) => b.score - a.score || a.place - b.place);
      each.truths.forEach((truths, size) => {
        if (!truths) return;
        const found = Array.from({ length: THRESHOLDS }, (_, t) => precisionAt(each, size, t));
        bySize[size].push(mean(found));
        if (size === 0) {
          at50.push(found[0]);
          at75.push(found[5]);
        }
      });
      if (!each.truths[0]) continue;
      LIMITS.forEach((limit, place) => {
        const among = each.detections.filter(one => one.rank < limit);
        const hit = Array.from({ length: THRESHOLDS }, (_, t) =>
          sum(among.map(one => (bit(one.matched, t) && !bit(one.ignored, t) ? 1 : 0))),
        );
        recalls[place].push(mean(hit) / each.truths[0]);
      });
    }
    return {
      AP: mean(bySize[0]),
      AP50: mean(at50),
      AP75: mean(at75),
      AP_small: mean(bySize[1]),
      AP_medium: mean(bySize[2]),
      AP_large: mean(bySize[3]),
      AR1: mean(recalls[0]),
      AR10: mean(recalls[1]),
      AR100: mean(recalls[2]),
    };
  }

  const prefixed = (values, prefix) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  const precision = prefix => partials =>
    prefixed(averagePrecision(joinDetections(partials)), prefix);
  const FAMILIES = {
    hota: partials => hota(addUp(partials)),
    clear: partials => clear(partials.length > 1 ? addUp(partials, ["empty"]) : partials[0]),
    identity: partials => identity(addUp(partials)),
    count: partials => count(addUp(partials)),
    vace: partials => vace(addUp(partials)),
    jf_te: partials => jf(inARow(partials)),
    jf_davis_ss: partials => jf(inARow(partials)),
    jf_davis_us: partials => jf(inARow(partials)),
    vis_ap: precision(""),
    coco_box_ap: precision("box "),
    coco_mask_ap: precision("mask "),
  };

  // The partials of some sequences and classes, by family; null where a sequence has none.
  function partialsOf(run, variant, sequences, classes) {
    const mine = run.partials[variant];
    if (!mine || sequences.some(name => !mine[name])) return null;
    const found = {};
    for (const sequence of sequences)
      for (const name of classes) {
        for (const [family, partial] of Object.entries(mine[sequence][name]))
          (found[family] ??= []).push(partial);
      }
    return found;
  }

  // What Python has computed: for families whose partials are too large to be here.
  function computed(run, variant, sequences, classes) {
    if (classes.length < run.classes.length) return {};
    if (sequences.length === run.sequences.length) return run.totals[variant] ?? {};
    return sequences.length === 1 ? (run.large[variant]?.[sequences[0]] ?? {}) : {};
  }

  const MEAN = "=mean"; // what the state holds for the mean of classes, in place of a class
  const ofClasses = run => run.classes.length > 1 && bench.state.get("class") === MEAN;

  // Values by column over sequences and classes, null where one of them has no result.
  function over(run, variant, sequences = bench.sequences(run), classes = null) {
    if (!classes && ofClasses(run)) return meanOfClasses(run, variant, sequences);
    const chosen = classes ?? bench.classes(run);
    const found = partialsOf(run, variant, sequences, chosen);
    if (!found) return null;
    return Object.assign(
      {},
      computed(run, variant, sequences, chosen),
      ...Object.entries(found).map(([family, partials]) => FAMILIES[family]?.(partials) ?? {}),
    );
  }

  // What is told of classes apart from each other, as metrics/score.py does: the mean of the ratios
  // of those that have one, the sum of counts.
  function meanOfClasses(run, variant, sequences) {
    const each = run.classes.map(name => over(run, variant, sequences, [name]));
    if (each.some(values => !values)) return null;
    return Object.fromEntries(
      run.columns.map(({ name, over_classes: how }) => {
        const there = present(each.map(values => values[name] ?? null));
        return [name, how === "sum" && there.length ? sum(there) : mean(there)];
      }),
    );
  }

  function curves(run, variant, sequences = bench.sequences(run), classes = bench.classes(run)) {
    const found = partialsOf(run, variant, sequences, classes);
    return found?.hota ? hotaCurves(addUp(found.hota)) : null;
  }

  bench.classes = (run = bench.run()) =>
    run.classes.includes(bench.state.get("class")) ? [bench.state.get("class")] : run.classes;
  bench.totals = { over, curves, present, ofClasses, meanOfClasses, MEAN };
})();
