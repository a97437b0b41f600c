// Pictures and objects of frames, loaded from beside the page when they are asked for.
(() => {
  "use strict";
  const MOST_PICTURES = 300;
  const contents = new Map(); // by key
  const waiting = new Map(); // promises of contents, by key
  const pictures = new Map(); // promises, by address; the oldest first
  const keyOf = (dataset, sequence, variant) => JSON.stringify([dataset, sequence, variant]);

  /** What the files in reports/media call with their content. */
  function add(content) {
    const key = keyOf(content.dataset, content.sequence, content.variant);
    contents.set(key, { ...content, masks: new Map() });
  }

  const address = (...parts) =>
    parts
      .flatMap(part => part.split("/"))
      .map(encodeURIComponent)
      .join("/");

  /** The folder of a run's pictures of a sequence, where the truth lies, too. */
  const framesOf = ({ gallery }, sequence) => address(gallery.media.folder, "frames", sequence);
  const tracksOf = ({ gallery }, sequence, variant) =>
    `${address(gallery.media.folder, "tracks", variant, sequence)}.js`;

  /**
   * The objects of a variant, of the truth where it is null; null where the file is not there.
   * A page that was opened as a file may load scripts, but nothing by `fetch`.
   */
  function load(run, sequence, variant) {
    const key = keyOf(run.dataset, sequence, variant);
    if (contents.has(key)) return Promise.resolve(contents.get(key));
    if (!waiting.has(key)) {
      const isTruth = variant === null;
      const src = isTruth
        ? `${framesOf(run, sequence)}/truth.js`
        : tracksOf(run, sequence, variant);
      waiting.set(
        key,
        runScript(src).then(() => contents.get(key) ?? null),
      );
    }
    return waiting.get(key);
  }

  /** Runs a script; done when it has run, or is known not to be there. */
  function runScript(src) {
    return new Promise(done => {
      const script = bench.element("script", { src });
      const end = () => {
        script.remove();
        done();
      };
      script.onload = end;
      script.onerror = end;
      document.head.append(script);
    });
  }

  /** The picture of a frame; null where there is none. */
  function picture(run, sequence, frame) {
    if (!run.gallery.media.sequences[sequence]?.pictures) return Promise.resolve(null);
    const src = `${framesOf(run, sequence)}/${String(frame).padStart(6, "0")}.jpg`;
    if (!pictures.has(src)) {
      if (pictures.size >= MOST_PICTURES) pictures.delete(pictures.keys().next().value);
      pictures.set(src, loadImage(src));
    }
    return pictures.get(src);
  }

  function loadImage(src) {
    return new Promise(done => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => done(null);
      image.src = src;
    });
  }

  bench.media = { add, load, picture };
})();
