type Fields = Record<string, string>;

const REF = /^.+:(\{[^{}]+\}|[^{}:]*\{[^{}]+\}[^{}:]*~):\t.+$/;
const LINK = new RegExp(`^[fcir-]${REF.source.slice(1)}`);

/** What is wrong with the children that the jobs of a queue wait for. `values` are those of its keys, by name. */
export function auditChildren(values: Map<string, unknown>): string[] {
  const wrong: string[] = [];
  for (const [name, value] of values) {
    const id = name.slice(name.indexOf(':') + 1);
    if (name.startsWith('children:')) {
      wrong.push(
        ...auditEntries(value as Fields, values.has(`body:${id}`)).map((fault) => `job ${id} ${fault}`),
      );
    }
    if (name.startsWith('job:')) {
      const children = (values.get(`children:${id}`) ?? {}) as Fields;
      wrong.push(...auditCounts(value as Fields, children).map((fault) => `job ${id} ${fault}`));
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

function auditCounts(fields: Fields, children: Fields): string[] {
  const count = (letter: string): number =>
    Object.values(children).filter((value) => value.startsWith(letter)).length;
  const wrong: string[] = [];
  const { state, pending = '0', promised, failedChildren = '0', parent, deferred } = fields;
  const known = count('p') + Number(promised ?? 0);
  if (Number(pending) !== known) wrong.push(`counts ${pending} pending children of ${known}`);
  if (promised !== undefined && !(Number(promised) > 0)) wrong.push(`is promised ${promised} children`);
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
