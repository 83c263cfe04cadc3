import { describe, it } from '@jest/globals';
import type { Telemetry } from 'bullmq';
import { expectSame, until } from './both.js';

interface Told {
  name: string;
  kind: number;
  parent: string | undefined;
  ended: boolean;
}

/** Telemetry by BullMQ's interface that keeps what it was told; a context is the name of a span. */
function recorder(): { telemetry: Telemetry<string | undefined>; spans: Told[] } {
  const spans: Told[] = [];
  let current: string | undefined;
  const telemetry: Telemetry<string | undefined> = {
    tracer: {
      startSpan: (name, options, context) => {
        const told: Told = { name, kind: options!.kind, parent: context, ended: false };
        spans.push(told);
        return {
          setSpanOnContext: () => name,
          setAttribute: () => {},
          setAttributes: () => {},
          addEvent: () => {},
          recordException: () => {},
          end: () => void (told.ended = true),
        };
      },
    },
    contextManager: {
      with: (context, run) => {
        const before = current;
        current = context as string | undefined;
        try {
          return run();
        } finally {
          current = before;
        }
      },
      active: () => current,
      getMetadata: (context) => String(context),
      fromMetadata: (_active, metadata) => metadata,
    },
  };
  return { telemetry, spans };
}

describe('telemetry by the interface of BullMQ', () => {
  it('has the same spans for what is added and what runs, each where it belongs', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const { telemetry, spans } = recorder();
      const queue = use(new lib.Queue(name, { ...opts, telemetry }));
      const worker = use(
        new lib.Worker(
          name,
          async (job) => {
            if (job.name === 'bad') throw new Error('as told');
          },
          { ...opts, telemetry, autorun: false },
        ),
      );
      await queue.add('good', {});
      await queue.add('bad', {});
      await queue.addBulk([
        { name: 'b1', data: {} },
        { name: 'b2', data: {} },
      ]);
      void worker.run();
      await until(async () => (await queue.getJobCountByTypes('completed', 'failed')) === 4);
      await until(() => spans.filter((span) => span.name.startsWith('process') && span.ended).length === 4);
      return spans
        .filter((span) => /^(add|addBulk|process) /.test(span.name))
        .map((span) => JSON.stringify(span))
        .toSorted();
    }));

  // Those of later slots, which BullMQ's worker adds, are added by a script here: that has no span.
  it('has the same span for the upsert of a scheduler', () =>
    expectSame(async ({ lib, name, opts, use }) => {
      const { telemetry, spans } = recorder();
      const queue = use(new lib.Queue(name, { ...opts, telemetry }));
      await queue.upsertJobScheduler('nightly', { every: 3_600_000 }, { name: 'tidy' });
      return spans.map((span) => JSON.stringify(span));
    }));
});
