import type { NextFunction, Request, Response } from 'express';

/** Names under which this machine reaches itself. */
export const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

/**
 * Middleware that serves only who asks for this site by its own name, and from its own pages.
 *
 * A page elsewhere can make a browser send anything here. By a name of its own that leads to this address it could
 * even read what comes back, so a `Host` that is not ours gets a 421; and a form or a script elsewhere could send
 * photos, so an `Origin` that is not the `Host` gets a 403. Programs such as curl send no `Origin`.
 */
export function ownSiteOnly(hosts: readonly string[]) {
  return ({ headers }: Request, response: Response, next: NextFunction): void => {
    const host = headers.host?.toLowerCase();
    if (host === undefined || !hosts.includes(nameOf(host))) {
      refuse(response, 421, 'This name is not served here: STEPWELL_HOSTS names those that are.');
    } else if (headers.origin !== undefined && hostOf(headers.origin) !== host) {
      refuse(response, 403, 'Only the pages of this site may do this.');
    } else {
      next();
    }
  };
}

function refuse(response: Response, statusCode: number, message: string): void {
  // What is sent along is not read, so that nobody waits for it.
  response.set('Connection', 'close').status(statusCode).json({ statusCode, message });
}

const nameOf = (host: string): string => host.replace(/:\d*$/, '');

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
