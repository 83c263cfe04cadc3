// All text goes in as text, never as HTML.
export const byId = (id) => document.getElementById(id);

export function element(tag, className = '', text = '') {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export function drawing(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Only what changed is touched, so that nothing under the pointer or the focus is swapped for its like. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
