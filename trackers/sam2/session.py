"""A video seen frame by frame: prompt an object, follow all of them, drop one, at any time.

Every frame goes through `look`, any number of `prompt` and `drop`, and `remember`:

    session.look(image)                    # follows all objects; see session.outputs
    session.prompt({7: Prompt(box=box)})   # another object, or one that is forgotten and begun anew
    session.refresh({5: Prompt(box=box)})  # a new prompt for one, instead of its last or for now
    session.drop(3)
    session.remember()                     # makes memories of what was seen

Memories are made while the next frame is encoded, where the engine can (`Starter`), and are there
when they are read.

An object does not know of the others: with the policies `sam2` and `none` each has the masks it
would have alone. Memory grows with the number of objects there are at once, not with the video.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from trackers.engines.contract import Arrays, Engine, begin
from trackers.profiling.stages import stage
from trackers.sam2.memory_bank import Entry, MemoryBank
from trackers.sam2.object_outputs import ObjectOutputs
from trackers.sam2.policies import OVERLAPS, WritePolicy, make_write_policy, share_out, undisputed
from trackers.sam2.prompt import Prompt


@dataclass(frozen=True)
class Networks:
    """The engines of one model, and where their arrays are.

    Args:
        image_size: S, side of the image that the model sees.
        memories: Of an object, the prompt's among them.
        pointers: Likewise.
        shapes: What a memory is made of, and the shape of each.
        pointer_width: Of a pointer.
    """

    encode: Engine
    prompt: Engine
    click: Engine
    mask_prompt: Engine
    track: Engine
    track_partial: Engine
    memorize: Engine
    arrays: Arrays
    image_size: int
    memories: int
    pointers: int
    shapes: Mapping[str, tuple[int, ...]]
    pointer_width: int


class Session:
    """One video.

    Args:
        networks: Of the model.
        memory: Which masks become memories: `sam2`, `ds`, `samurai`, `present`, or a policy of
            one's own.
        overlap: Whom a pixel belongs to that several objects claim: `none`, `argmax_logit` or
            `score_priority`.
        exclusive: Whether a pixel is remembered as of one object only, see `undisputed`. An object
            that loses most of its mask to others is hidden: it has no mask, and nothing of the
            frame is remembered of it.
        sure: Whether prompts are true, not of a detector: what one shows is remembered whole.
    """

    def __init__(
        self,
        networks: Networks,
        memory: str | WritePolicy = "sam2",
        overlap: str = "none",
        *,
        exclusive: bool = False,
        sure: bool = False,
    ) -> None:
        if overlap not in OVERLAPS:
            raise ValueError(f"overlap {overlap!r} is unknown: expected one of {list(OVERLAPS)}")
        self._networks, self._overlap = networks, overlap
        self._exclusive, self._sure = exclusive, sure
        self._write = make_write_policy(memory) if isinstance(memory, str) else memory
        self.start()

    def start(self) -> None:
        """Forget everything."""
        net = self._networks
        self._write.start()
        self._memory_bank = MemoryBank(
            net.arrays, net.memories, net.pointers, net.shapes, net.pointer_width
        )
        self._outputs = ObjectOutputs(net.arrays, net.image_size // 4, (0, 0))
        self._renewed: set[int] = set()  # whose prompt takes the place of their last
        self._aside: dict[int, ObjectOutputs] = {}  # what is remembered instead of their prompt
        self._now = -1
        self._size = (0, 0)
        self._features: Mapping[str, Any] = {}
        self._entry: Entry | None = None  # of the frame before, not yet in the memories

    @property
    def identities(self) -> list[int]:
        """Of the objects there are, in the order of all arrays."""
        return list(self._outputs.identities)

    @property
    def outputs(self) -> ObjectOutputs:
        """What the model outputs for all objects in the frame, in the order they are kept in."""
        return self._outputs

    def look(self, image: np.ndarray) -> ObjectOutputs:
        """Take the next frame, (height, width, 3) uint8 RGB, and follow all objects into it.

        Raises:
            ValueError: It is of another size than the frame before.
        """
        net = self._networks
        size = image.shape[0], image.shape[1]
        if self._now >= 0 and size != self._size:
            raise ValueError(f"a frame of {size} found, expected {self._size} as before")
        self._now += 1
        self._size = size
        side = net.image_size, net.image_size
        small = np.asarray(Image.fromarray(image).resize(side, Image.Resampling.BICUBIC))
        with stage("encode"):
            self._features = net.encode(image=net.arrays.put(small[None]))
        self._settle()
        there = self._outputs.identities
        found = self._follow() if there else {}
        unprompted = np.zeros(len(there), bool)
        self._outputs = ObjectOutputs(
            net.arrays, net.image_size // 4, size, there, found, unprompted
        )
        self._renewed, self._aside = set(), {}
        return self._outputs

    @stage("track")
    def _follow(self) -> Mapping[str, Any]:
        past = self._memory_bank.read(self._now)
        track = self._networks.track_partial if "memory_there" in past else self._networks.track
        return track(**self._pick("tokens", "high0", "high1"), **past)

    def _pick(self, *names: str) -> dict[str, Any]:
        return {name: self._features[name] for name in names}

    def prompt(self, prompts: Mapping[int, Prompt]) -> ObjectOutputs:
        """Begin with objects, or begin anew with those there are, in the frame looked at.

        Raises:
            ValueError: A prompt is empty or outside the image. Then nothing has begun.
        """
        self._check(prompts)
        self._show(prompts)
        for identity in prompts:
            self._forget_prompt(identity)
        return self._outputs

    def refresh(self, prompts: Mapping[int, Prompt], *, renew: bool = True) -> ObjectOutputs:
        """Show objects once more; their other memories stay.

        Args:
            renew: Whether what the prompt leaves takes the place of what the last one left. Else it
                is seen in this frame alone, and what was seen without it is remembered.

        Raises:
            KeyError: There is no such object.
            ValueError: A prompt is empty or outside the image. Then nothing has changed.
        """
        row = {identity: self._outputs.row(identity) for identity in prompts}
        self._check(prompts)
        begun = [identity for identity in prompts if self._memory_bank.is_begun(row[identity])]
        for identity in begun:
            if renew:
                self._renewed.add(identity)
                self._aside.pop(identity, None)
            elif identity not in self._aside:
                self._aside[identity] = self._outputs.take(np.array([row[identity]]))
        self._show(prompts)
        return self._outputs

    def _forget_prompt(self, identity: int) -> None:
        """Let a prompt be all that is remembered of an object."""
        self._renewed.discard(identity)
        self._aside.pop(identity, None)

    def _check(self, prompts: Mapping[int, Prompt]) -> None:
        for identity, prompt in prompts.items():
            try:
                prompt.check(*self._size)
            except ValueError as error:
                raise ValueError(f"object {identity}: {error}") from error

    @stage("prompt")
    def _show(self, prompts: Mapping[int, Prompt]) -> None:
        self._settle()
        alike: dict[tuple[bool, int], list[int]] = {}
        for identity, prompt in prompts.items():
            count = 0 if prompt.mask is not None else len(prompt.points_for(1, 1, 1)[0])
            alike.setdefault((prompt.mask is not None, count), []).append(identity)
        answers: dict[int, tuple[Mapping[str, Any], int]] = {}
        for group in alike.values():
            answer = self._ask([prompts[identity] for identity in group])
            answers |= {identity: (answer, row) for row, identity in enumerate(group)}
        for identity in prompts:
            if identity not in self._outputs.identities:
                self._memory_bank.add()
        self._outputs = self._outputs.with_prompts({each: answers[each] for each in prompts})

    def _ask(self, prompts: list[Prompt]) -> Mapping[str, Any]:
        """Return the answers to prompts of one kind, and of equally many points."""
        net, features = self._networks, self._pick("prompt_features", "high0", "high1")
        put = net.arrays.put
        if prompts[0].mask is not None:
            masks = np.stack([prompt.mask_for(net.image_size) for prompt in prompts])
            return net.mask_prompt(mask=put(masks), **features)
        shown = [prompt.points_for(*self._size, net.image_size) for prompt in prompts]
        points, labels = (np.stack(each) for each in zip(*shown, strict=True))
        engine = net.click if points.shape[1] == 1 else net.prompt
        return engine(points=put(points), labels=put(labels), **features)

    def drop(self, identity: int) -> None:
        """Forget an object; KeyError if there is none of that name."""
        row = self._outputs.row(identity)
        self._settle()
        self._memory_bank.drop(row)
        self._outputs = self._outputs.without(identity)
        self._forget_prompt(identity)

    @stage("memorize")
    def remember(self) -> None:
        """Make memories of what was seen in the frame; the next one finds them written."""
        if not self._outputs.identities:
            return
        outputs = self._outputs.with_rows(self._aside)
        prompted = outputs.prompted
        logits, hidden = self._part(outputs)
        chosen = self._write.choose(outputs) & ~hidden
        rows = np.flatnonzero(prompted | chosen)
        presence = outputs.found["presence"][rows]
        made = self._memorize(logits[rows], presence, prompted[rows]) if len(rows) else dict
        again, pointer = np.isin(outputs.identity, list(self._renewed)), outputs.found["pointer"]
        pointed = ~hidden if self._write.pointers else chosen
        self._entry = Entry(self._now, prompted, again, rows, made, pointer, pointed)

    def _part(self, outputs: ObjectOutputs) -> tuple[Any, np.ndarray]:
        """Return logits by which no pixel is claimed twice, and who is occluded, (B,) bool."""
        logits, prompted = outputs.found["logits"], outputs.prompted
        if not self._exclusive:
            return logits, np.zeros(len(prompted), bool)
        arrays = self._networks.arrays
        number, kept = np.arange(len(prompted)), prompted & self._sure
        parted, beaten = undisputed(logits, arrays.put(number), arrays.put(kept))
        return parted, arrays.get(beaten) & ~prompted

    def _memorize(
        self, logits: Any, presence: Any, prompted: np.ndarray
    ) -> Callable[[], Mapping[str, Any]]:
        """Start to make memories of some objects."""
        return begin(
            self._networks.memorize,
            logits=logits,
            presence=presence,
            prompted=self._networks.arrays.put(prompted),
            **self._pick("memory_pixels"),
        )

    @stage("memorize")
    def _settle(self) -> None:
        """Write what was seen in the frame before into the memories, if it is not yet."""
        if self._entry is not None:
            self._memory_bank.write(self._entry)
            self._entry = None

    @stage("masks")
    def masks(self, threshold: float = 0.0) -> np.ndarray:
        """Return the masks of all objects in the frame, (B, height, width) bool.

        Args:
            threshold: Logits above it are on the object.
        """
        outputs, arrays = self._outputs, self._networks.arrays
        if not outputs.identities:
            return np.zeros((0, *self._size), bool)
        maps = arrays.resize(outputs.found["logits"], *self._size)
        masks, best = arrays.get(maps > threshold), np.zeros(0, np.int64)
        if self._overlap == "argmax_logit":
            best = arrays.get(maps.argmax(0))
        _, hidden = self._part(outputs)
        masks = masks & ~hidden[:, None, None]
        return share_out(self._overlap, masks, best, outputs.iou)
