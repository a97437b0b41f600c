// Draws a frame with its objects on a canvas.
(() => {
  "use strict";
  const { themeColour } = bench.charts;
  const MAX_MASKS = 3000;
  const [DARK, LIGHT, GREY] = ["#141414", "#fff", "#888"];
  const [INSIDE, EDGE] = [120, 255]; // opacity of a mask, of 255
  const LABEL_SIZE = 11; // screen pixels, like the next three
  const PADDING = 2;
  const MARK_DISTANCE = 4;
  const MARK_LINES = [
    [5, DARK],
    [2.5, LIGHT],
  ]; // width and colour

  const colourOf = ({ gallery: { palette } }, identity) => palette[identity % palette.length];
  const channelsOf = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));

  /** The readable text colour on a background colour. */
  function textColourOn(colour) {
    const [red, green, blue] = channelsOf(colour);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? DARK : LIGHT;
  }

  /** The rows of `content` in a frame. */
  function rowsOf(content, frame) {
    const [begin, end] = [content.first[frame] ?? 0, content.first[frame + 1] ?? 0];
    return Array.from({ length: Math.max(0, end - begin) }, (_, index) => begin + index);
  }

  /** The box of a row in pixels of the pictures: left, top, right, bottom. */
  const boxAt = (content, row) =>
    content.box.slice(4 * row, 4 * row + 4).map(tenths => tenths / 10);

  /** The box of a track id in a frame; null if it is absent. */
  function boxOf(content, frame, identity) {
    if (!content) return null;
    const row = rowsOf(content, frame).find(each => content.track[each] === identity);
    return row === undefined ? null : boxAt(content, row);
  }

  /** The mask of a row with its coloured canvas; null for an empty mask. */
  function tintedMask(content, row, colour) {
    if (content.masks.has(row)) return content.masks.get(row);
    if (content.masks.size >= MAX_MASKS) content.masks.clear();
    const mask = bench.runLengths.decode(content.rle[row], content.height);
    const tinted = mask && { ...mask, canvas: paintMask(mask, colour) };
    content.masks.set(row, tinted);
    return tinted;
  }

  function paintMask({ width, height, pixels }, colour) {
    const canvas = bench.element("canvas", { width, height });
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    const isForeground = (x, y) =>
      x >= 0 && x < width && y >= 0 && y < height && pixels[y * width + x];
    pixels.forEach((isSet, index) => {
      if (!isSet) return;
      const [x, y] = [index % width, Math.floor(index / width)];
      const isInRow = isForeground(x - 1, y) && isForeground(x + 1, y);
      const isInside = isInRow && isForeground(x, y - 1) && isForeground(x, y + 1);
      image.data.set([...channelsOf(colour), isInside ? INSIDE : EDGE], 4 * index);
    });
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  /**
   * Draws a frame. `view` is the visible region, {left, top, width, height} in pixels of the
   * pictures; `mark` is a box to highlight. Objects of unselected classes are dashed.
   */
  function draw(canvas, run, { content, image, frame, view, mark }) {
    const ratio = window.devicePixelRatio || 1;
    const zoom = (canvas.clientWidth * ratio) / view.width;
    const pixel = ratio / zoom; // a screen pixel, in pixels of the pictures
    canvas.width = Math.round(view.width * zoom);
    canvas.height = Math.round(view.height * zoom);
    const pen = canvas.getContext("2d");
    pen.fillStyle = themeColour("--raised");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(zoom, 0, 0, zoom, -view.left * zoom, -view.top * zoom);
    if (image && content) pen.drawImage(image, 0, 0, content.width, content.height);
    else if (content) drawGround(pen, content, zoom);
    if (content) drawObjects(pen, objectsIn(run, content, frame, view), { content, view, pixel });
    if (mark) drawMark(pen, mark, pixel);
    pen.resetTransform();
  }

  function drawGround(pen, { width, height }, zoom) {
    pen.fillStyle = themeColour("--paper");
    pen.fillRect(0, 0, width, height);
    pen.strokeStyle = themeColour("--line");
    pen.lineWidth = 1 / zoom;
    pen.strokeRect(0, 0, width, height);
  }

  /** The visible objects of a frame: row, box, identity, colour, and whether they count. */
  function objectsIn(run, content, frame, view) {
    const shown = new Set(bench.classes(run));
    return rowsOf(content, frame)
      .map(row => ({
        row,
        box: boxAt(content, row),
        identity: content.track[row],
        colour: colourOf(run, content.track[row]),
        counts: !content.class || shown.has(content.classes[content.class[row]]),
      }))
      .filter(({ box }) => isVisible(box, view));
  }

  const isVisible = ([left, top, right, bottom], view) =>
    left < view.left + view.width &&
    right > view.left &&
    top < view.top + view.height &&
    bottom > view.top;

  function drawObjects(pen, objects, { content, view, pixel }) {
    const counted = objects.filter(each => each.counts);
    if (content.rle) drawMasks(pen, content, counted);
    for (const object of objects) drawBox(pen, object, pixel);
    pen.setLineDash([]);
    for (const object of counted) drawLabel(pen, object, { view, pixel });
  }

  function drawMasks(pen, content, objects) {
    pen.imageSmoothingEnabled = false;
    for (const { row, colour } of objects) {
      const mask = tintedMask(content, row, colour);
      if (mask) pen.drawImage(mask.canvas, mask.left, mask.top);
    }
    pen.imageSmoothingEnabled = true;
  }

  function drawBox(pen, { box: [left, top, right, bottom], colour, counts }, pixel) {
    pen.lineWidth = (counts ? 2 : 1) * pixel;
    pen.setLineDash(counts ? [] : [3 * pixel, 3 * pixel]);
    pen.strokeStyle = counts ? colour : GREY;
    pen.strokeRect(left, top, right - left, bottom - top);
  }

  /** Draws the track id above its box, or inside if there is no space above. */
  function drawLabel(pen, { box: [left, top], identity, colour }, { view, pixel }) {
    const [size, padding] = [LABEL_SIZE * pixel, PADDING * pixel];
    pen.font = `600 ${size}px system-ui, sans-serif`;
    const width = pen.measureText(String(identity)).width + 2 * padding;
    const x = Math.max(left, view.left);
    const y = Math.max(top - size - padding, view.top);
    pen.fillStyle = colour;
    pen.fillRect(x, y, width, size + padding);
    pen.fillStyle = textColourOn(colour);
    pen.fillText(String(identity), x + padding, y + size);
  }

  function drawMark(pen, [left, top, right, bottom], pixel) {
    const apart = MARK_DISTANCE * pixel;
    for (const [width, colour] of MARK_LINES) {
      pen.lineWidth = width * pixel;
      pen.strokeStyle = colour;
      pen.strokeRect(left - apart, top - apart, right - left + 2 * apart, bottom - top + 2 * apart);
    }
  }

  bench.pictures = { draw, boxOf, colourOf, textColourOn };
})();
