import { NOT_THERE } from './not-there.js';

/** What one file becomes. */
export interface MigratedSource {
  text: string;
  /** How many imports were changed. */
  changed: number;
  decisions: Decision[];
}

/** Something that a person has to decide. */
export interface Decision {
  /** From 1. */
  line: number;
  what: string;
}

const ENTRIES: Record<string, string> = {
  bullmq: 'stepwell/bullmq',
  '@nestjs/bullmq': 'stepwell/nestjs-bullmq',
};

/** A package's name where one is imported, required or mocked. */
const SPECIFIER =
  /(\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\s*\(\s*|\b(?:jest|vi)\.\w+\s*(?:<[^()]*>)?\(\s*)(['"])(bullmq|@nestjs\/bullmq)\2/g;

const NAMED = /\b(?:import|export)\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"]bullmq['"]/g;

const REASONS = new Map(
  Object.entries(NOT_THERE).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);

/** Calls of BullMQ 5, and what to use instead. */
const REPEATABLE = [
  ['getRepeatableJobs', 'getJobSchedulers'],
  ['removeRepeatable', 'removeJobScheduler'],
  ['removeRepeatableByKey', 'removeJobScheduler'],
] as const;

/** What to look at, by how it looks. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/['"]@nestjs\/bull['"]/g, 'This is the module of Bull, not of BullMQ: go over to WorkerHost first.'],
  [/['"]bull['"]/g, 'This is Bull, not BullMQ: go over to BullMQ’s API first.'],
  [/['"]@taskforcesh\/[\w-]*bullmq-pro['"]/g, 'BullMQ Pro: groups and batches have other names here.'],
  [/['"]bullmq\/[^'"]+['"]/g, 'Inner files of bullmq are not there.'],
  [/\brepeat\s*:\s*\{/g, 'Jobs that repeat are made by queue.upsertJobScheduler, as in BullMQ 6.'],
  ...REPEATABLE.map(
    ([name, instead]) =>
      [
        new RegExp(`\\.${name}\\b`, 'g'),
        `${name} is not there, as in BullMQ 6: use ${instead} of job schedulers.`,
      ] as const,
  ),
  [/\bdebounce\s*:\s*\{/g, 'As an option of a job it is deduplication, as in BullMQ 6.'],
  [/\bcreateClient\s*\(/g, 'A client of the package redis cannot be used: pass one of ioredis, or a URL.'],
  [/['"`]bull:/g, 'A key or the name of a queue in a text: keys in Redis are others, names are not.'],
];

/** Changes the imports of bullmq and @nestjs/bullmq, and nothing else. */
export function migrateSource(text: string): MigratedSource {
  const decisions: Decision[] = [];
  const decide = (at: number, what: string): void => {
    decisions.push({ line: text.slice(0, at).split('\n').length, what });
  };
  for (const { index, 1: list = '' } of text.matchAll(NAMED)) {
    for (const name of list.split(',').map(importedName)) {
      const reason = REASONS.get(name);
      if (reason !== undefined) decide(index, `${name} is not there. ${reason}`);
    }
  }
  let changed = 0;
  const migrated = text.replace(SPECIFIER, (_all, before: string, quote: string, name: string) => {
    changed += 1;
    return `${before}${quote}${ENTRIES[name]}${quote}`;
  });
  for (const [sign, what] of SIGNS) {
    if (changed === 0 && !sign.source.startsWith('[\'"]')) continue;
    for (const { index } of text.matchAll(sign)) decide(index, what);
  }
  return { text: migrated, changed, decisions: decisions.toSorted((a, b) => a.line - b.line) };
}

/** Of `type Job as BullJob`, `Job`. */
function importedName(part: string): string {
  return part
    .trim()
    .replace(/^type\s+/, '')
    .replace(/\s+as\s+.*$/, '');
}
