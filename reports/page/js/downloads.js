// Copies the exported tables to the clipboard, and offers the current table as CSV.
(() => {
  "use strict";
  const { byId } = bench;
  const SHOWN_MS = 1500;

  function copy(button) {
    const text = button.closest("details").querySelector("pre");
    const confirm = () => {
      button.textContent = "Copied";
      setTimeout(() => {
        button.textContent = "Copy";
      }, SHOWN_MS);
    };
    const copySelection = () => {
      getSelection().selectAllChildren(text);
      if (document.execCommand("copy")) confirm();
    };
    if (!navigator.clipboard) copySelection();
    else navigator.clipboard.writeText(text.textContent).then(confirm, copySelection);
  }

  /** A CSV field; as in reports/export.py, formulas are escaped. */
  function field(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function tableOf(run) {
    const headline = run.headline.map(name => bench.column(name, run));
    const names = [...headline, ...bench.speedHeadline(run)].map(column => column.name);
    const rows = bench.variants(run).map(variant => {
      const values = bench.valuesOf(run, variant);
      return [variant.name, variant.title, ...names.map(name => values[name])];
    });
    return [["variant", "title", ...names], ...rows];
  }

  for (const button of document.querySelectorAll("#downloads .copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  bench.onChange(() => {
    const run = bench.run();
    const lines = tableOf(run).map(row => row.map(field).join(","));
    const text = encodeURIComponent(`${lines.join("\n")}\n`);
    byId("shown-now").href = `data:text/csv;charset=utf-8,${text}`;
    byId("shown-now").download = `${run.dataset}_${run.protocol}_shown.csv`;
  });
})();
