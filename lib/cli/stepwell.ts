#!/usr/bin/env node
// `npx stepwell migrate [folder] [--dry-run]`: an application on bullmq or @nestjs/bullmq changes its imports.
// `npx stepwell acl --prefix shop`: the rights that a user of Redis needs.
// `npx stepwell functions <URL of Redis> [--prune]`: which function libraries are there, and removes those of other versions.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACL_USAGE, aclLine } from './print-acl.js';
import { migrateFolder } from '../compat/migrate/migrate-folder.js';
import { showFunctions } from './show-functions.js';

const GUIDE = fileURLToPath(new URL('../../docs/guides/migration.md', import.meta.url));

const USAGE = `Usage: stepwell migrate [folder] [--dry-run]
       stepwell functions <URL of Redis> [--prune]

Changes the imports of bullmq to stepwell/bullmq and those of @nestjs/bullmq to stepwell/nestjs-bullmq in all sources below
the folder (default: this one), and lists what needs a decision. Nothing else is changed.

Shows which function libraries of Stepwell a Redis has; --prune removes those of other versions than this one.
`;

async function main([command, ...rest]: string[]): Promise<number> {
  if (command === 'acl') {
    process.stdout.write(`${aclLine(rest)}\n`);
    return 0;
  }
  if (command === 'functions') {
    return functions(rest);
  }
  const isDry = rest.includes('--dry-run');
  const [folder = '.', ...others] = rest.filter((word) => word !== '--dry-run');
  if (command !== 'migrate' || others.length > 0 || folder.startsWith('-')) {
    const isAsked = command === undefined || command === '--help';
    (isAsked ? process.stdout : process.stderr).write(`${USAGE}\n${ACL_USAGE}`);
    return isAsked ? 0 : 1;
  }
  const { files, decisions } = await migrateFolder(folder, !isDry);
  const lines = [
    ...files.map((file) => `${isDry ? 'would change' : 'changed'} ${file}`),
    ...(decisions.length > 0 ? ['', 'To decide:', ...decisions.map((each) => `  ${each}`)] : []),
    '',
    files.length === 0
      ? 'No import of bullmq or @nestjs/bullmq was found.'
      : `Next: npm install stepwell, npm uninstall bullmq @nestjs/bullmq. The guide: ${relative('', GUIDE)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

async function functions(words: string[]): Promise<number> {
  const [url, ...others] = words.filter((word) => word !== '--prune');
  if (url === undefined || others.length > 0 || url.startsWith('-')) {
    process.stderr.write(USAGE);
    return 1;
  }
  process.stdout.write(`${await showFunctions(url, words.includes('--prune'))}\n`);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
