import { byId } from './element.js';
import { size } from './format.js';

/** Shows the largest picture of a photo. */
export function enlarge(photo) {
  const picture = photo.pictures.at(-1);
  const viewer = byId('viewer');
  const image = viewer.querySelector('img');
  image.src = picture.url;
  image.alt = photo.title;
  viewer.querySelector('p').textContent =
    `${photo.title} · ${picture.width} × ${picture.height} · ${size(picture.bytes)}`;
  viewer.showModal();
}
