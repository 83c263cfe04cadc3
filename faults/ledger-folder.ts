import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Note, readNotes } from './ledger.js';

/** All ledgers of a run, read as they grow. */
export class LedgerFolder {
  readonly notes: Note[] = [];
  /** Notes that are signs of life: errors go on for ever where a server is gone. */
  signs = 0;
  readonly #read = new Map<string, { offset: number; rest: string }>();

  constructor(private readonly path: string) {}

  /** Reads what was written since. A line that a kill cut short is no note. */
  async refresh(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => name.endsWith('.ledger'));
    for (const name of names) await this.#readOn(name);
  }

  async #readOn(name: string): Promise<void> {
    const state = this.#read.get(name) ?? { offset: 0, rest: '' };
    this.#read.set(name, state);
    const file = await open(join(this.path, name));
    try {
      const chunk = Buffer.alloc(2 ** 22);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, state.offset);
        if (bytesRead === 0) return;
        state.offset += bytesRead;
        // All of a ledger is ASCII: a chunk cuts no character.
        const text = state.rest + chunk.toString('latin1', 0, bytesRead);
        const end = text.lastIndexOf('\n') + 1;
        state.rest = text.slice(end);
        for (const note of readNotes(text.slice(0, end))) this.#keep(note);
      }
    } finally {
      await file.close();
    }
  }

  #keep(note: Note): void {
    this.notes.push(note);
    if (note.what !== 'error') this.signs += 1;
  }
}
