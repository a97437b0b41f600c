// Values from partial results, as `combine` and `summarize` of metrics/families/*.py. No DOM.
(() => {
  "use strict";
  const { mean, add } = bench.arithmetic;

  /** Partial results joined field by field, except for fields that a total lacks. */
  function join(partials, joined, without = []) {
    const names = Object.keys(partials[0]).filter(name => !without.includes(name));
    return Object.fromEntries(names.map(name => [name, joined(partials.map(each => each[name]))]));
  }

  const addUp = (partials, without) => join(partials, values => values.reduce(add), without);
  const concatenate = partials => join(partials, lists => lists.flat());

  const outcomes = partial => [
    partial.true_positives,
    partial.false_negatives,
    partial.false_positives,
  ];

  /** HOTA and its components at each threshold. */
  function hotaCurves(partial) {
    const [truePositives, falseNegatives, falsePositives] = outcomes(partial);
    const each = formula => truePositives.map((_, index) => formula(index));
    const matched = each(k => Math.max(1, truePositives[k]));
    const detection = each(
      k => truePositives[k] / Math.max(1, truePositives[k] + falseNegatives[k] + falsePositives[k]),
    );
    const recall = each(k => truePositives[k] / Math.max(1, truePositives[k] + falseNegatives[k]));
    const association = each(k => partial.accuracy[k] / matched[k]);
    return {
      HOTA: each(k => Math.sqrt(detection[k] * association[k])),
      DetA: detection,
      AssA: association,
      DetRe: recall,
      DetPr: each(k => truePositives[k] / Math.max(1, truePositives[k] + falsePositives[k])),
      AssRe: each(k => partial.recall[k] / matched[k]),
      AssPr: each(k => partial.precision[k] / matched[k]),
      LocA: each(k => Math.max(1e-10, partial.similarity[k]) / Math.max(1e-10, truePositives[k])),
      OWTA: each(k => Math.sqrt(recall[k] * association[k])),
      HOTA_TP: truePositives,
      HOTA_FN: falseNegatives,
      HOTA_FP: falsePositives,
    };
  }

  function hota(partial) {
    const curves = hotaCurves(partial);
    const means = Object.entries(curves).map(([name, curve]) => [name, mean(curve)]);
    return {
      ...Object.fromEntries(means),
      "HOTA(0)": curves.HOTA[0],
      "LocA(0)": curves.LocA[0],
      "HOTALocA(0)": curves.HOTA[0] * curves.LocA[0],
    };
  }

  const EMPTY_RATIOS = {
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
  }; // of a sequence without ground truth or without predictions

  function clear(partial) {
    const [truePositives, falseNegatives, falsePositives] = outcomes(partial);
    const { switches, similarity } = partial;
    const counts = {
      MOTP_sum: similarity,
      CLR_TP: truePositives,
      CLR_FN: falseNegatives,
      CLR_FP: falsePositives,
      IDSW: switches,
      MT: partial.mostly_tracked,
      PT: partial.partly_tracked,
      ML: partial.mostly_lost,
      Frag: partial.fragments,
      CLR_Frames: partial.frames,
    };
    if (partial.empty) return { ...counts, ...EMPTY_RATIOS };
    const truth = Math.max(1, truePositives + falseNegatives);
    const tracks = Math.max(
      1,
      partial.mostly_tracked + partial.partly_tracked + partial.mostly_lost,
    );
    return {
      ...counts,
      MOTA: (truePositives - falsePositives - switches) / truth,
      MOTP: similarity / Math.max(1, truePositives),
      MODA: (truePositives - falsePositives) / truth,
      CLR_Re: truePositives / truth,
      CLR_Pr: truePositives / Math.max(1, truePositives + falsePositives),
      MTR: partial.mostly_tracked / tracks,
      PTR: partial.partly_tracked / tracks,
      MLR: partial.mostly_lost / tracks,
      sMOTA: (similarity - falsePositives - switches) / truth,
      CLR_F1: truePositives / Math.max(1, truePositives + (falseNegatives + falsePositives) / 2),
      FP_per_frame: falsePositives / Math.max(1, partial.frames),
      MOTAL: (truePositives - falsePositives - (switches > 0 ? Math.log10(switches) : 0)) / truth,
    };
  }

  function identity(partial) {
    const [truePositives, falseNegatives, falsePositives] = outcomes(partial);
    return {
      IDF1: truePositives / Math.max(1, truePositives + (falseNegatives + falsePositives) / 2),
      IDR: truePositives / Math.max(1, truePositives + falseNegatives),
      IDP: truePositives / Math.max(1, truePositives + falsePositives),
      IDTP: truePositives,
      IDFN: falseNegatives,
      IDFP: falsePositives,
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

  const prefixed = (values, prefix) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
  const precision = prefix => partials => prefixed(bench.averagePrecision(partials), prefix);

  /** By family, a function from the partial results of sequences and classes to values. */
  const summarize = {
    hota: partials => hota(addUp(partials)),
    clear: partials => clear(partials.length > 1 ? addUp(partials, ["empty"]) : partials[0]),
    identity: partials => identity(addUp(partials)),
    count: partials => count(addUp(partials)),
    vace: partials => vace(addUp(partials)),
    jf_te: partials => jf(concatenate(partials)),
    jf_davis_ss: partials => jf(concatenate(partials)),
    jf_davis_us: partials => jf(concatenate(partials)),
    vis_ap: precision(""),
    coco_box_ap: precision("box "),
    coco_mask_ap: precision("mask "),
  };

  bench.families = { summarize, hotaCurves: partials => hotaCurves(addUp(partials)) };
})();
