type Fields = Record<string, string>;

const REF = /^.+:\{[^{}]+\}:\t.+$/;
const LINK = /^[fcir-].+:\{[^{}]+\}:\t.+$/;

/** What is wrong with the children that the jobs of a queue wait for. `values` are those of its keys, by name. */
export function auditChildren(values: Map<string, unknown>): string[] {
  const wrong: string[] = [];
  const announced = underway(values);
  for (const [name, value] of values) {
    const id = name.slice(name.indexOf(':') + 1);
    if (name.startsWith('children:')) {
      wrong.push(
        ...auditEntries(value as Fields, values.has(`body:${id}`)).map((fault) => `job ${id} ${fault}`),
      );
    }
    if (name.startsWith('job:')) {
      const children = (values.get(`children:${id}`) ?? {}) as Fields;
      wrong.push(
        ...auditCounts(value as Fields, children, announced.get(id) ?? 0, values).map(
          (fault) => `job ${id} ${fault}`,
        ),
      );
    }
  }
  return wrong;
}

function auditEntries(children: Fields, hasBody: boolean): string[] {
  const wrong = hasBody ? [] : ['has children but no body'];
  for (const [ref, value] of Object.entries(children)) {
    if (!REF.test(ref)) wrong.push(`has a child without a name: ${ref}`);
    if (!/^(p$|[cif].)/.test(value)) wrong.push(`has a child that is ${value}`);
  }
  return wrong;
}

function auditCounts(
  fields: Fields,
  children: Fields,
  announced: number,
  values: Map<string, unknown>,
): string[] {
  const count = (letter: string): number =>
    Object.values(children).filter((value) => value.startsWith(letter)).length;
  const wrong: string[] = [];
  const { state, pending = '0', failedChildren = '0', parent, deferred } = fields;
  const known = count('p') + announced;
  // What another queue has not delivered yet is not seen from here.
  if (Number(pending) < known || (Number(pending) > known && !isReceiving(values))) {
    wrong.push(`counts ${pending} pending children of ${known}`);
  }
  if (Number(failedChildren) !== count('f')) {
    wrong.push(`counts ${failedChildren} failed children of ${count('f')}`);
  }
  if (state === 'waiting-children' && Number(pending) <= 0) wrong.push('waits for no child');
  if (state === 'waiting-children' && deferred !== undefined) wrong.push('waits although it is to fail');
  if (state !== undefined && (state === 'completed' || state === 'failed') && deferred !== undefined) {
    wrong.push('has ended and is to fail');
  }
  if (parent !== undefined && !LINK.test(parent)) wrong.push(`has the parent ${parent}`);
  if (parent !== undefined && state === undefined) wrong.push('is a child without a state');
  return wrong;
}

/** How many children of each job messages of its own queue still bring. */
function underway(values: Map<string, unknown>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, list] of values) {
    if (name !== 'outbox' && !name.startsWith('staged:')) continue;
    for (const message of list as string[]) {
      const parts = message.split('\x1f');
      const at = parts.indexOf('refs');
      const parent = parts[at + 1];
      if (at >= 0 && parent !== undefined) {
        counts.set(parent, (counts.get(parent) ?? 0) + parts.length - at - 2);
      }
    }
  }
  return counts;
}

const isReceiving = (values: Map<string, unknown>): boolean => values.has('inbox');
