// Sums and means of numbers, and of lists of numbers place by place. No DOM in here.
(() => {
  "use strict";
  const sum = values => values.reduce((total, value) => total + value, 0);
  const mean = values => (values.length ? sum(values) / values.length : null);

  /** Two numbers added, or two nested lists of one shape. */
  const add = (one, other) =>
    Array.isArray(one) ? one.map((value, place) => add(value, other[place])) : one + other;

  bench.arithmetic = { sum, mean, add };
})();
