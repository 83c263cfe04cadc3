import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AppConfig } from '../../src/app-config.js';
import { createApp } from '../../src/create-app.js';

/** The whole app with a folder and keys of its own, listening on a free port; it can end and come back. */
export class PhotoApp {
  app!: NestExpressApplication;

  private constructor(private readonly config: AppConfig) {}

  static async start(config: Partial<AppConfig> = {}): Promise<PhotoApp> {
    const running = new PhotoApp({
      redisUrl: process.env['STEPWELL_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379',
      prefix: `t-${randomBytes(6).toString('hex')}`,
      dataFolder: await mkdtemp(join(tmpdir(), 'stepwell-photos-test-')),
      maxStoredBytes: 100 * 1024 * 1024,
      host: '127.0.0.1',
      hosts: ['127.0.0.1', 'localhost'],
      paceMs: 20,
      retryMs: 20,
      trafficMs: 0,
      ...config,
    });
    await running.begin();
    return running;
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get dataFolder(): string {
    return this.config.dataFolder;
  }

  async begin(): Promise<void> {
    this.app = await createApp(this.config);
    await this.app.listen(0, this.config.host);
  }

  async end(): Promise<void> {
    await this.app.close();
  }

  async stop(): Promise<void> {
    await this.end();
    await rm(this.config.dataFolder, { recursive: true, force: true });
  }
}
