/** What is exported of one queue. */
export interface PrometheusFigures {
  queue: string;
  /** Jobs by state. */
  counts: Readonly<Record<string, number>>;
  completed: number;
  failed: number;
}

/** In the text format of Prometheus, 0.0.4. Global labels come last. */
export function prometheusText(
  { queue, counts, completed, failed }: PrometheusFigures,
  globals: Readonly<Record<string, string>> = {},
): string {
  const labels = (own: Record<string, string>): string =>
    Object.entries({ ...own, ...globals })
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(', ');
  const head = (name: string, help: string, type: string): string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
  ];
  const total = (state: string, count: number): string[] => [
    ...head(`bullmq_job_${state}_total`, `Jobs that have ${state} since counting began`, 'counter'),
    `bullmq_job_${state}_total{${labels({ queue })}} ${count}`,
  ];
  return [
    ...head('bullmq_job_count', 'Number of jobs in the queue by state', 'gauge'),
    ...Object.entries(counts).map(
      ([state, count]) => `bullmq_job_count{${labels({ queue, state })}} ${count}`,
    ),
    ...total('completed', completed),
    ...total('failed', failed),
  ].join('\n');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
