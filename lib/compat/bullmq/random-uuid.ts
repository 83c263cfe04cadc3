import { systemRuntime } from '../../runtime/system-runtime.js';

/** A UUID, version 4. */
export const randomUUID = (): string => systemRuntime.uuid();
