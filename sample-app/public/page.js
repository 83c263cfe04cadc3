// The page asks for the list every half second and changes what has changed. All text goes in as text, never as HTML.
const POLL_MS = 500;
const ANSWER_WITHIN_MS = 4000;
const STATES = {
  waiting: 'Waiting',
  active: 'Working',
  delayed: 'Trying again soon',
  completed: 'Done',
  failed: 'Failed',
};

const byId = (id) => document.getElementById(id);
const cards = new Map();

async function ask(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new Error([body.message].flat().join(' ') || `The app answered ${response.status}.`);
  return body;
}

function say(text, isError = false) {
  byId('notice').textContent = text;
  byId('notice').classList.toggle('bad', isError);
}

/** Runs what a click started; what goes wrong is said on the page. */
async function attempt(action) {
  say('');
  try {
    await action();
  } catch (error) {
    say(error instanceof TypeError ? 'The app does not answer.' : error.message, true);
  }
  await refresh();
}

async function upload(files) {
  say(files.length === 1 ? 'Sending a photo…' : `Sending ${files.length} photos…`);
  const failures = [];
  const duplicates = [];
  for (const file of files) {
    const form = new FormData();
    form.append('photo', file);
    await ask('photos', { method: 'POST', body: form }).then(
      (photo) => photo.isDuplicate && duplicates.push(photo),
      (error) => failures.push(`${file.name}: ${error.message}`),
    );
  }
  sayDuplicates(duplicates);
  if (failures.length > 0) throw new Error(failures.join(' '));
}

/** The same photo again, while its job is unfinished, makes no second job. */
function sayDuplicates(duplicates) {
  say(duplicates.map(({ id, title }) => `${title} is on its way already, as job ${id}.`).join(' '));
}

function element(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function size(bytes) {
  return bytes < 1024 * 1024
    ? `${Math.max(1, Math.round(bytes / 1024))} KB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function showCounts(photos) {
  const counts = Object.keys(STATES).map((state) => {
    const pair = element('div', '');
    const count = photos.filter((photo) => photo.state === state).length;
    pair.append(element('dt', '', STATES[state].toLowerCase()), element('dd', '', String(count)));
    pair.hidden = count === 0;
    return pair;
  });
  byId('counts').replaceChildren(...counts);
}

function facts(photo) {
  const { inspection, attempts, tookMs, state, duplicates } = photo;
  const parts = [];
  if (inspection) {
    const color = element('span', '', inspection.color);
    const swatch = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    swatch.setAttribute('class', 'swatch');
    swatch.style.background = inspection.color;
    color.prepend(swatch);
    parts.push(
      element('span', '', `${inspection.width} × ${inspection.height}`),
      element('span', '', inspection.format.toUpperCase()),
      element('span', '', size(inspection.bytes)),
      color,
    );
  }
  if (state === 'completed' && tookMs !== undefined)
    parts.push(element('span', '', `${(tookMs / 1000).toFixed(1)} s`));
  if (attempts.made > (state === 'completed' ? 1 : 0)) {
    parts.push(element('span', '', `attempt ${attempts.made} of ${attempts.of}`));
  }
  if (duplicates > 0) parts.push(element('span', 'duplicates', `+${duplicates} left out as duplicate`));
  return parts;
}

function links(photo) {
  const pictures = photo.pictures.map((picture) => {
    const link = element('a', '', `${picture.width} px`);
    link.href = picture.url;
    link.title = size(picture.bytes);
    link.target = '_blank';
    return link;
  });
  if (photo.state !== 'failed') return pictures;
  const retry = element('button', 'main', 'Retry');
  retry.type = 'button';
  retry.addEventListener('click', () => {
    retry.disabled = true;
    void attempt(() => ask(`photos/${encodeURIComponent(photo.id)}/retry`, { method: 'POST' }));
  });
  return [retry, ...pictures];
}

function show(card, photo) {
  const find = (selector) => card.querySelector(selector);
  card.dataset.state = photo.state;
  find('h3').textContent = photo.title;
  find('h3').title = `Job ${photo.id}: ${photo.title}`;
  find('.state').textContent = STATES[photo.state] ?? photo.state;
  find('.state').dataset.state = photo.state;
  find('progress').value = photo.progress.done / photo.progress.of;
  find('progress').hidden = photo.state === 'completed';
  find('.facts').replaceChildren(...facts(photo));
  find('.error').hidden = photo.error === undefined;
  find('.error').textContent = photo.error ?? '';
  find('.links').replaceChildren(...links(photo));

  const frame = find('.frame');
  const image = find('.frame img');
  frame.style.backgroundColor = photo.inspection?.color ?? '';
  const picture = photo.pictures.find(({ width }) => width >= 640) ?? photo.pictures[0];
  frame.disabled = photo.pictures.length === 0;
  image.hidden = !picture;
  if (picture && image.getAttribute('src') !== picture.url) {
    image.src = picture.url;
    image.alt = photo.title;
  }
  find('.pending').textContent = photo.inspection
    ? ''
    : photo.state === 'failed'
      ? 'No picture'
      : 'No picture yet';
}

function enlarge(photo) {
  const picture = photo.pictures.at(-1);
  const viewer = byId('viewer');
  viewer.querySelector('img').src = picture.url;
  viewer.querySelector('img').alt = photo.title;
  viewer.querySelector('p').textContent =
    `${photo.title} · ${picture.width} × ${picture.height} · ${size(picture.bytes)}`;
  viewer.showModal();
}

function newCard() {
  const made = { card: byId('card').content.firstElementChild.cloneNode(true), text: '', photo: undefined };
  made.card.querySelector('.frame').addEventListener('click', () => enlarge(made.photo));
  const image = made.card.querySelector('.frame img');
  image.addEventListener('error', () => (image.hidden = true));
  return made;
}

function showPhotos(photos) {
  const grid = byId('photos');
  const present = new Set(photos.map(({ id, addedAt }) => `${id} ${addedAt}`));
  for (const [key, { card }] of cards) {
    if (present.has(key)) continue;
    card.remove();
    cards.delete(key);
  }
  photos.forEach((photo, at) => {
    const key = `${photo.id} ${photo.addedAt}`;
    const text = JSON.stringify(photo);
    let known = cards.get(key);
    if (!known) {
      known = newCard();
      cards.set(key, known);
    }
    // Only what changed is touched: a button under the pointer must not be swapped between press and release.
    if (known.text !== text) show(known.card, photo);
    Object.assign(known, { text, photo });
    if (grid.children[at] !== known.card) grid.insertBefore(known.card, grid.children[at] ?? null);
  });
  byId('empty').hidden = photos.length > 0;
}

let asked = 0;
let shown = 0;

async function refresh() {
  const mine = (asked += 1);
  try {
    const photos = await ask('photos', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    byId('offline').hidden = true;
    // Answers may overtake each other: an older one never replaces a newer one.
    if (mine < shown) return;
    shown = mine;
    showPhotos(photos);
    showCounts(photos);
  } catch {
    byId('offline').hidden = false;
  }
}

async function showSamples() {
  const names = await ask('photos/samples');
  const buttons = names.map((name) => {
    const button = element('button', '', name.replaceAll('-', ' '));
    button.type = 'button';
    button.addEventListener('click', () =>
      attempt(async () => {
        const photo = await ask(`photos/samples/${name}`, { method: 'POST' });
        if (photo.isDuplicate) sayDuplicates([photo]);
      }),
    );
    return button;
  });
  byId('samples').replaceChildren(...buttons);
}

const form = byId('upload');
const files = byId('files');
files.addEventListener('change', () => {
  const chosen = [...files.files];
  form.reset();
  if (chosen.length > 0) void attempt(() => upload(chosen));
});
for (const event of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(event, (drag) => {
    drag.preventDefault();
    form.classList.toggle('over', event === 'dragenter' || event === 'dragover');
    if (event === 'drop' && drag.dataTransfer?.files.length) {
      void attempt(() => upload([...drag.dataTransfer.files]));
    }
  });
}

await attempt(showSamples);
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  if (!document.hidden) await refresh();
}
