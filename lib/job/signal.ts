import { checkNamedJob, checkSignalKey, checkSignalName } from './check.js';
import { InvalidOptionError, JobNotFoundError, TooManySignalsError, WrongStateError } from './errors.js';
import { plainId } from './job-life.js';
import type { JobStore } from './job-store.js';
import { encodeJson } from './json.js';
import { refuseUnknown } from './known-names.js';

export interface SignalOptions {
  /** Distinguishes copies of one signal: a second one with the key of the last one of that name changes nothing. */
  key?: string;
}

/** Payloads are kept with the job, and loaded with it. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** See `Queue.signal`. */
export async function signalJob(
  store: JobStore,
  id: string,
  name: string,
  payload: unknown,
  options: SignalOptions = {},
): Promise<boolean> {
  checkNamedJob(id);
  refuseUnknown('signal option', options, ['key']);
  const { key } = options;
  checkSignalName(name);
  if (key !== undefined) {
    checkSignalKey(key);
  }
  const json = encodeJson('The payload', payload, 'null', store.codec);
  if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) {
    throw new InvalidOptionError('payload', payload, `Use at most ${MAX_PAYLOAD_BYTES} bytes of JSON.`);
  }
  const word = await store.signalJob(id, name, key ?? '', json);
  if (word === 'missing') {
    throw new JobNotFoundError(plainId(id), 'signal');
  }
  if (word === 'finished') {
    throw new WrongStateError(plainId(id), 'signal', 'unfinished');
  }
  if (word === 'too-many') {
    throw new TooManySignalsError(plainId(id), name);
  }
  return word === 'ok';
}
