// Loads pictures and objects of frames on demand from files in the page's folder.
(() => {
  "use strict";
  const MAX_PICTURES = 300;
  const contents = new Map(); // by key
  const loading = new Map(); // promises of contents, by key
  const pictures = new Map(); // promises by URL, oldest first
  const keyOf = (dataset, sequence, variant) => JSON.stringify([dataset, sequence, variant]);

  /** Called by the scripts in reports/media with their content. */
  function add(content) {
    const key = keyOf(content.dataset, content.sequence, content.variant);
    contents.set(key, { ...content, masks: new Map() });
  }

  const address = (...parts) =>
    parts
      .flatMap(part => part.split("/"))
      .map(encodeURIComponent)
      .join("/");

  /** The folder with the pictures and ground truth of a sequence. */
  const framesOf = ({ gallery }, sequence) => address(gallery.media.folder, "frames", sequence);
  const tracksOf = ({ gallery }, sequence, variant) =>
    `${address(gallery.media.folder, "tracks", variant, sequence)}.js`;

  /**
   * The objects of a variant, or the ground truth if it is null; null if the file does not exist.
   * A page opened from disk may load scripts, but not use `fetch`.
   */
  function load(run, sequence, variant) {
    const key = keyOf(run.dataset, sequence, variant);
    if (contents.has(key)) return Promise.resolve(contents.get(key));
    if (!loading.has(key)) {
      const isTruth = variant === null;
      const src = isTruth
        ? `${framesOf(run, sequence)}/truth.js`
        : tracksOf(run, sequence, variant);
      loading.set(
        key,
        runScript(src).then(() => contents.get(key) ?? null),
      );
    }
    return loading.get(key);
  }

  /** Runs a script; resolves when it has run or failed to load. */
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

  /** The picture of a frame; null if there is none. */
  function picture(run, sequence, frame) {
    if (!run.gallery.media.sequences[sequence]?.pictures) return Promise.resolve(null);
    const src = `${framesOf(run, sequence)}/${String(frame).padStart(6, "0")}.jpg`;
    if (!pictures.has(src)) {
      if (pictures.size >= MAX_PICTURES) pictures.delete(pictures.keys().next().value);
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
