// Pictures and objects of a frame: loaded from beside the page when they are asked for, and drawn.
(() => {
  "use strict";
  const MOST_PICTURES = 300;
  const MOST_MASKS = 3000;
  const store = new Map();
  const waiting = new Map();
  const pictures = new Map();
  const key = (dataset, sequence, variant) => JSON.stringify([dataset, sequence, variant]);

  // What the files in reports/media call with their content.
  function add(content) {
    store.set(key(content.dataset, content.sequence, content.variant), {
      ...content,
      masks: new Map(),
    });
  }

  const path = (...parts) =>
    parts
      .flatMap(part => part.split("/"))
      .map(encodeURIComponent)
      .join("/");
  const truthPath = (run, sequence) =>
    `${path(run.gallery.media.folder, "frames", sequence)}/truth.js`;
  const variantPath = (run, sequence, variant) =>
    `${path(run.gallery.media.folder, "tracks", variant, sequence)}.js`;

  // The objects of a variant, of the truth where it is null; null where the file is not there.
  function load(run, sequence, variant) {
    const name = key(run.dataset, sequence, variant);
    if (store.has(name)) return Promise.resolve(store.get(name));
    if (!waiting.has(name)) {
      waiting.set(
        name,
        new Promise(done => {
          const src =
            variant === null ? truthPath(run, sequence) : variantPath(run, sequence, variant);
          const script = bench.element("script", { src });
          script.onload = script.onerror = () => {
            script.remove();
            done(store.get(name) ?? null);
          };
          document.head.append(script);
        }),
      );
    }
    return waiting.get(name);
  }

  // The picture of a frame; null where there is none.
  function picture(run, sequence, frame) {
    if (!run.gallery.media.sequences[sequence]?.pictures) return Promise.resolve(null);
    const src = `${path(run.gallery.media.folder, "frames", sequence)}/${String(frame).padStart(6, "0")}.jpg`;
    if (!pictures.has(src)) {
      if (pictures.size >= MOST_PICTURES) pictures.delete(pictures.keys().next().value);
      pictures.set(
        src,
        new Promise(done => {
          const image = new Image();
          image.onload = () => done(image);
          image.onerror = () => done(null);
          image.src = src;
        }),
      );
    }
    return pictures.get(src);
  }

  const colourOf = (run, identity) => run.gallery.palette[identity % run.gallery.palette.length];

  // The box of an identity in a frame, in pixels of the pictures; null where it is not there.
  function boxOf(content, frame, identity) {
    if (!content) return null;
    const row = rowsOf(content, frame).find(each => content.track[each] === identity);
    return row === undefined ? null : boxAt(content, row);
  }

  const boxAt = (content, row) =>
    content.box.slice(4 * row, 4 * row + 4).map(tenths => tenths / 10);
  function rowsOf(content, frame) {
    const [begin, end] = [content.first[frame] ?? 0, content.first[frame + 1] ?? 0];
    return Array.from({ length: Math.max(0, end - begin) }, (_, place) => begin + place);
  }

  function tinted(content, row, colour) {
    if (content.masks.has(row)) return content.masks.get(row);
    if (content.masks.size >= MOST_MASKS) content.masks.clear();
    const mask = bench.runs.decode(content.rle[row], content.height);
    content.masks.set(row, mask && { ...mask, canvas: paint(mask, colour) });
    return content.masks.get(row);
  }

  function paint({ width, height, pixels }, colour) {
    const canvas = bench.element("canvas", { width, height });
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    const [red, green, blue] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
    const there = (x, y) => x >= 0 && x < width && y >= 0 && y < height && pixels[y * width + x];
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < width; x += 1) {
        if (!pixels[y * width + x]) continue;
        const inside = there(x - 1, y) && there(x + 1, y) && there(x, y - 1) && there(x, y + 1);
        image.data.set([red, green, blue, inside ? 120 : 255], 4 * (y * width + x));
      }
    pen.putImageData(image, 0, 0);
    return canvas;
  }

  // Draws a frame. `view` is what is seen, {left, top, width, height} in pixels of the pictures; `mark`
  // a box to be marked. Objects of classes that are not shown are dashed.
  function draw(canvas, run, { content, image, frame, view, mark }) {
    const ratio = window.devicePixelRatio || 1;
    const zoom = (canvas.clientWidth * ratio) / view.width;
    canvas.width = Math.round(view.width * zoom);
    canvas.height = Math.round(view.height * zoom);
    const pen = canvas.getContext("2d");
    pen.fillStyle = bench.ink("--raised");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.setTransform(zoom, 0, 0, zoom, -view.left * zoom, -view.top * zoom);
    if (image && content) pen.drawImage(image, 0, 0, content.width, content.height);
    else if (content) ground(pen, content, zoom);
    if (content) objects(pen, run, content, frame, { zoom, ratio, view });
    if (mark) marked(pen, mark, ratio / zoom);
    pen.resetTransform();
  }

  function ground(pen, content, zoom) {
    pen.fillStyle = bench.ink("--paper");
    pen.fillRect(0, 0, content.width, content.height);
    pen.strokeStyle = bench.ink("--line");
    pen.lineWidth = 1 / zoom;
    pen.strokeRect(0, 0, content.width, content.height);
  }

  function objects(pen, run, content, frame, { zoom, ratio, view }) {
    const shown = new Set(bench.classes(run));
    const scored = row => !content.class || shown.has(content.classes[content.class[row]]);
    const rows = rowsOf(content, frame).filter(row => seen(boxAt(content, row), view));
    const pixel = ratio / zoom;
    pen.imageSmoothingEnabled = false;
    if (content.rle)
      for (const row of rows.filter(scored)) {
        const mask = tinted(content, row, colourOf(run, content.track[row]));
        if (mask) pen.drawImage(mask.canvas, mask.left, mask.top);
      }
    pen.imageSmoothingEnabled = true;
    for (const row of rows) {
      const [left, top, right, bottom] = boxAt(content, row);
      pen.lineWidth = (scored(row) ? 2 : 1) * pixel;
      pen.setLineDash(scored(row) ? [] : [3 * pixel, 3 * pixel]);
      pen.strokeStyle = scored(row) ? colourOf(run, content.track[row]) : "#888";
      pen.strokeRect(left, top, right - left, bottom - top);
    }
    pen.setLineDash([]);
    for (const row of rows.filter(scored)) label(pen, run, content, row, { pixel, view });
  }

  const seen = ([left, top, right, bottom], view) =>
    left < view.left + view.width &&
    right > view.left &&
    top < view.top + view.height &&
    bottom > view.top;

  function label(pen, run, content, row, { pixel, view }) {
    const text = String(content.track[row]);
    const size = 11 * pixel;
    const [left, top] = boxAt(content, row);
    pen.font = `600 ${size}px system-ui, sans-serif`;
    const colour = colourOf(run, content.track[row]);
    const width = pen.measureText(text).width + 4 * pixel;
    const x = Math.max(left, view.left);
    const y = Math.max(top - size - 2 * pixel, view.top);
    const [red, green, blue] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
    pen.fillStyle = colour;
    pen.fillRect(x, y, width, size + 2 * pixel);
    pen.fillStyle = 0.299 * red + 0.587 * green + 0.114 * blue > 130 ? "#141414" : "#fff";
    pen.fillText(text, x + 2 * pixel, y + size);
  }

  function marked(pen, [left, top, right, bottom], pixel) {
    for (const [width, colour] of [
      [5, "#141414"],
      [2.5, "#fff"],
    ]) {
      pen.lineWidth = width * pixel;
      pen.strokeStyle = colour;
      pen.strokeRect(
        left - 4 * pixel,
        top - 4 * pixel,
        right - left + 8 * pixel,
        bottom - top + 8 * pixel,
      );
    }
  }

  bench.media = { add };
  bench.pictures = { load, picture, draw, boxOf, colourOf };
})();
