"""Options of MaskTracker; those of its groups are DeepStream's, with the values it ships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trackers.detectors.options import DetectorOptions
from trackers.option_types import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    UnitInterval,
)
from trackers.sam2.options import DeepStreamMemory, MemoryPolicy, Sam2Options


@dataclass(frozen=True, kw_only=True)
class Gates:
    """DeepStream's group `DataAssociator`.

    Args:
        association_matcher_type: `associationMatcherType`: 1 the cascade with the best matching in
            each step, 0 the cascade with the most similar pair first.
        check_class_match: `checkClassMatch`.
        min_matching_score_4_overall: `minMatchingScore4Overall`.
        min_matching_score_4_size_similarity: `minMatchingScore4SizeSimilarity`.
        min_matching_score_4_iou: `minMatchingScore4Iou`.
        matching_score_weight_4_size_similarity: `matchingScoreWeight4SizeSimilarity`.
        matching_score_weight_4_iou: `matchingScoreWeight4Iou`.
        tentative_detector_confidence: `tentativeDetectorConfidence`.
        min_matching_score_4_tentative_iou: `minMatchingScore4TentativeIou`.
    """

    association_matcher_type: Literal[0, 1] = 1
    check_class_match: bool = True
    min_matching_score_4_overall: NonNegativeFloat = 0.0293
    min_matching_score_4_size_similarity: UnitInterval = 0.1047
    min_matching_score_4_iou: UnitInterval = 0.0437
    matching_score_weight_4_size_similarity: NonNegativeFloat = 0.2410
    matching_score_weight_4_iou: NonNegativeFloat = 0.8590
    tentative_detector_confidence: float = 0.1866
    min_matching_score_4_tentative_iou: UnitInterval = 0.3660


@dataclass(frozen=True, kw_only=True)
class Life:
    """DeepStream's group `TargetManagement`.

    Args:
        max_targets_per_stream: `maxTargetsPerStream`.
        min_iou_diff_4_new_target: `minIouDiff4NewTarget`.
        min_tracker_confidence: `minTrackerConfidence`.
        probation_age: `probationAge`.
        early_termination_age: `earlyTerminationAge`.
        max_shadow_tracking_age: `maxShadowTrackingAge`.
    """

    max_targets_per_stream: PositiveInt = 150
    min_iou_diff_4_new_target: UnitInterval = 0.7608
    min_tracker_confidence: UnitInterval = 0.6223
    probation_age: NonNegativeInt = 4
    early_termination_age: NonNegativeInt = 1
    max_shadow_tracking_age: NonNegativeInt = 84


@dataclass(frozen=True, kw_only=True)
class Variances:
    """DeepStream's group `StateEstimator`: variances in square pixels.

    Args:
        process_noise_var_4_loc: `processNoiseVar4Loc`.
        process_noise_var_4_size: `processNoiseVar4Size`.
        process_noise_var_4_vel: `processNoiseVar4Vel`.
        measurement_noise_var_4_detector: `measurementNoiseVar4Detector`.
        measurement_noise_var_4_tracker: `measurementNoiseVar4Tracker`.
    """

    process_noise_var_4_loc: NonNegativeFloat = 2856.7104
    process_noise_var_4_size: NonNegativeFloat = 8157.1946
    process_noise_var_4_vel: NonNegativeFloat = 2602.8703
    measurement_noise_var_4_detector: PositiveFloat = 0.1
    measurement_noise_var_4_tracker: PositiveFloat = 8.6695


@dataclass(frozen=True, kw_only=True)
class Options:
    """See the module.

    Args:
        min_detector_confidence: Detections with a smaller score are discarded.
        segmentation_only: Whether SAM 2 remembers nothing, and is prompted in each frame with the
            box that a target has or is expected to have.
        memory: Which masks are remembered: by DeepStream's parameters (`ds`), or by another policy,
            see `trackers.sam2.policies`.
        keep_first_prompt: Whether a further prompt of a target counts in its frame alone. Then its
            first prompt is remembered, and what SAM 2 saw without the further one.
        update_mem_bank_prompt: Whether a target is prompted again with its detections.
        min_prompt_update_confidence: Minimum predicted IoU of a target that is.
    """

    sam2: Sam2Options = Sam2Options()
    detection: DetectorOptions = DetectorOptions()
    min_detector_confidence: float = 0.3529
    segmentation_only: bool = False
    memory: MemoryPolicy = "ds"
    keep_first_prompt: bool = False
    gates: Gates = Gates()
    life: Life = Life()
    variances: Variances = Variances()
    update_mem_bank_prompt: bool = True
    min_prompt_update_confidence: UnitInterval = 0.4960
    shipped_memory: DeepStreamMemory = DeepStreamMemory()
