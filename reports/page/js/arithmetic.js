// Sums and means of numbers, and element-wise sums of lists. Does not use the DOM.
(() => {
  "use strict";
  const sum = values => values.reduce((total, value) => total + value, 0);
  const mean = values => (values.length ? sum(values) / values.length : null);

  /** The sum of two numbers, or of two nested lists of the same shape. */
  const add = (one, other) =>
    Array.isArray(one) ? one.map((value, index) => add(value, other[index])) : one + other;

  bench.arithmetic = { sum, mean, add };
})();
