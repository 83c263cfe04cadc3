// Everything on the page comes by server-sent events: how things are when it connects, and then what changes.
import { Activity } from './activity.js';
import { setUpAdding } from './add-photos.js';
import { Connection } from './connection.js';
import { JobDetails } from './job-details.js';
import { byId } from './element.js';
import { LiveStream } from './live-stream.js';
import { PhotoGrid } from './photo-grid.js';
import { Plots } from './plots.js';
import { showQueues } from './queue-table.js';
import { attempt, post } from './requests.js';
import { Schedules } from './schedules.js';
import { noteServerTime } from './server-clock.js';

const connection = new Connection();
const details = new JobDetails();
const grid = new PhotoGrid((photo) => details.open(photo));
const plots = new Plots();
const activity = new Activity();
const schedules = new Schedules();
showQueues({});

const stream = {
  status({ redis }) {
    connection.redisIs(redis);
  },
  snapshot({ photos, ticks, counts }) {
    grid.replace(photos);
    plots.replace(ticks);
    showQueues(counts);
    schedules.tick(true);
    connection.shown();
  },
  changes({ events, photos, gone }) {
    grid.update(photos);
    grid.remove(gone);
    for (const photo of photos) details.update(photo);
    activity.add(events, (id) => grid.titleOf(id));
  },
  tick(tick) {
    noteServerTime(tick.at);
    plots.add(tick);
    showQueues(tick.counts);
    schedules.tick();
    connection.heard();
  },
};

new LiveStream('board/events', stream, connection).open();

byId('traffic').addEventListener('click', ({ currentTarget: button }) =>
  attempt(async () => {
    const { lastsMs } = await post('traffic');
    button.disabled = true;
    setTimeout(() => (button.disabled = false), lastsMs);
  }),
);

await setUpAdding();
