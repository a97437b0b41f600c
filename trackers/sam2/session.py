"""Track objects through a video frame by frame; objects can be added and dropped at any time.

Each frame takes one `track`, any number of `prompt`, `refresh` and `drop`, and one `memorize`:

    session.track(image)                    # tracks all objects; see session.outputs
    session.prompt({7: Prompt(box=box)})   # adds an object, or restarts one without its memories
    session.refresh({5: Prompt(box=box)})  # prompts a tracked object again and keeps its memories
    session.drop(3)                        # removes an object
    session.memorize()                     # encodes the masks of the frame into the memory bank

An engine that runs concurrently (`AsyncEngine`) encodes memories during the next frame.

With the memory policy `sam2` and the overlap policy `none` each object has the masks it would have
alone. Memory use grows with the number of current objects, not with the length of the video.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from trackers.engines.contract import begin
from trackers.profiling.stages import stage
from trackers.sam2 import policies
from trackers.sam2.memory_bank import Entry, MemoryBank
from trackers.sam2.networks import Networks
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.prompt import Prompt, group_prompts


class Session:
    """The tracking state of one video.

    Args:
        networks: The networks of the model.
        memory: Which masks become memories: `sam2`, `ds`, `samurai`, `present`, or a `WritePolicy`.
        overlap: Which object gets a pixel that several objects claim: `none` (all of them),
            `argmax_logit` or `score_priority`.
        exclusive: Whether a pixel belongs to one object only in the memories, see
            `non_overlapping_logits`. An object that loses most of its mask to others counts as
            occluded: no mask is output, and no memory or pointer of the frame is stored.
        sure: Whether prompts are exact, not detections: `exclusive` leaves their masks whole.
    """

    def __init__(
        self,
        networks: Networks,
        memory: str | policies.WritePolicy = "sam2",
        overlap: str = "none",
        *,
        exclusive: bool = False,
        sure: bool = False,
    ) -> None:
        known = policies.OVERLAPS
        if overlap not in known:
            raise ValueError(f"overlap: expected one of {list(known)}, found {overlap!r}")
        self._networks, self._overlap = networks, overlap
        self._exclusive, self._sure = exclusive, sure
        self._policy = policies.make_write_policy(memory) if isinstance(memory, str) else memory
        self.start()

    def start(self) -> None:
        """Reset the session for a new video."""
        net = self._networks
        self._policy.start()
        self._memory_bank = MemoryBank(
            net.arrays, net.memories, net.pointers, net.shapes, net.pointer_width
        )
        self._outputs = ObjectOutputs(net.arrays, net.image_size // 4, (0, 0))
        self._refreshed: set[int] = set()  # objects whose prompt in memory is replaced
        self._unprompted: dict[int, ObjectOutputs] = {}  # outputs to remember instead of prompts'
        self._frame = -1
        self._size = (0, 0)
        self._features: Mapping[str, Any] = {}
        self._pending: Entry | None = None  # of the previous frame, not yet in the memory bank

    @property
    def identities(self) -> list[int]:
        """Track ids of the current objects, in the order of the rows of all arrays."""
        return list(self._outputs.identities)

    @property
    def outputs(self) -> ObjectOutputs:
        """The model's outputs for all objects in the current frame."""
        return self._outputs

    def stored_frames(self, identity: int) -> tuple[list[int], list[int]]:
        """Return the frames, from 0, of an object's memories and of its pointers, prompt first."""
        self._write_pending()
        return self._memory_bank.stored_frames(self._outputs.row(identity))

    def track(self, image: np.ndarray) -> ObjectOutputs:
        """Take the next frame, (height, width, 3) uint8 RGB, and track all objects in it.

        Raises:
            ValueError: The size differs from that of the previous frame.
        """
        net = self._networks
        size = image.shape[0], image.shape[1]
        if self._frame >= 0 and size != self._size:
            raise ValueError(f"frame: expected size {self._size} as before, found {size}")
        self._frame += 1
        self._size = size
        with stage("upload"):
            square = net.image_size, net.image_size
            resized = np.asarray(Image.fromarray(image).resize(square, Image.Resampling.BICUBIC))
            pixels = net.arrays.put(resized[None])
        with stage("encode"):
            self._features = net.encode(image=pixels)
        self._write_pending()
        ids = self._outputs.identities
        found, unprompted = self._track() if ids else {}, np.zeros(len(ids), bool)
        side = net.image_size // 4
        self._outputs = ObjectOutputs(net.arrays, side, size, ids, found, unprompted)
        self._refreshed, self._unprompted = set(), {}
        return self._outputs

    @stage("track")
    def _track(self) -> Mapping[str, Any]:
        past = self._memory_bank.read(self._frame)
        track = self._networks.track_partial if "memory_there" in past else self._networks.track
        return track(**self._pick("tokens", "high0", "high1"), **past)

    def _pick(self, *names: str) -> dict[str, Any]:
        return {name: self._features[name] for name in names}

    def prompt(self, prompts: Mapping[int, Prompt]) -> ObjectOutputs:
        """Add objects in the current frame; an object that is tracked loses its earlier memories.

        Raises:
            ValueError: A prompt is empty or outside the image. The session is then unchanged.
        """
        self._check(prompts)
        self._apply(prompts)
        for identity in prompts:
            self._clear_refresh(identity)
        return self._outputs

    def refresh(self, prompts: Mapping[int, Prompt], *, renew: bool = True) -> ObjectOutputs:
        """Prompt tracked objects again in the current frame; their other memories are kept.

        Args:
            renew: Whether the memory of this prompt replaces that of the last one. Otherwise the
                prompt changes this frame's outputs, and the outputs without it are remembered.

        Raises:
            KeyError: An object is not tracked.
            ValueError: A prompt is empty or outside the image. The session is then unchanged.
        """
        row = {identity: self._outputs.row(identity) for identity in prompts}
        self._check(prompts)
        known = [identity for identity in prompts if self._memory_bank.has_memory(row[identity])]
        for identity in known:
            if renew:
                self._refreshed.add(identity)
                self._unprompted.pop(identity, None)
            elif identity not in self._unprompted:
                self._unprompted[identity] = self._outputs.take(np.array([row[identity]]))
        self._apply(prompts)
        return self._outputs

    def _clear_refresh(self, identity: int) -> None:
        self._refreshed.discard(identity)
        self._unprompted.pop(identity, None)

    def _check(self, prompts: Mapping[int, Prompt]) -> None:
        for identity, prompt in prompts.items():
            try:
                prompt.check(*self._size, self._networks.max_points)
            except ValueError as error:
                raise ValueError(f"object {identity}: {error}") from error

    @stage("prompt")
    def _apply(self, prompts: Mapping[int, Prompt]) -> None:
        self._write_pending()
        outputs: dict[int, tuple[Mapping[str, Any], int]] = {}
        for group in group_prompts(prompts):
            batch = self._run_prompts([prompts[identity] for identity in group])
            outputs |= {identity: (batch, row) for row, identity in enumerate(group)}
        for identity in prompts:
            if identity not in self._outputs.identities:
                self._memory_bank.add()
        self._outputs = self._outputs.with_prompts({each: outputs[each] for each in prompts})

    def _run_prompts(self, prompts: list[Prompt]) -> Mapping[str, Any]:
        """Return the outputs for prompts of one kind and with equal numbers of points."""
        net, features = self._networks, self._pick("prompt_features", "high0", "high1")
        put = net.arrays.put
        if prompts[0].mask is not None:
            masks = np.stack([prompt.mask_for(net.image_size) for prompt in prompts])
            return net.mask_prompt(mask=put(masks), **features)
        scaled = [prompt.points_for(*self._size, net.image_size) for prompt in prompts]
        points, labels = (np.stack(each) for each in zip(*scaled, strict=True))
        engine = net.click if points.shape[1] == 1 else net.prompt
        return engine(points=put(points), labels=put(labels), **features)

    def drop(self, identity: int) -> None:
        """Remove an object; raise KeyError for an unknown track id."""
        row = self._outputs.row(identity)
        self._write_pending()
        self._memory_bank.drop(row)
        self._outputs = self._outputs.without(identity)
        self._clear_refresh(identity)

    @stage("memorize")
    def memorize(self) -> None:
        """Encode the masks of the current frame into memories, which the next frame reads."""
        if not self._outputs.identities:
            return
        outputs = self._outputs.with_rows(self._unprompted)
        prompted = outputs.prompted
        logits, occluded = self._separate(outputs)
        chosen = self._policy.choose(outputs) & ~occluded
        rows = np.flatnonzero(prompted | chosen)
        presence = outputs.found["presence"][rows]
        memories = self._memorize(logits[rows], presence, prompted[rows]) if len(rows) else dict
        refreshed = np.isin(outputs.identity, list(self._refreshed))
        keep_pointer = ~occluded if self._policy.pointers else chosen
        self._pending = Entry(
            self._frame, prompted, refreshed, rows, memories, outputs.found["pointer"], keep_pointer
        )

    def _separate(self, outputs: ObjectOutputs) -> tuple[Any, np.ndarray]:
        """Return logits that do not overlap, and which objects are occluded, (B,) bool."""
        logits, prompted = outputs.found["logits"], outputs.prompted
        if not self._exclusive:
            return logits, np.zeros(len(prompted), bool)
        arrays = self._networks.arrays
        number, kept = np.arange(len(prompted)), prompted & self._sure
        separated, occluded = policies.non_overlapping_logits(
            logits, arrays.put(number), arrays.put(kept)
        )
        return separated, arrays.get(occluded) & ~prompted

    def _memorize(
        self, logits: Any, presence: Any, prompted: np.ndarray
    ) -> Callable[[], Mapping[str, Any]]:
        """Start encoding the memories of some objects; return a function that waits for them."""
        return begin(
            self._networks.memorize,
            logits=logits,
            presence=presence,
            prompted=self._networks.arrays.put(prompted),
            **self._pick("memory_pixels"),
        )

    @stage("memorize")
    def _write_pending(self) -> None:
        """Write the memories of the previous frame to the memory bank, unless that is done."""
        if self._pending is not None:
            self._memory_bank.write(self._pending)
            self._pending = None

    @stage("masks")
    def masks(self, threshold: float = 0.0) -> np.ndarray:
        """Return the masks of all objects in the frame, (B, height, width) bool.

        Args:
            threshold: Pixels with a larger logit are on the object.
        """
        outputs, arrays = self._outputs, self._networks.arrays
        if not outputs.identities:
            return np.zeros((0, *self._size), bool)
        maps = arrays.resize(outputs.found["logits"], *self._size)
        masks, best = arrays.get(maps > threshold), np.zeros(0, np.int64)
        if self._overlap == "argmax_logit":
            best = arrays.get(maps.argmax(0))
        _, occluded = self._separate(outputs)
        masks = masks & ~occluded[:, None, None]
        return policies.non_overlapping_masks(self._overlap, masks, best, outputs.iou)
