import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of TypeScript in a document. */
export interface CodeBlock {
  /** Of the first line of code, such as `docs/guides/steps.md:12`. */
  place: string;
  line: number;
  /** What stands behind the language of the fence: `members` for members of a class, nothing for a whole module. */
  kind: string;
  code: string;
}

const FENCE = /^```(?:ts|typescript)(?: (\w+))?\n(.*?)^```$/gms;

/** All blocks of TypeScript of the README and of the pages below docs/. */
export function codeBlocks(root: string): CodeBlock[] {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path));
  return ['README.md', ...pages.sort()].flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return [...text.matchAll(FENCE)].map((match): CodeBlock => {
      const line = text.slice(0, match.index).split('\n').length + 1;
      return { place: `${path}:${line}`, line, kind: match[1] ?? '', code: match[2] ?? '' };
    });
  });
}
