import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'lua/README.md', 'bench/README.md'],
  ...['sample-app/README.md', ...pagesIn('docs')],
];

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** Anchors that a heading gets, as GitHub and npm make them. */
function anchorsIn(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[`[\]()]/g, ''));
}

function linksIn(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const broken = linksIn(text).filter((link) => {
      const [file, anchor] = link.split('#', 2) as [string, string | undefined];
      const path = file === '' ? join(ROOT, page) : join(ROOT, dirname(page), file);
      const found = statSync(path, { throwIfNoEntry: false });
      return !found || (anchor !== undefined && !anchorsIn(readFileSync(path, 'utf8')).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('of the index lead to every page', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const linked = new Set(linksIn(index).map((link) => join('docs', link.split('#', 1)[0] as string)));
    expect(pagesIn('docs').filter((page) => page !== 'docs/README.md' && !linked.has(page))).toEqual([]);
  });
});
