import { randomBytes } from 'node:crypto';

/** A prefix that no other test uses, so that test files run side by side on one server. */
export function randomPrefix(): string {
  return `t-${randomBytes(6).toString('hex')}`;
}

export function randomQueueName(): string {
  return `q-${randomBytes(6).toString('hex')}`;
}
