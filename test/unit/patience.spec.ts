import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { RedisClient } from '../../lib/redis/client.js';
import { ReadyGate } from '../../lib/redis/ready-gate.js';
import { Patience } from '../../lib/store/patience.js';
import { StillTime } from '../support/still-time.js';

const LIMIT_MS = 1000;

/** Something that waits for a Redis which is silent from the beginning. */
class Silent {
  readonly time = new StillTime();
  readonly patience = new Patience(this.time.runtime, LIMIT_MS);
  private since = 0;
  isWaiting = false;
  looks = 0;

  constructor() {
    this.patience.register({
      giveUpLate: () => {
        this.looks += 1;
        if (this.patience.isOver(this.since)) this.isWaiting = false;
        return this.isWaiting;
      },
    });
  }

  begin(): void {
    this.since = this.patience.now;
    this.isWaiting = true;
    this.patience.begin();
  }
}

describe('patience with a silent Redis', () => {
  it('is over at the limit, or two tenths of it later', async () => {
    const silent = new Silent();
    silent.begin();

    await silent.time.pass(LIMIT_MS);
    expect(silent.isWaiting).toBe(true);
    await silent.time.pass(LIMIT_MS / 5);

    expect(silent.isWaiting).toBe(false);
  });

  it('is not used up by time in which this process stood still', async () => {
    const silent = new Silent();
    silent.begin();

    await silent.time.standStill(LIMIT_MS * 100);
    await silent.time.pass(LIMIT_MS - LIMIT_MS / 10);

    expect(silent.isWaiting).toBe(true);
  });

  it('suspects a silence long before its end', async () => {
    const silent = new Silent();
    silent.begin();
    expect(silent.patience.isSilent(0)).toBe(false);

    await silent.time.pass(LIMIT_MS / 5);

    expect(silent.patience.isSilent(0)).toBe(true);
  });

  it('has one timer for all that waits, and none while nothing does', async () => {
    const silent = new Silent();
    expect(silent.time.isSet).toBe(false);
    silent.begin();
    silent.patience.begin();
    await silent.time.pass(LIMIT_MS / 10);
    expect(silent.looks).toBe(1);

    silent.isWaiting = false;
    await silent.time.pass(LIMIT_MS);

    expect(silent.time.isSet).toBe(false);
    expect(silent.looks).toBe(2);
  });

  it('begins anew with what waits later', async () => {
    const silent = new Silent();
    silent.begin();
    await silent.time.pass(LIMIT_MS * 2);
    silent.begin();

    await silent.time.pass(LIMIT_MS);

    expect(silent.isWaiting).toBe(true);
  });
});

class Client extends EventEmitter {
  status = 'connecting';

  become(status: string): void {
    this.status = status;
    this.emit(status);
  }
}

describe('a ready gate', () => {
  const open = (): { client: Client; gate: ReadyGate; passed: string[] } => {
    const client = new Client();
    return { client, gate: ReadyGate.of(client as unknown as RedisClient), passed: [] };
  };

  it('is one for each client', () => {
    const { client, gate } = open();

    expect(ReadyGate.of(client as unknown as RedisClient)).toBe(gate);
  });

  it('holds calls back until the client is ready, and lets each pass once', () => {
    const { client, gate, passed } = open();
    gate.wait(() => passed.push('a'));
    gate.wait(() => passed.push('b'));
    expect([gate.isOpen, passed]).toEqual([false, []]);

    client.become('ready');
    client.become('ready');

    expect([gate.isOpen, passed]).toEqual([true, ['a', 'b']]);
    expect(client.eventNames()).toEqual([]);
  });

  it('lets nobody pass who has left, and keeps no listener for nobody', () => {
    const { client, gate, passed } = open();
    const pass = (): void => void passed.push('a');
    gate.wait(pass);
    gate.leave(pass);
    expect(client.eventNames()).toEqual([]);

    client.become('ready');

    expect(passed).toEqual([]);
  });

  it('takes who comes back through it in the same turn', () => {
    const { client, gate, passed } = open();
    gate.wait(() => {
      passed.push('once');
      gate.wait(() => passed.push('again'));
    });

    client.become('ready');
    expect(passed).toEqual(['once']);
    client.become('ready');

    expect(passed).toEqual(['once', 'again']);
  });

  it.each<[string, (client: Client, gate: ReadyGate) => void]>([
    ['has ended', (client) => client.become('end')],
    ['was given up without an event', (_client, gate) => gate.close()],
  ])('lets all pass, to be refused, where the client %s', (_case, end) => {
    const { client, gate, passed } = open();
    gate.wait(() => passed.push('a'));

    end(client, gate);

    expect(passed).toEqual(['a']);
    expect([gate.isOpen, gate.isEnded]).toEqual([true, true]);
  });

  it('is open for a client that connects with its first call', () => {
    const { client, gate } = open();
    client.status = 'wait';

    expect([gate.isOpen, gate.isEnded]).toEqual([true, false]);
  });
});
