import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rootDirectory = fileURLToPath(new URL('../..', import.meta.url));

// The Redis client is named beside each library, for much of the time is spent in it.
const clientOf = { stepwell: 'ioredis', bullmq: 'ioredis', 'bee-queue': 'redis' };

export function packageVersions(peers) {
  const packages = new Set(peers.map((peer) => (peer.startsWith('stepwell-') ? 'stepwell' : peer)));
  return Object.fromEntries([...packages].map((name) => [name, versionWithClient(name)]));
}

function versionWithClient(peer) {
  const directory = peer === 'stepwell' ? rootDirectory : findPackage(peer, rootDirectory);
  return `${versionIn(directory)} (${clientOf[peer]} ${versionIn(findPackage(clientOf[peer], directory))})`;
}

// Walks up as Node's resolution does; asking Node would fail on packages that do not export their package.json.
function findPackage(name, fromDirectory) {
  const directory = join(fromDirectory, 'node_modules', name);
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(fromDirectory);
  if (parent === fromDirectory) throw new Error(`${name} is not installed`);
  return findPackage(name, parent);
}

function versionIn(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
}
