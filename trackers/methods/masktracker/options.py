"""Options of MaskTracker; its groups are DeepStream's, with the values that DeepStream ships."""

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
class DataAssociator:
    """DeepStream's group `DataAssociator`.

    Args:
        association_matcher_type: Matching in each step of the cascade: 1 optimal, 0 greedy;
            `associationMatcherType`.
        check_class_match: Whether only detections and targets of one class are matched;
            `checkClassMatch`.
        min_matching_score_4_overall: Minimum weighted sum of IoU and size similarity of a match
            with a validated target; `minMatchingScore4Overall`.
        min_matching_score_4_size_similarity: Minimum size similarity of a match with a validated
            target; `minMatchingScore4SizeSimilarity`.
        min_matching_score_4_iou: Minimum IoU of a match; `minMatchingScore4Iou`.
        matching_score_weight_4_size_similarity: Weight of the size similarity in the sum;
            `matchingScoreWeight4SizeSimilarity`.
        matching_score_weight_4_iou: Weight of the IoU in the sum; `matchingScoreWeight4Iou`.
        tentative_detector_confidence: Score below which a detection is tentative;
            `tentativeDetectorConfidence`.
        min_matching_score_4_tentative_iou: Minimum IoU of a match between a tentative detection
            and an active target; `minMatchingScore4TentativeIou`.
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
class TargetManagement:
    """DeepStream's group `TargetManagement`.

    Args:
        max_targets_per_stream: Maximum number of targets at a time; `maxTargetsPerStream`.
        min_iou_diff_4_new_target: Maximum IoU with existing targets of a detection that initiates
            a target; `minIouDiff4NewTarget`.
        min_tracker_confidence: Minimum predicted IoU of an active target's mask;
            `minTrackerConfidence`.
        probation_age: Age in frames above which a tentative target becomes active;
            `probationAge`.
        early_termination_age: Number of consecutive frames without a detection after which a
            tentative target is terminated; `earlyTerminationAge`.
        max_shadow_tracking_age: Maximum number of consecutive frames without a detection that a
            validated target survives; `maxShadowTrackingAge`.
    """

    max_targets_per_stream: PositiveInt = 150
    min_iou_diff_4_new_target: UnitInterval = 0.7608
    min_tracker_confidence: UnitInterval = 0.6223
    probation_age: NonNegativeInt = 4
    early_termination_age: NonNegativeInt = 1
    max_shadow_tracking_age: NonNegativeInt = 84


@dataclass(frozen=True, kw_only=True)
class StateEstimator:
    """DeepStream's group `StateEstimator`: variances in square pixels.

    Args:
        process_noise_var_4_loc: Process noise of the box centre; `processNoiseVar4Loc`.
        process_noise_var_4_size: Process noise of width and height; `processNoiseVar4Size`.
        process_noise_var_4_vel: Process noise of the centre's velocity; `processNoiseVar4Vel`.
        measurement_noise_var_4_detector: Measurement noise of detected boxes;
            `measurementNoiseVar4Detector`.
        measurement_noise_var_4_tracker: Measurement noise of the boxes around masks;
            `measurementNoiseVar4Tracker`.
    """

    process_noise_var_4_loc: NonNegativeFloat = 2856.7104
    process_noise_var_4_size: NonNegativeFloat = 8157.1946
    process_noise_var_4_vel: NonNegativeFloat = 2602.8703
    measurement_noise_var_4_detector: PositiveFloat = 0.1
    measurement_noise_var_4_tracker: PositiveFloat = 8.6695


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of MaskTracker.

    Args:
        min_detector_confidence: Detections below this score are discarded.
        segmentation_only: Whether SAM 2 runs without memory, prompted in each frame with the
            detected or predicted box of every target.
        memory: Policy for which masks enter the memory bank: DeepStream's (`ds`) or another, see
            `trackers.sam2.policies`.
        keep_first_prompt: Whether a further prompt of a target only affects the output of its
            frame. The memory bank then keeps the first prompt, and SAM 2's output without the
            further one.
        update_mem_bank_prompt: Whether targets are prompted again with their detections.
        min_prompt_update_confidence: Minimum predicted IoU of a target that is prompted again.
    """

    sam2: Sam2Options = Sam2Options()
    detection: DetectorOptions = DetectorOptions()
    min_detector_confidence: float = 0.3529
    segmentation_only: bool = False
    memory: MemoryPolicy = "ds"
    keep_first_prompt: bool = False
    data_associator: DataAssociator = DataAssociator()
    target_management: TargetManagement = TargetManagement()
    state_estimator: StateEstimator = StateEstimator()
    update_mem_bank_prompt: bool = True
    min_prompt_update_confidence: UnitInterval = 0.4960
    shipped_memory: DeepStreamMemory = DeepStreamMemory()
