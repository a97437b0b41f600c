// The tables as files: a copy to the clipboard, and what is shown now as CSV.
(() => {
  "use strict";
  const at = id => document.getElementById(id);

  function copy(button) {
    const text = button.closest("details").querySelector("pre");
    const done = () => {
      button.textContent = "Copied";
      setTimeout(() => {
        button.textContent = "Copy";
      }, 1500);
    };
    const byHand = () => {
      getSelection().selectAllChildren(text);
      if (document.execCommand("copy")) done();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text.textContent).then(done, byHand);
    else byHand();
  }

  // As reports/export.py: what a spreadsheet would take for a formula is text.
  function field(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function shownNow() {
    const run = bench.run();
    const columns = [
      ...run.headline.map(name => bench.column(name, run)),
      ...bench.speedHeadline(run),
    ];
    const rows = bench
      .variants(run)
      .map(variant => [
        variant.name,
        variant.title,
        ...columns.map(column => bench.valuesOf(run, variant)[column.name]),
      ]);
    const lines = [["variant", "title", ...columns.map(column => column.name)], ...rows].map(row =>
      row.map(field).join(","),
    );
    at("shown-now").href =
      `data:text/csv;charset=utf-8,${encodeURIComponent(`${lines.join("\n")}\n`)}`;
    at("shown-now").download = `${run.dataset}_${run.protocol}_shown.csv`;
  }

  for (const button of document.querySelectorAll("#downloads .copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  bench.onChange(shownNow);
})();
