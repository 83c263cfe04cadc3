import { NUMBERED, type Call, type CommitReply, type Reply } from '../call.js';
import { BEHAVIORS } from './model-control.js';
import { modelCommit, modelCommitAgain } from './model-commit.js';
import type { QueueModel } from './queue-model.js';

/** What a call should answer. */
export interface Expectation {
  reply: Reply;
  /** The call should change nothing: it was made before, or it is refused. */
  inert?: 'repeated' | 'outdated' | 'refused';
}

/** Plays calls on the model, with what is remembered of each writer's last call. */
export class ExpectedReplies {
  private readonly last = new Map<string, { number: number; reply: Reply }>();

  constructor(private readonly model: QueueModel) {}

  play(call: Call): Expectation {
    const numbered = NUMBERED.has(call.script);
    const [writer, number] = [String(call.args[1]), Number(call.args[2])];
    const known = numbered ? this.last.get(writer) : undefined;
    if (known && number < known.number) return { reply: undefined, inert: 'outdated' };
    if (known && number === known.number) {
      const again = call.script === 'commit';
      const reply = again
        ? modelCommitAgain(
            this.model,
            known.reply as CommitReply,
            Number(call.args[0]),
            call.rest.includes('add'),
          )
        : known.reply;
      return { reply, inert: 'repeated' };
    }
    const reply = this.run(call);
    if (reply === undefined) return { reply, inert: 'refused' };
    if (numbered) this.last.set(writer, { number, reply });
    return { reply };
  }

  private run({ script, args, rest }: Call): Reply {
    if (script === 'commit') return modelCommit(this.model, args, rest);
    const behavior = BEHAVIORS[script];
    if (!behavior) throw new Error(`The model does not know ${script}.`);
    return behavior(this.model, args, rest);
  }
}
