import { readFileSync } from 'node:fs';

const HEADERS = '../../scripts/lua-header.mjs';

interface Part {
  name: string;
  kind: 'one' | 'counted' | 'open';
  type?: string;
  list?: object;
  of?: string;
}

interface Form {
  name: string;
  tag: 'returns' | 'lines' | 'says' | 'value' | 'form';
  type?: 'int' | 'text' | 'list';
  kinds: { word?: string; parts: Part[] }[];
}

const { readHeader } = (await import(HEADERS)) as {
  readHeader: (file: string, source: string) => { forms: Form[] };
};

const known = new Map<string, Form[]>();

function formsOf(command: string): Form[] {
  const path = new URL(`../../lua/commands/${command}.lua`, import.meta.url);
  const forms = known.get(command) ?? readHeader(command, readFileSync(path, 'utf8')).forms;
  known.set(command, forms);
  return forms;
}

/** What is not as the header of a command says of its reply; undefined where all is. */
export function misfit(command: string, reply: unknown): string | undefined {
  const forms = formsOf(command);
  const form = forms.find(({ name }) => name === 'reply' || name === 'lines')!;
  switch (form.tag) {
    case 'value':
      return isOf(form.type!, reply) ? undefined : `${command} does not reply ${form.type}`;
    case 'says':
      return saysNot(command, form, String(reply));
    case 'lines':
      return partsMisfit(command, form, String(reply).split('\n'), forms);
    default:
      return Array.isArray(reply)
        ? partsMisfit(command, form, reply, forms)
        : `${command} does not reply a list`;
  }
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'int':
      return value !== null && value !== '' && Number.isFinite(Number(value));
    case 'int?':
      return value === undefined || Number.isFinite(Number(value));
    case 'maybe':
      return value === '' || Number.isFinite(Number(value));
    case 'yes':
      return value === null || ['0', '1', ''].includes(String(value));
    case 'list':
      return Array.isArray(value);
    case 'text?':
      return value === null || typeof value === 'string';
    default:
      return typeof value === 'string';
  }
}

function saysNot(command: string, { kinds }: Form, reply: string): string | undefined {
  const [word, ...parts] = reply.split('\n');
  const kind = kinds.find((each) => each.word === word);
  if (!kind) {
    return `${command} has no word ${word} in its header`;
  }
  const wanted = kind.parts.length;
  const isWhole = wanted === 0 ? parts.length === 0 : parts.length >= wanted;
  return isWhole ? undefined : `${command} has ${parts.length} parts behind ${word}, not ${wanted}`;
}

function partsMisfit(
  command: string,
  { kinds }: Form,
  reply: readonly unknown[],
  forms: Form[],
): string | undefined {
  const { parts } = kinds[0]!;
  const fixed = parts.filter(({ kind }) => kind === 'one');
  for (const [i, { name, type, list }] of fixed.entries()) {
    if (!isOf(list ? 'list' : type!, reply[i])) {
      return `${command} replies ${String(reply[i])} as ${name}, which is no ${type ?? 'list'}`;
    }
  }
  const rows = parts.at(-1)!;
  if (rows.kind !== 'open') {
    return reply.length <= fixed.length ? undefined : `${command} replies ${reply.length} parts`;
  }
  const row = forms.find(({ name, tag }) => tag === 'form' && name === (rows.of ?? rows.name));
  const size = row && row.kinds[0]!.parts.at(-1)!.kind === 'one' ? row.kinds[0]!.parts.length : 1;
  return (reply.length - fixed.length) % size === 0 ? undefined : `${command} replies a part of ${rows.name}`;
}
