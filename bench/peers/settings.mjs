// What the adapters set, beyond defaults; here so that the report can name it without loading the libraries.
// bee-queue keeps all finished jobs or none, so it is set to keep none, which is less work than the others do.
// Its pub/sub events are sent, but nobody listens and no Job objects are held on to.
const keepOneHundred = { removeOnComplete: { count: 100 } };

export const settings = {
  stepwell: keepOneHundred,
  'stepwell-steps': keepOneHundred,
  'stepwell-limited': keepOneHundred,
  bullmq: keepOneHundred,
  'bee-queue': {
    getEvents: false,
    sendEvents: true,
    storeJobs: false,
    removeOnSuccess: true,
    removeOnFailure: true,
  },
};
