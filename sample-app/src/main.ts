import { rmSync } from 'node:fs';
import { StepwellRegistry } from 'stepwell';
import { startRedis } from 'stepwell/testing';
import { configFromEnvironment } from './app-config.js';
import { createApp } from './create-app.js';
import { findFreePort } from './find-free-port.js';
import { PHOTOS, PICTURES } from './photos/photo.js';
import { PhotosService } from './photos/photos.service.js';
import { printEvents } from './print-events.js';

const FIRST_PORT = Number(process.env['PORT'] ?? 3000);

const print = (line: string): void => void process.stdout.write(`${line}\n`);

// The server that REDIS_URL names, or one of our own that ends with this process.
const redis = await startRedis({ install: true });
const config = configFromEnvironment(redis.url);
const app = await createApp(config);
if (process.env['STEPWELL_DATA'] === undefined) {
  process.once('exit', () => rmSync(config.dataFolder, { recursive: true, force: true }));
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => print('Stopping…'));
app.enableShutdownHooks(['SIGINT', 'SIGTERM']);

const port = await findFreePort(FIRST_PORT, config.host);
await app.listen(port, config.host);
const address = `http://${config.host}:${port}`;
print(`Redis  ${redis.host}:${redis.port}`);
print(`Page   ${address}   (Ctrl-C ends)`);
print('');

const registry = app.get(StepwellRegistry);
printEvents(
  [PHOTOS, PICTURES].map((name) => registry.getEvents(name)),
  print,
);
const photos = app.get(PhotosService);
for (const name of await photos.samples()) await photos.addSample(name);
