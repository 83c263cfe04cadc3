/** What is wrong with the messages that a queue has to deliver. */
export function auditOutbox(values: Map<string, unknown>): string[] {
  const outbox = (values.get('outbox') ?? []) as string[];
  const staging = ((values.get('staging') ?? []) as [string, number][]).map(([id]) => id);
  const { sent, outbox: flag } = (values.get('meta') ?? {}) as Record<string, string>;
  const wrong: string[] = [];
  const heads = outbox.map((message) => message.split('\x1f'));
  const numbers = heads.map(([number]) => Number(number));
  if (numbers.some((number, i) => !Number.isInteger(number) || number <= (numbers[i - 1] ?? 0))) {
    wrong.push(`the outbox is numbered ${numbers.join()}`);
  }
  if (numbers.length > 0 && numbers.at(-1) !== Number(sent)) wrong.push(`the outbox ends before ${sent}`);
  if (outbox.length > 0 !== (flag !== undefined)) {
    wrong.push(flag === undefined ? 'nobody is told of the outbox' : 'an empty outbox is told of');
  }
  if (flag !== undefined && !/^\d+:[\w-]*$/.test(flag)) wrong.push(`the outbox is leased to ${flag}`);
  const pointed = heads.filter(([, kind]) => kind === 's').map(([, , , id]) => id);
  for (const name of values.keys()) {
    const id = name.slice('staged:'.length);
    if (name.startsWith('staged:') && !pointed.includes(id) && !staging.includes(id)) {
      wrong.push(`${name} belongs to no flow`);
    }
  }
  return wrong;
}
