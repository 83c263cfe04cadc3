// Three digits that mean something, and no more than that.
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function formatRange({ min, max }) {
  return Number.isFinite(min) ? `${formatNumber(min)}–${formatNumber(max)}` : '–';
}
