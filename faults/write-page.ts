import { readFile, writeFile } from 'node:fs/promises';

const END = '<!-- end -->';

/** Puts what was measured between the marks of a page, and leaves the rest of it alone. */
export async function writePage(
  path: string,
  text: string,
  mark = 'npm run faults -- --write',
): Promise<void> {
  const begin = `<!-- begin: ${mark} -->`;
  const page = await readFile(path, 'utf8');
  const [before, rest] = page.split(begin);
  const [, ...after] = rest?.split(END) ?? [];
  if (before === undefined || after.length === 0)
    throw new Error(`${path} has no lines "${begin}" and "${END}"`);
  await writeFile(path, `${before}${begin}\n\n${text.trim()}\n\n${END}${after.join(END)}`);
}
