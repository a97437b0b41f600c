// Decodes COCO RLE masks, as described in datasets/masks/mask_set.py. No DOM.
(() => {
  "use strict";
  const FIRST = 48; // character code of 0
  const MORE = 32; // bit of a character: the number continues
  const DIGIT = 31; // bits of a character that hold the number
  const SIGN = 16; // bit of the last character: the number is negative

  /** Alternating lengths of background and foreground, in column-major order. */
  function lengthsOf(text) {
    const lengths = [];
    let index = 0;
    while (index < text.length) {
      const { value, end } = numberAt(text, index);
      lengths.push(lengths.length > 2 ? value + lengths.at(-2) : value);
      index = end;
    }
    return lengths;
  }

  /** The number that begins at a position, and the position after it. */
  function numberAt(text, begin) {
    let value = 0;
    let scale = 1;
    for (let index = begin; ; index += 1) {
      const letter = text.charCodeAt(index) - FIRST;
      value += (letter & DIGIT) * scale;
      scale *= DIGIT + 1;
      if (letter & MORE) continue;
      return { value: letter & SIGN ? value - scale : value, end: index + 1 };
    }
  }

  /** The foreground runs, as {first, last} pixel in column-major order. */
  function runsOf(text) {
    const runs = [];
    let first = 0;
    lengthsOf(text).forEach((length, index) => {
      if (index % 2 && length) runs.push({ first, last: first + length - 1 });
      first += length;
    });
    return runs;
  }

  /** The bounding box of runs in an image of a height; right and bottom are inclusive. */
  function boxOf(runs, height) {
    const columnOf = pixel => Math.floor(pixel / height);
    const crossing = runs.some(({ first, last }) => columnOf(first) < columnOf(last));
    return {
      left: columnOf(runs[0].first),
      right: columnOf(runs.at(-1).last),
      top: crossing ? 0 : runs.reduce((top, { first }) => Math.min(top, first % height), height),
      bottom: crossing
        ? height - 1
        : runs.reduce((end, { last }) => Math.max(end, last % height), 0),
    };
  }

  /**
   * {left, top, width, height, pixels}: the bounding box of a mask, and its pixels as 0 or 1, row
   * by row; null for an empty mask.
   */
  function decode(text, height) {
    const runs = runsOf(text);
    if (!runs.length) return null;
    const { left, right, top, bottom } = boxOf(runs, height);
    const width = right - left + 1;
    const rows = bottom - top + 1;
    const pixels = new Uint8Array(width * rows);
    for (const { first, last } of runs) {
      for (let pixel = first; pixel <= last; pixel += 1) {
        const [row, column] = [(pixel % height) - top, Math.floor(pixel / height) - left];
        pixels[row * width + column] = 1;
      }
    }
    return { left, top, width, height: rows, pixels };
  }

  bench.runLengths = { decode };
})();
