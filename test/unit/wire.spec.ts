import { describe, expect, it } from '@jest/globals';
import {
  decodeExplainJobReply,
  decodeGetGroupReply,
  decodeListJobsReply,
  decodeListPresentReply,
  decodeObliterateQueueReply,
  decodeReadSchedulersReply,
  decodeRenewLocksReply,
  decodeRunSchedulerReply,
  decodeUpsertSchedulerReply,
} from '../../lib/job/wire.generated.js';
import { misfit } from '../support/misfit.js';

const FORMS = '../../scripts/wire-forms.mjs';
const TYPES = '../../scripts/wire-types.mjs';

interface Form {
  name: string;
}
interface Forms {
  readForm: (forms: Form[], where: string, tag: string, text: string) => boolean;
  expandForms: (file: string, lua: string, forms: Form[], all: Form[]) => string;
}
interface Types {
  makeWire: (note: string, shared: Form[], commands: object[]) => string;
  replyType: (command: object) => string;
}

const { readForm, expandForms } = (await import(FORMS)) as Forms;
const { makeWire, replyType } = (await import(TYPES)) as Types;

function formsOf(...tags: string[]): Form[] {
  const forms: Form[] = [];
  for (const line of tags) {
    const [, tag, text] = /^@(\w+) (.*)$/.exec(line)!;
    if (!readForm(forms, 'here.lua', tag!, text!)) throw new Error(`no such tag: ${tag}`);
  }
  return forms;
}

function expand(lua: string, ...tags: string[]): string {
  const forms = formsOf(...tags);
  return expandForms('here.lua', lua, forms, forms);
}

function typesOf(...tags: string[]): string {
  return makeWire('', [], [{ name: 'try-it', header: { forms: formsOf(...tags) } }]);
}

describe('the places of parts', () => {
  it('are those behind the start of an entry', () => {
    expect(expand('f(complete.id, complete.result)', '@entry complete id token result')).toBe(
      'f(ARGV[at + 1], ARGV[at + 3])',
    );
  });

  it('are those of a list of their own', () => {
    expect(expand('fields[1] = seen.count', '@form seen fields[] name count:int')).toBe(
      'fields[1] = fields[2]',
    );
  });

  it('make a reply of a word and what is behind it', () => {
    expect(expand('return again.text(call.stamp)', '@says again time:int', '@word none')).toBe(
      "return table.concat({ 'again', call.stamp }, '\\n')",
    );
  });

  it.each([
    ['a part of no such name', 'f(complete.nothing)', /complete has no nothing/],
    ['a local of that name', 'local complete = 1', /complete is a form/],
  ])('refuse %s', (_, lua, error) => {
    expect(() => expand(lua, '@entry complete id token result')).toThrow(error);
  });

  it('refuse too few parts behind a word', () => {
    expect(() => expand('return ok.text(id)', '@says ok id state')).toThrow('ok has 2 parts, not 1');
  });
});

describe('the notation', () => {
  it.each([
    ['@value number', /a reply is one of int, text, list/],
    ['@returns a:nothing', /is no part of a form/],
    ['@returns rows* after', /nothing can follow an open list/],
    ['@returns same same', /a part is there twice/],
    ['@stored line {a:what}', /what is no type/],
  ])('refuses %s', (line, error) => {
    expect(() => formsOf(line)).toThrow(error);
  });

  it('demands a form of each reply', () => {
    expect(() => replyType({ file: 'here.lua', header: { forms: [] } })).toThrow('needs a form of the reply');
  });

  it.each([
    [['@word ok missing', '@word gone -- when it is too late'], "'ok' | 'missing' | 'gone'"],
    [['@value int'], 'number'],
    [['@value list'], 'string[]'],
    [['@returns a b:int'], 'unknown'],
    [['@word none', '@says again time:int'], 'unknown'],
  ])('types what %j replies', (tags, type) => {
    expect(replyType({ file: 'here.lua', header: { forms: formsOf(...tags) } })).toBe(type);
  });

  it('refuses a list of a form that is not there', () => {
    expect(() => typesOf('@returns rows:[nothing*]')).toThrow('there is no form nothing');
  });

  it('makes a reader of a stored text', () => {
    const text = makeWire('', formsOf('@stored seen_entry {order:int},{kind:letter},{ended:int?}{*}'), []);
    expect(text).toContain('const SEEN_ENTRY = /^(\\d+),([A-Za-z]),(\\d*)([^]*)$/;');
    expect(text).toContain('ended: number | undefined;');
  });
});

describe('decoders', () => {
  const group = ['g', 'maxed', 2, 1, '1', '3', '', '', 1, '0', 0, 0, 0, '5', 0];
  const named = { id: 'g', status: 'maxed', concurrency: 3, max: undefined, isPaused: true, opensInMs: 5 };

  it('read rows behind fixed parts', () => {
    expect(decodeListPresentReply(['100', 'a', '190', 'b', '150'])).toEqual({
      time: 100,
      present: [
        { who: 'a', until: 190 },
        { who: 'b', until: 150 },
      ],
    });
  });

  it('read lists as they are', () => {
    expect(decodeListJobsReply([['1', '2'], []])).toEqual({ lists: [['1', '2'], []] });
  });

  it('read rows in a list of their own', () => {
    expect(decodeRenewLocksReply([['9'], ['1', 'w:1', 'u"late"', '2', 'w:2', 'k""']])).toEqual({
      lost: ['9'],
      cancelled: [
        { id: '1', token: 'w:1', how: 'u"late"' },
        { id: '2', token: 'w:2', how: 'k""' },
      ],
    });
  });

  it('read the parts of one form in a list of its own, with numbers behind it', () => {
    const read = decodeGetGroupReply([group, 4, 0]);
    expect(read.group).toMatchObject(named);
    expect(read.counts).toEqual([4, 0]);
  });

  it('know an empty list for none', () => {
    const parts = ['1', 'waiting', [], 0, 0, '', '5', 0, 0, '0', 0, 3, '', ''];
    expect(decodeExplainJobReply([...parts, []])).toMatchObject({ group: undefined, max: 5, ahead: 3 });
    expect(decodeExplainJobReply([...parts, group]).group).toMatchObject(named);
  });

  it('read a list for each row', () => {
    const ok = ['ok', '{}', '1', '50', null, '1', null, 'a:1', null, 0, '0', '{}'];
    const { time, schedulers } = decodeReadSchedulersReply(['7', ok, ['missing'], ['unreadable']]);
    expect(time).toBe(7);
    expect(schedulers.map(({ state }) => state)).toEqual(['ok', 'missing', 'unreadable']);
    expect(schedulers[0]).toMatchObject({ count: 1, slot: 50, job: null, paused: true, origin: null });
  });

  it('read a word, and the parts behind it', () => {
    expect(decodeUpsertSchedulerReply('paused')).toEqual({ word: 'paused' });
    expect(decodeUpsertSchedulerReply('again\n1700')).toEqual({ word: 'again', time: 1700 });
    expect(decodeObliterateQueueReply('unsent\nbull:a:')).toEqual({ word: 'unsent', target: 'bull:a:' });
  });

  it('leave the lines of the last part alone, and empty parts where they are', () => {
    expect(decodeRunSchedulerReply('ok\n1\nwaiting\n0\n\nname\n{}\n"a\\nb"')).toEqual({
      ...{ word: 'ok', id: '1', state: 'waiting', delay: '0', priority: '' },
      body: 'name\n{}\n"a\\nb"',
    });
  });
});

describe('misfit', () => {
  it.each([
    ['pause-queue', 'ok', undefined],
    ['pause-queue', 'paused', 'pause-queue has no word paused in its header'],
    ['obliterate-queue', 'unsent', 'obliterate-queue has 0 parts behind unsent, not 1'],
    ['count-due', '', 'count-due does not reply int'],
    ['retry-jobs', [1, 'soon'], 'retry-jobs replies soon as before, which is no int'],
    ['list-present', ['1', 'a'], 'list-present replies a part of present'],
    ['retry-jobs', [1, 2, 3], 'retry-jobs replies 3 parts'],
  ])('sees whether %s may reply %j', (command, reply, found) => {
    expect(misfit(command, reply)).toBe(found);
  });
});
