import 'reflect-metadata';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { AppConfig } from './app-config.js';
import { AppModule } from './app.module.js';
import { ownSiteOnly } from './http/own-site-only.js';

const PAGE_FOLDER = fileURLToPath(new URL('../public/', import.meta.url));
/** The plots' library is served as its package has it. */
const UPLOT_FOLDER = dirname(createRequire(import.meta.url).resolve('uplot'));

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The whole application, not yet listening. */
export async function createApp(config: AppConfig): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config), {
    logger: ['fatal', 'error'],
    // A browser that keeps its connection open must not hold up the end.
    forceCloseConnections: true,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(ownSiteOnly(config.hosts));
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.set(HEADERS);
    next();
  });
  app.useStaticAssets(PAGE_FOLDER, { setHeaders: (response) => response.set('Cache-Control', 'no-cache') });
  app.useStaticAssets(UPLOT_FOLDER, { prefix: '/vendor/uplot/', index: false, maxAge: '1h' });
  return app;
}
