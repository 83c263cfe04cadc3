import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateSource } from './migrate-source.js';

const SOURCE = /\.[cm]?[jt]sx?$/;
const SKIPPED = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', '.next', '.turbo']);

/** What was done, and what is left to do. */
export interface Migration {
  /** Files whose imports were changed. */
  files: string[];
  /** `file:line what`, in the order of the files. */
  decisions: string[];
}

/**
 * Changes the imports in all sources below a folder.
 * @param writes false to change nothing, and only to say what would be
 */
export async function migrateFolder(folder: string, writes = true): Promise<Migration> {
  const migration: Migration = { files: [], decisions: [] };
  for (const file of await sourcesIn(folder)) {
    const before = await readFile(file, 'utf8');
    const { text, changed, decisions } = migrateSource(before);
    migration.decisions.push(...decisions.map(({ line, what }) => `${file}:${line} ${what}`));
    if (changed > 0) {
      migration.files.push(file);
      if (writes) await writeFile(file, text);
    }
  }
  return migration;
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`There is no folder ${folder}.`, { cause: error }) : error;
  });
  const found = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(path);
      return entry.isFile() && SOURCE.test(entry.name) ? [path] : [];
    }),
  );
  return found.flat().toSorted();
}
