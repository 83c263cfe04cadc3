import { BadRequestException } from '@nestjs/common';

const PART = /^\d{1,20}$/;
const LARGEST = 2n ** 64n - 1n;

/** Whether a text is the id of an event: two or three numbers, as large as Redis counts. */
export function isEventId(text: string): boolean {
  const parts = text.split('-');
  return (
    (parts.length === 2 || parts.length === 3) &&
    parts.every((part) => PART.test(part) && BigInt(part) <= LARGEST)
  );
}

/**
 * Where a listener goes on, as a request names it: ids of events, one for each of so many queues. A parameter that
 * is given twice comes as a list.
 *
 * @throws {BadRequestException} for anything else
 */
export function readCursor(given: unknown, queues = 1): string[] | undefined {
  if (given === undefined || given === '') return undefined;
  const ids = typeof given === 'string' ? given.split(',') : [];
  if (ids.length !== queues || !ids.every(isEventId)) {
    throw new BadRequestException(
      'This is no cursor: send the id of a message as it came, once, or none to begin anew.',
    );
  }
  return ids;
}
