import type { Address } from './systems/system.js';

/** The address of one server, or of what stands before it. */
export const at = ({ host, port }: { host: string; port: number }): Address => ({
  kind: 'single',
  host,
  port,
});
