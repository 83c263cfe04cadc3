// All errors of the engine, one file an area; this is the one place that they are imported from.
export * from './errors/stepwell-error.js';
export * from './errors/value-errors.js';
export * from './errors/job-errors.js';
export * from './errors/flow-errors.js';
export * from './errors/limit-errors.js';
export * from './errors/connection-errors.js';
export * from './errors/server-errors.js';
export * from './errors/service-errors.js';
