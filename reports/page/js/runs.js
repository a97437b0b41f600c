// Masks of COCO run lengths, as datasets/masks/mask_set.py describes them. No DOM in here.
(() => {
  "use strict";
  const FIRST = 48;
  const MORE = 32;
  const DIGIT = 31;
  const SIGN = 16;

  // Lengths of background and foreground in turn, down the columns.
  function countsOf(text) {
    const counts = [];
    for (let at = 0; at < text.length; ) {
      let value = 0;
      let scale = 1;
      let letter;
      do {
        letter = text.charCodeAt(at) - FIRST;
        value += (letter & DIGIT) * scale;
        scale *= 32;
        at += 1;
      } while (letter & MORE);
      if (letter & SIGN) value -= scale;
      counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
    }
    return counts;
  }

  // {left, top, width, height, pixels}: the smallest box around a mask, and 0 or 1 a pixel of it, row
  // by row; null for an empty mask.
  function decode(text, height) {
    const runs = [];
    let place = 0;
    let left = Infinity;
    let right = -1;
    let top = height;
    let bottom = -1;
    countsOf(text).forEach((length, index) => {
      if (index % 2 && length) {
        const [one, last] = [Math.floor(place / height), Math.floor((place + length - 1) / height)];
        left = Math.min(left, one);
        right = Math.max(right, last);
        top = last > one ? 0 : Math.min(top, place % height);
        bottom = last > one ? height - 1 : Math.max(bottom, (place + length - 1) % height);
        runs.push([place, length]);
      }
      place += length;
    });
    if (!runs.length) return null;
    const width = right - left + 1;
    const rows = bottom - top + 1;
    const pixels = new Uint8Array(width * rows);
    for (const [start, length] of runs)
      for (let at = start; at < start + length; at += 1) {
        pixels[((at % height) - top) * width + Math.floor(at / height) - left] = 1;
      }
    return { left, top, width, height: rows, pixels };
  }

  bench.runs = { decode };
})();
