import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from './app-config.js';
import { AppModule } from './app.module.js';

const PAGE_FOLDER = fileURLToPath(new URL('../public/', import.meta.url));

const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
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
  app.useStaticAssets(PAGE_FOLDER, {
    setHeaders: (response: { setHeader: (name: string, value: string) => void }) => {
      for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
    },
  });
  return app;
}
