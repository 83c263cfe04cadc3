/* oxlint-disable no-unused-vars, typescript/no-extraneous-class -- only blocks of the documentation use these */
// What the blocks of the documentation take for granted: a reader's own types, services and variables.

interface Order {
  orderId: string;
  items: { sku: string; count: number }[];
}
interface Reservation {
  id: number;
}
interface Receipt {
  receipt: string;
}
interface Photo {
  path: string;
}
interface Picture {
  width: number;
}
interface Album {
  title: string;
  paths: string[];
}
interface Cursor {
  page: number;
}

/** That of `@nestjs/config`. */
declare class ConfigService {
  getOrThrow<T = string>(name: string): T;
}
declare class StockService {
  reserve(order: Order): Promise<Reservation>;
  ship(reservation: Reservation): Promise<{ parcel: string }>;
}
declare class BankService {
  charge(reservation: Reservation, options?: { signal: AbortSignal }): Promise<Receipt>;
  refund(receipt: Receipt): Promise<void>;
}
/** A class with steps. */
declare class OrderProcessor {
  reserve(job: import('stepwell').Job<Order>): Promise<Reservation>;
  charge(
    job: import('stepwell').Job<Order>,
    ctx: import('stepwell').StepContext<OrderProcessor>,
  ): Promise<Receipt>;
}
/** What the class around some members has. */
declare class Shared {
  protected readonly events: import('stepwell').QueueEvents;
  protected readonly files: {
    pages(file: string, options: { from: Cursor | undefined }): import('rxjs').Observable<Cursor>;
  };
  protected readonly orders: import('stepwell').Queue<Order>;
  protected readonly bank: BankService;
}

declare class AppModule {}
declare const stock: StockService;
declare const bank: BankService;
declare const connection: { host: string; port: number };
declare const client: import('stepwell').RedisClient;
declare const password: string;
declare const jobId: string;
declare const queue: import('stepwell').Queue;
declare const orders: import('stepwell').Queue<Order>;
declare const job: import('stepwell').Job;
declare const worker: import('stepwell').Worker;
declare const events: import('stepwell').QueueEvents;
declare const orderId: string;
declare const webhook: { id: string };
declare const data: { color: string };
declare const newest: { color: string };
declare const bar: { value: number };

declare function alarm(jobId: string): void;
declare function bind(pages: unknown[]): Promise<string>;
declare function charge(order: Order): Promise<Receipt>;
declare function draw(...what: unknown[]): void;
declare function reload(why: string): void;
declare function reloadAll(): Promise<void>;
declare function reserve(order: Order): Promise<Reservation>;
declare function resize(path: string): Promise<Picture>;
declare function save(event: import('stepwell').JobEvent): Promise<void>;
declare const database: { insert(rows: readonly unknown[]): Promise<void> };
declare const mailer: { send(to: string): Promise<string> };
declare function send(mail: unknown, options: { signal: AbortSignal }): Promise<void>;
declare function ship(order: Order, receipt?: Receipt): Promise<void>;
declare function show(picture: Picture): void;
declare function warn(reason: string): void;

declare class Bank {}
declare const fakeBank: { charge(places: number): Promise<{ receipt: string }> };

// The guide of tests names runners that this package does not depend on.
declare module 'vitest' {
  export const expect: typeof import('@jest/globals').expect & { extend(matchers: object): void };
  export const { it, describe, beforeAll, afterAll, beforeEach, afterEach }: typeof import('@jest/globals');
  export interface Matchers<T = any> {
    readonly received?: T;
  }
}
declare module 'vitest/config' {
  export function defineConfig(config: object): object;
}
declare module 'unplugin-swc' {
  const swc: { vite(options: object): object };
  export default swc;
}
declare module '*/src/order-processor.js' {
  export class Bank {}
  export class OrderProcessor {
    reserve(job: import('stepwell').Job): { places: number };
    charge(job: import('stepwell').Job): Promise<{ receipt: string }>;
  }
}
