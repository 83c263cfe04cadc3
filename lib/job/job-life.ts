import type { LoadedJob } from './job-store.js';

/** No id holds it. */
const SEPARATOR = '\u001f';

/**
 * The id of a job as scripts take it that may not mix it up with another job, which was given the same id later: with its
 * time of creation in ms. Numbers are given again where Redis has lost data, ids that users chose when the job is gone.
 * @param life undefined where it is not known: whichever job has the id now is meant
 */
export function lifeId(id: string, life: number | undefined): string {
  return life === undefined ? id : `${id}${SEPARATOR}${life}`;
}

/** Above, Lua writes numbers in another way. */
const LAST_LIFE = 1e14;

/** A time of creation as scripts compare it, undefined for one that they cannot. */
export function lifeOf(createdMs: number): number | undefined {
  const life = Math.floor(createdMs);
  return life > 0 && life < LAST_LIFE ? life : undefined;
}

/** The id alone. */
export function plainId(named: string): string {
  const at = named.indexOf(SEPARATOR);
  return at < 0 ? named : named.slice(0, at);
}

/** The job that was read, unless it is another one than the one that is meant. */
export function ofLife(loaded: LoadedJob | undefined, life: number | undefined): LoadedJob | undefined {
  if (!loaded || life === undefined) {
    return loaded;
  }
  const { body } = loaded.record;
  const created = Number(body.slice(0, body.indexOf('\n')));
  // A body that cannot be read is of no other life.
  return Number.isNaN(created) || created === life ? loaded : undefined;
}
