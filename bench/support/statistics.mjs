export function median(values) {
  return quantile(values, 0.5);
}

// Between two neighbouring values it takes the share of each.
export function quantile(values, fraction) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  return below + (above - below) * (position - Math.floor(position));
}

export function range(values) {
  return { min: Math.min(...values), max: Math.max(...values) };
}
