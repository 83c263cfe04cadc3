import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import * as bullmq from 'bullmq';
import { Redis } from 'ioredis';
import * as stepwell from '../../lib/compat/bullmq/index.js';
import { randomQueueName } from '../support/queue-name.js';
import { testRedisUrl } from '../support/redis.js';

export type BullMQ = typeof bullmq;

/** What a program is given: one of both packages, and where to work. */
export interface Bench {
  lib: BullMQ;
  name: string;
  /** Options of every class. */
  opts: { connection: { url: string; maxRetriesPerRequest: null }; prefix: string };
  /** Closes it at the end. */
  use<T extends { close(): Promise<void> }>(part: T): T;
}

type Program = (bench: Bench) => Promise<unknown>;

/** Runs one program against both packages. What it answers has to be the same. */
export async function expectSame(program: Program): Promise<void> {
  const name = randomQueueName();
  const theirs = await runOn(bullmq, program, name, 'both-bull');
  const ours = await runOn(stepwell as unknown as BullMQ, program, name, 'both-ours');
  expect(normal(ours, 'both-ours')).toEqual(normal(theirs, 'both-bull'));
}

/** Runs one program against both packages. What it answers differs, and how, is written down. */
export async function expectDifferent(
  program: Program,
  expected: { theirs: unknown; ours: unknown },
): Promise<void> {
  const name = randomQueueName();
  const theirs = await runOn(bullmq, program, name, 'both-bull');
  const ours = await runOn(stepwell as unknown as BullMQ, program, name, 'both-ours');
  expect({ theirs: normal(theirs, 'both-bull'), ours: normal(ours, 'both-ours') }).toEqual(expected);
}

async function runOn(lib: BullMQ, program: Program, name: string, prefix: string): Promise<unknown> {
  const parts: { close(): Promise<void> }[] = [];
  const use = <T extends { close(): Promise<void> }>(part: T): T => {
    parts.push(part);
    return part;
  };
  const opts = { connection: { url: testRedisUrl(), maxRetriesPerRequest: null }, prefix };
  try {
    return await program({ lib, name, opts, use });
  } finally {
    for (const part of parts.toReversed()) await part.close();
    await clear(prefix, name);
  }
}

async function clear(prefix: string, name: string): Promise<void> {
  const client = new Redis(testRedisUrl());
  const keys = await client.keys(`${prefix}:*${name}*`);
  if (keys.length > 0) await client.unlink(keys);
  await client.quit();
}

/** Compares what came of the same with both, apart from prefixes and ids that are new each time. */
export function expectEqual(
  ours: unknown,
  theirs: unknown,
  prefixes: { ours: string; theirs: string },
): void {
  expect(normal(ours, prefixes.ours)).toEqual(normal(theirs, prefixes.theirs));
}

/** Without what differs from run to run: as text, prefixes and uuids replaced. */
function normal(value: unknown, prefix: string): unknown {
  const text = JSON.stringify(value, (_key, each: unknown) => (each === undefined ? '<undefined>' : each));
  return JSON.parse(
    text
      .replaceAll(prefix, '<prefix>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>'),
  );
}

/** For what no event tells of. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not so in time: ${holds}`);
    await sleep(10);
  }
}

/** What a call threw: its name and code, or that it did not. */
export async function thrown(call: () => unknown): Promise<unknown> {
  try {
    const answer = await call();
    return { answer: answer === undefined ? 'nothing' : answer };
  } catch (error) {
    return { code: (error as { code?: unknown }).code ?? 'none' };
  }
}
