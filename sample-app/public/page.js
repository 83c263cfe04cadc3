// Everything on the page comes by server-sent events: how things are when it connects, and then what changes.
import { Activity } from './activity.js';
import { setUpAdding } from './add-photos.js';
import { byId, setText } from './element.js';
import { LiveStream } from './live-stream.js';
import { PhotoGrid } from './photo-grid.js';
import { Plots } from './plots.js';
import { showQueues } from './queue-table.js';
import { attempt, post } from './requests.js';

const CONNECTION = { live: 'Live', reconnecting: 'Reconnecting' };

const grid = new PhotoGrid();
const plots = new Plots();
const activity = new Activity();

const stream = {
  snapshot({ photos, ticks }) {
    grid.replace(photos);
    plots.replace(ticks);
    if (ticks.length > 0) showQueues(ticks.at(-1).counts);
  },
  changes({ events, photos, gone }) {
    grid.update(photos);
    grid.remove(gone);
    activity.add(events, (id) => grid.titleOf(id));
  },
  tick(tick) {
    plots.add(tick);
    showQueues(tick.counts);
  },
};

const live = new LiveStream('board/events', stream, (state) => {
  byId('connection').dataset.state = state;
  setText(byId('connection'), CONNECTION[state]);
});
live.open();

byId('traffic').addEventListener('click', ({ currentTarget: button }) =>
  attempt(async () => {
    const { lastsMs } = await post('traffic');
    button.disabled = true;
    setTimeout(() => (button.disabled = false), lastsMs);
  }),
);

await setUpAdding();
