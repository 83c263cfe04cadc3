import { byId } from './element.js';
import { size } from './format.js';

/** Shows a photo as large as it suits the window. */
export function enlarge(photo) {
  const largest = photo.pictures.at(-1);
  const viewer = byId('viewer');
  const image = viewer.querySelector('img');
  image.srcset = photo.pictures.map(({ url, width }) => `${url} ${width}w`).join(', ');
  image.width = largest.width;
  image.height = largest.height;
  image.alt = photo.title;
  viewer.querySelector('p').textContent =
    `${photo.title} · ${largest.width} × ${largest.height} · ${size(largest.bytes)}`;
  viewer.showModal();
}
