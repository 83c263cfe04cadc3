import { defineSteps, Worker } from 'stepwell/engine';
import { startedWorker } from './bullmq-style.mjs';
import { settings } from './settings.mjs';
import { peer as stepwell } from './stepwell.mjs';

// Stepwell with defined steps instead of a switch over job.data.step.
export const peer = {
  ...stepwell,
  startStepWorker: (connection, queueName, { stepsPerJob, step, ...options }) =>
    startedWorker(Worker, connection, queueName, {
      ...options,
      handler: defineSteps(
        Object.fromEntries(Array.from({ length: stepsPerJob }, (_, n) => [`step${n}`, () => step()])),
      ),
      settings: settings.stepwell,
    }),
};
