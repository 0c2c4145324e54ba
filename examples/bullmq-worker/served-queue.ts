/** One BullMQ queue with the worker that serves it, a cache in front of the work, and how it has fared lately. */

import type { ConnectionOptions } from 'bullmq';
import { type Job, Queue, Worker } from 'bullmq';

export interface ServedQueue {
  readonly name: string;
  readonly queue: Queue;
  readonly worker: Worker;
  readonly cache: Cache;
  readonly runs: { completed: number; failed: number };
  /** Of the time since it was last asked. */
  figures(): Figures;
  close(): Promise<void>;
}

export interface Figures {
  readonly latency: number;
  readonly throughput: number;
  readonly cacheHits: number;
}

/** `render` is the work, which is asked for what the cache does not hold. */
export function serve(
  name: string,
  { connection, render }: { connection: ConnectionOptions; render: (key: string) => Promise<string> },
): ServedQueue {
  const cache = new Cache(1e6);
  const queue = new Queue(name, { connection });
  const runs = { completed: 0, failed: 0 };
  let lately = { sinceMs: performance.now(), jobs: 0, hits: 0, tookMs: 0 };

  const worker = new Worker(
    name,
    async ({ data }: Job<{ key: string }>) => {
      const startMs = performance.now();
      const known = cache.get(data.key);
      const result = known ?? (await render(data.key));
      if (known === undefined) cache.set(data.key, result);
      else lately.hits++;
      lately.jobs++;
      lately.tookMs += performance.now() - startMs;
      return result;
    },
    { connection, concurrency: 2 },
  );
  worker.on('completed', () => runs.completed++);
  worker.on('failed', () => runs.failed++);
  worker.on('error', (error) => console.error(`${name}: ${error.message}`));

  return {
    ...{ name, queue, worker, cache, runs },
    figures() {
      const { sinceMs, jobs, hits, tookMs } = lately;
      lately = { sinceMs: performance.now(), jobs: 0, hits: 0, tookMs: 0 };
      const seconds = (performance.now() - sinceMs) / 1000;
      // Without a job there is nothing to tell of its time: NaN says so.
      return {
        latency: jobs === 0 ? Number.NaN : tookMs / jobs / 1000,
        throughput: seconds === 0 ? Number.NaN : jobs / seconds,
        cacheHits: jobs === 0 ? Number.NaN : hits / jobs,
      };
    },
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

/** Results by key, the least used go first. */
export class Cache {
  readonly #entries = new Map<string, string>();
  #bytes = 0;
  #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bytesMax(): number {
    return this.#bytesMax;
  }

  set bytesMax(bytes: number) {
    this.#bytesMax = bytes;
    this.#shrink();
  }

  get(key: string): string | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: string): void {
    this.#bytes += value.length - (this.#entries.get(key)?.length ?? 0);
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#shrink();
  }

  #shrink(): void {
    for (const [key, value] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#entries.delete(key);
      this.#bytes -= value.length;
    }
  }
}
