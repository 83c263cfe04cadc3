import { byId, element } from './element.js';
import { ask, attempt, post, say } from './requests.js';

/** The form that takes files, dropped ones too, and the buttons of the samples. */
export async function setUpAdding() {
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
}

async function upload(files) {
  say(files.length === 1 ? 'Sending a photo…' : `Sending ${files.length} photos…`);
  const failures = [];
  const duplicates = [];
  for (const file of files) {
    const form = new FormData();
    form.append('photo', file);
    await post('photos', form).then(
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

async function showSamples() {
  const names = await ask('photos/samples');
  byId('samples').replaceChildren(...names.map(sampleButton));
}

function sampleButton(name) {
  const button = element('button', '', name.replaceAll('-', ' '));
  button.type = 'button';
  button.addEventListener('click', () =>
    attempt(async () => {
      const photo = await post(`photos/samples/${name}`);
      if (photo.isDuplicate) sayDuplicates([photo]);
    }),
  );
  return button;
}
