/** Metadata keys, written by the decorators and read by the explorer. */
export const PROCESSOR_METADATA = 'stepwell:bullmq:processor';
export const WORKER_METADATA = 'stepwell:bullmq:worker';
export const WORKER_EVENT_METADATA = 'stepwell:bullmq:worker-event';
export const QUEUE_EVENT_METADATA = 'stepwell:bullmq:queue-event';
export const QUEUE_EVENTS_LISTENER_METADATA = 'stepwell:bullmq:queue-events-listener';

/** Under which `extraOptions` of `forRoot` are. */
export const EXTRA_OPTIONS_TOKEN = 'STEPWELL_BULLMQ_EXTRA_OPTIONS';
