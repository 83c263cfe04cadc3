#!/usr/bin/env node
// `npx stepwell migrate [folder] [--dry-run]`: an application on bullmq or @nestjs/bullmq changes its imports.
// `npx stepwell acl --prefix shop`: the rights that a user of Redis needs.
import { ACL_USAGE, aclLine } from './print-acl.js';
import { migrateFolder } from './migrate-folder.js';

const USAGE = `Usage: stepwell migrate [folder] [--dry-run]

Changes the imports of bullmq to stepwell/bullmq and those of @nestjs/bullmq to stepwell/nestjs-bullmq in all sources below
the folder (default: this one), and lists what needs a decision. Nothing else is changed.
`;

async function main([command, ...rest]: string[]): Promise<number> {
  if (command === 'acl') {
    process.stdout.write(`${aclLine(rest)}\n`);
    return 0;
  }
  const isDry = rest.includes('--dry-run');
  const [folder = '.', ...others] = rest.filter((word) => word !== '--dry-run');
  if (command !== 'migrate' || others.length > 0 || folder.startsWith('-')) {
    process.stderr.write(`${USAGE}\n${ACL_USAGE}`);
    return command === undefined || command === '--help' ? 0 : 1;
  }
  const { files, decisions } = await migrateFolder(folder, !isDry);
  const lines = [
    ...files.map((file) => `${isDry ? 'would change' : 'changed'} ${file}`),
    ...(decisions.length > 0 ? ['', 'To decide:', ...decisions.map((each) => `  ${each}`)] : []),
    '',
    files.length === 0
      ? 'No import of bullmq or @nestjs/bullmq was found.'
      : 'Next: npm install stepwell, npm uninstall bullmq @nestjs/bullmq. The guide: docs/guides/migration.md.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
