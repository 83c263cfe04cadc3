import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrateFolder } from '../../lib/compat/migrate/migrate-folder.js';
import { migrateSource } from '../../lib/compat/migrate/migrate-source.js';

describe('migrateSource', () => {
  it.each([
    [`import { Queue } from 'bullmq';`, `import { Queue } from 'stepwell/bullmq';`],
    [`import type { Job } from "bullmq";`, `import type { Job } from "stepwell/bullmq";`],
    [`import * as Bull from 'bullmq'`, `import * as Bull from 'stepwell/bullmq'`],
    [`export * from 'bullmq';`, `export * from 'stepwell/bullmq';`],
    [
      `import {\n  BullModule,\n} from '@nestjs/bullmq';`,
      `import {\n  BullModule,\n} from 'stepwell/nestjs-bullmq';`,
    ],
    [`const { Queue } = require('bullmq');`, `const { Queue } = require('stepwell/bullmq');`],
    [`const bull = await import('bullmq');`, `const bull = await import('stepwell/bullmq');`],
    [`jest.mock('bullmq');`, `jest.mock('stepwell/bullmq');`],
    [`vi.mock("@nestjs/bullmq", () => ({}));`, `vi.mock("stepwell/nestjs-bullmq", () => ({}));`],
  ])('changes %j', (before, after) => {
    expect(migrateSource(before)).toEqual({ text: after, changed: 1, decisions: [] });
  });

  it.each([
    `import { a } from './bullmq';`,
    `const name = 'bullmq';`,
    `import { b } from 'bullmq-otel';`,
    `// it is like bullmq`,
    `import { Queue } from 'stepwell';`,
  ])('leaves %j', (text) => {
    expect(migrateSource(text)).toEqual({ text, changed: 0, decisions: [] });
  });

  it('lists what a person has to decide, with its line', () => {
    const { decisions } = migrateSource(
      [
        `import { Queue, type QueueKeys as Keys, Worker } from 'bullmq';`,
        `import { Process } from '@nestjs/bull';`,
        `queue.add('a', {}, { repeat: { every: 5 } });`,
        `await queue.removeRepeatableByKey((await queue.getRepeatableJobs())[0].key);`,
        `queue.add('a', {}, { debounce: { id: 'a' } });`,
      ].join('\n'),
    );
    expect(decisions).toEqual([
      { line: 1, what: expect.stringMatching(/^QueueKeys is not there\. /) },
      { line: 2, what: expect.stringContaining('Bull, not') },
      { line: 3, what: expect.stringContaining('upsertJobScheduler') },
      { line: 4, what: expect.stringMatching(/^getRepeatableJobs is not there.*getJobSchedulers/) },
      { line: 4, what: expect.stringMatching(/^removeRepeatableByKey is not there.*removeJobScheduler/) },
      { line: 5, what: expect.stringContaining('deduplication') },
    ]);
  });
});

describe('migrateFolder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stepwell-migrate-'));
    await mkdir(join(folder, 'src'));
    await mkdir(join(folder, 'node_modules'));
    await writeFile(join(folder, 'src', 'a.ts'), `import { Queue } from 'bullmq';\nnew Queue('a');\n`);
    await writeFile(join(folder, 'src', 'b.txt'), `import { Queue } from 'bullmq';\n`);
    await writeFile(join(folder, 'node_modules', 'c.js'), `require('bullmq');\n`);
  });

  afterEach(() => rm(folder, { recursive: true }));

  const read = (...path: string[]): Promise<string> => readFile(join(folder, ...path), 'utf8');

  it('changes sources alone, and nothing when it is only to say what it would do', async () => {
    const before = await read('src', 'a.ts');
    expect(await migrateFolder(folder, false)).toEqual({
      files: [join(folder, 'src', 'a.ts')],
      decisions: [],
    });
    expect(await read('src', 'a.ts')).toBe(before);
    await migrateFolder(folder);
    expect(await read('src', 'a.ts')).toBe(`import { Queue } from 'stepwell/bullmq';\nnew Queue('a');\n`);
    expect([await read('src', 'b.txt'), await read('node_modules', 'c.js')]).toEqual([
      `import { Queue } from 'bullmq';\n`,
      `require('bullmq');\n`,
    ]);
    expect((await migrateFolder(folder)).files).toEqual([]);
  });

  it('says so where the folder is not there', async () => {
    const none = join(folder, 'none');
    await expect(migrateFolder(none)).rejects.toThrow(`There is no folder ${none}.`);
  });
});
