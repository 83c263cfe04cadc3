import { readFile, writeFile } from 'node:fs/promises';

const BEGIN = '<!-- begin: npm run faults -- --write -->';
const END = '<!-- end -->';

/** Puts what was measured between the marks of a page, and leaves the rest of it alone. */
export async function writePage(path: string, text: string): Promise<void> {
  const page = await readFile(path, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${path} has no lines "${BEGIN}" and "${END}"`);
  await writeFile(path, `${before}${BEGIN}\n\n${text.trim()}\n\n${END}${after}`);
}
