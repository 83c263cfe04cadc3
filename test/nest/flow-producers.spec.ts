import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  type FlowProducer,
  getFlowProducerToken,
  InjectFlowProducer,
  Process,
  Processor,
  StepwellModule,
  type Job,
} from 'stepwell';
import { compileApp, queueOf, sharedOptions, startApp } from './test-app.js';
import { until } from '../support/engine-lab.js';

@Injectable()
class Albums {
  constructor(
    @InjectFlowProducer() readonly flows: FlowProducer,
    @InjectFlowProducer('other') readonly others: FlowProducer,
  ) {}
}

@Processor('photos')
class Photos {
  @Process()
  resize(job: Job<number>): number {
    return job.data * 2;
  }
}

@Processor('albums')
class AlbumPages {
  @Process()
  async make(job: Job): Promise<number[]> {
    return Object.values(await job.getChildrenValues<number>());
  }
}

describe('flow producers', () => {
  it('are injected, and are where the queues of the application are', async () => {
    const app = await startApp({
      imports: [
        StepwellModule.registerQueue({ name: 'photos' }, { name: 'albums' }),
        StepwellModule.registerFlowProducer({}, { name: 'other', prefix: 'elsewhere' }),
      ],
      providers: [Albums, Photos, AlbumPages],
    });
    const { flows, others } = app.get(Albums);
    expect(others.opts.prefix).toBe('elsewhere');
    expect(flows).toBe(app.get(getFlowProducerToken()));

    const { job } = await flows.add({
      name: 'album',
      queueName: 'albums',
      children: [{ name: 'photo', queueName: 'photos', data: 21 }],
    });

    const albums = queueOf(app, 'albums');
    await until(async () => (await albums.getJobState(job.id)) === 'completed');
    expect((await albums.getJob(job.id))!.returnvalue).toEqual([42]);
    await app.close();
  });

  it('have the codec of the application, or their own', async () => {
    const codec = (mark: string) => ({
      serialize: (value: unknown) => ({ [mark]: JSON.stringify(value) }),
      deserialize: (stored: unknown) => JSON.parse((stored as Record<string, string>)[mark]!) as unknown,
    });
    const [shared, own] = [codec('shared'), codec('own')];
    const app = await compileApp(
      {
        imports: [
          StepwellModule.forRoot({ ...sharedOptions(), codec: shared }),
          StepwellModule.registerFlowProducer({}, { name: 'other', codec: own }),
        ],
        providers: [Albums],
      },
      { root: false },
    );
    const { flows, others } = app.get(Albums);

    expect([flows.opts.codec, others.opts.codec]).toEqual([shared, own]);
    await app.close();
  });

  it('are one when registered in several modules alike, and refused when not', async () => {
    const shared = sharedOptions();
    const module = (prefix?: string) =>
      StepwellModule.registerFlowProducer(prefix === undefined ? {} : { prefix });
    const imports = [StepwellModule.forRoot(shared), module(), module('another')];

    await expect(compileApp({ imports }, { root: false })).rejects.toMatchObject({
      code: 'CONFLICTING_FLOW_PRODUCER_OPTIONS',
    });
  });
});
