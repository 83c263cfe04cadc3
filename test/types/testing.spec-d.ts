import { startRedis, type EmbeddedRedis, type LocalRedis } from 'stepwell/testing';

// A server of one's own can be killed; one that may be someone else's only perhaps.
export const own: Promise<LocalRedis> = startRedis({ external: false });
export const any: Promise<EmbeddedRedis> = startRedis({ appendOnly: 'always' });
export const kill = async (): Promise<void> => (await own).kill('SIGKILL');

// @ts-expect-error a server that may be external has no sure kill
export const killAny = async (): Promise<void> => (await any).kill('SIGKILL');

// @ts-expect-error there is no such sync mode
export const wrong = startRedis({ appendOnly: 'sometimes' });
