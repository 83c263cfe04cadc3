type Fields = Record<string, string>;

/** What is wrong with the messages that a queue has to deliver. */
export function auditOutbox(values: Map<string, unknown>): string[] {
  const wrong: string[] = [];
  const { sent = '0', era, outbox: flag } = (values.get('meta') ?? {}) as Fields;
  const known = (values.get('outbox') ?? {}) as Fields;
  let left = 0;
  let kept = 0;
  for (const [name, value] of values) {
    if (name.startsWith('posted:')) {
      const target = name.slice('posted:'.length);
      wrong.push(...auditNumbers(target, value as string[], Number(sent)));
      if (known[target] === undefined) wrong.push(`nobody knows of what is posted to ${target}`);
      const received = Number(/^\d*/.exec(known[target] ?? '')![0]);
      left += (value as string[]).length - received;
      kept += received;
    }
  }
  for (const [target, text] of Object.entries(known)) {
    if (!values.has(`posted:${target}`)) wrong.push(`nothing is posted to ${target}`);
    if (!/^(\d+,\d+,[\d.a-f]*,[\da-f]*,\d+,\d+,[\w-]*,\d+,[\d.a-f]*)?$/.test(text)) {
      wrong.push(`what was posted to ${target} has come to ${text}`);
    }
  }
  if (left > 0 && flag !== '1') wrong.push('nobody is told of the outbox');
  if (kept > 0 && flag === undefined) wrong.push('nobody is told of what the outbox keeps');
  if (left === 0 && (flag === '1' || (kept === 0 && flag !== undefined)))
    wrong.push('an outbox without work is told of');
  if (sent !== '0' && !/^\d+\.[\da-f]*$/.test(era ?? '')) wrong.push(`the era is ${era}`);
  return [...wrong, ...auditFences(values), ...auditStaged(values)];
}

function auditNumbers(target: string, texts: readonly string[], sent: number): string[] {
  const numbers = texts.map((text) => Number(/^\d*/.exec(text)![0]));
  const wrong: string[] = [];
  if (numbers.some((number, i) => number <= (numbers[i - 1] ?? 0))) {
    wrong.push(`what is posted to ${target} is numbered ${numbers.join()}`);
  }
  if (numbers.at(-1)! > sent) wrong.push(`what is posted to ${target} ends behind ${sent}`);
  return wrong;
}

function auditFences(values: Map<string, unknown>): string[] {
  const fences = Object.entries((values.get('fences') ?? {}) as Fields);
  const counts = new Map<string, number>();
  for (const [name, id] of fences.filter(([field]) => !field.startsWith('#'))) {
    if (!/^\d+$/.test(name)) return [`a fence is numbered ${name}`];
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return fences
    .filter(([field]) => field.startsWith('#'))
    .filter(([field, count]) => counts.get(field.slice(1)) !== Number(count))
    .map(([field, count]) => `flow ${field.slice(1)} waits for ${count} fences`);
}

function auditStaged(values: Map<string, unknown>): string[] {
  const staging = ((values.get('staging') ?? []) as [string, number][]).map(([id]) => id);
  const going = (values.get('fences') ?? {}) as Fields;
  return [...values.keys()]
    .filter((name) => name.startsWith('staged:'))
    .map((name) => name.slice('staged:'.length))
    .filter((id) => going[`#${id}`] === undefined && !staging.includes(id))
    .map((id) => `staged:${id} belongs to no flow`);
}
