import { applyDecorators } from '@nestjs/common';
import { OnQueueEvent, Processor, Step, type Job, type StepContext } from 'stepwell';

@Processor('till')
export class Till {
  @Step({ name: 'capture', aliases: ['charge'] })
  chargeCard(job: Job, _ctx: StepContext<Till, 'capture'>): string {
    return job.name;
  }

  // @ts-expect-error the types of the class call it otherwise
  @Step({ name: 'send' })
  ship(_job: Job, ctx: StepContext<Till>): string {
    return ctx.result('capture');
  }

  @Step({ name: 'plain' })
  plain(): void {}

  // @ts-expect-error nobody could ask for it
  @Step({ name: 'other' })
  unsaid(): void {}

  @Step({ attempts: 2 })
  last(): void {}
}

// Where no context is typed, a name is enough; and one that the compiler does not know is not compared.
const name = String(Math.random());
export class Loose {
  @Step({ name: 'capture' })
  chargeCard(_job: Job, ctx: StepContext): unknown {
    return ctx.result('anything');
  }

  @Step({ name })
  other(): void {}

  @applyDecorators(Step({ attempts: 3 }), Step())
  composed(): void {}

  // @ts-expect-error an event that no queue has
  @OnQueueEvent('complete', 'till')
  heard(): void {}
}
