// A heat map over a dimmed still of its sequence, with its colour scale.
(() => {
  "use strict";
  const { element } = bench;
  const INFERNO = [
    [87, 16, 110],
    [136, 34, 106],
    [188, 55, 84],
    [227, 89, 51],
    [249, 140, 10],
    [249, 201, 50],
    [252, 255, 164],
  ];
  const MORE = [230, 159, 0]; // Okabe and Ito, as LESS
  const LESS = [86, 180, 233];
  const GROUND = "#33383e"; // background of a map, as in heatmaps.css
  const OPAQUE = 0.9;
  const STOPS = [0, 0.05, 0.2, 0.4, 0.6, 0.8, 1];

  /** The bytes of each packed map, unpacked once. */
  const unpacked = new WeakMap();
  function unpack(packed) {
    if (!unpacked.has(packed)) {
      const bytes = Uint8Array.from(atob(packed.cells), letter => letter.charCodeAt(0));
      const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      const buffer = new Response(plain).arrayBuffer();
      unpacked.set(
        packed,
        buffer.then(content => new Uint8Array(content)),
      );
    }
    return unpacked.get(packed);
  }

  /** The values of a map with `cells` cells at one moment, row by row. */
  async function read(packed, moment, cells) {
    const steps = (await unpack(packed)).subarray(moment * cells, (moment + 1) * cells);
    return Float32Array.from(steps, step => (step * packed.top) / 255);
  }

  /** The colour of a share of the maximum. */
  function inferno(share) {
    const position = Math.min(share, 1) * (INFERNO.length - 1);
    const below = Math.min(Math.floor(position), INFERNO.length - 2);
    const [colour, next] = [INFERNO[below], INFERNO[below + 1]];
    return colour.map((low, channel) => low + (next[channel] - low) * (position - below));
  }

  const gradient = (...stops) => `linear-gradient(90deg, ${stops.join(", ")}), ${GROUND}`;
  const rgb = (colour, opacity = 1) => `rgb(${colour.join(" ")} / ${opacity})`;

  // Palettes: the pixel of a share of the maximum, and the scale below the map.
  const heat = {
    pixelOf: share => [...inferno(share), 255 * OPAQUE * Math.sqrt(Math.min(share, 1))],
    scaleTo: top => ({
      low: "0",
      high: Number(top.toPrecision(2)).toString(),
      colours: gradient(...STOPS.map(share => rgb(inferno(share), OPAQUE * Math.sqrt(share)))),
    }),
  };
  const difference = {
    pixelOf: share => [...(share > 0 ? MORE : LESS), 255 * OPAQUE * Math.min(Math.abs(share), 1)],
    scaleTo: () => ({
      low: "less than truth",
      high: "more",
      colours: gradient(rgb(LESS), rgb(LESS, 0), rgb(MORE, 0), rgb(MORE)),
    }),
  };

  function paint(canvas, { columns, rows }, values, pixelOf) {
    canvas.width = columns;
    canvas.height = rows;
    const image = new ImageData(columns, rows);
    values.forEach((value, cell) => {
      image.data.set(pixelOf(value), 4 * cell);
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** The index of the cell under the pointer. */
  function cellAt({ columns, rows }, { offsetX, offsetY, currentTarget: canvas }) {
    const column = Math.floor((offsetX / canvas.clientWidth) * columns);
    const row = Math.floor((offsetY / canvas.clientHeight) * rows);
    return row * columns + column;
  }

  /** A panel that shows maps over the still of a sequence; the pointer shows a cell's value. */
  function makePanel(sequenceMaps, title, palette) {
    const canvas = element("canvas", { role: "img" });
    const reading = element("span", { className: "cell", hidden: true });
    const scale = element("div", { className: "scale" });
    const still = sequenceMaps.still && element("img", { src: sequenceMaps.still, alt: "" });
    const style = { aspectRatio: `${sequenceMaps.width} / ${sequenceMaps.height}` };
    const heading = element("figcaption", {}, element("h3", { textContent: title }));
    const picture = element("div", { className: "map", style }, still, canvas, reading);
    let shown = [];
    canvas.addEventListener("pointermove", event => {
      const value = shown[cellAt(sequenceMaps, event)];
      reading.hidden = value === undefined;
      reading.textContent = value === undefined ? "" : bench.withMinus(value.toFixed(2));
    });
    canvas.addEventListener("pointerleave", () => {
      reading.hidden = true;
    });
    function show(values, top, when) {
      shown = values;
      paint(canvas, sequenceMaps, values, value => palette.pixelOf(top ? value / top : 0));
      canvas.setAttribute("aria-label", `${title}, ${when}`);
      scale.replaceChildren(...scaleNodes(palette.scaleTo(top)));
    }
    return { node: element("figure", {}, heading, picture, scale), show };
  }

  const scaleNodes = ({ low, high, colours }) => [
    element("span", { textContent: low }),
    element("i", { style: { background: colours } }),
    element("span", { textContent: high }),
  ];

  bench.heatmapPanels = { read, makePanel, heat, difference };
})();
