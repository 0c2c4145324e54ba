/** What programs can read of the queues of this worker, and do with them. */
import type { Capability, Fields, Task } from 'dreamnet/agent';
import type { ServedQueue } from './served-queue.ts';

export const fields = {
  waiting: { unit: 'count', about: 'jobs that nobody works on yet' },
  latency: { unit: 'duration', about: 'mean time of a job, lately' },
  throughput: { unit: 'count', about: 'jobs done per second, lately' },
  memory: { unit: 'bytes', about: 'what the cache holds' },
  cache_hits: { unit: 'ratio', about: 'share of jobs answered from the cache, lately' },
  concurrency: { unit: 'count', about: 'jobs at the same time' },
} as const satisfies Fields;

/** A row of the table that programs see, with the queue it stands for. */
export interface QueueTask extends Task<typeof fields> {
  readonly queue: ServedQueue;
}

export const capabilities: Readonly<Record<string, Capability<QueueTask, typeof fields>>> = {
  SET_CONCURRENCY: {
    code: 1,
    about: 'work on this many jobs of the queue at the same time',
    unit: 'count',
    min: 1,
    max: 50,
    argument: 'jobs',
    risk: 0.3,
    effects: { throughput: { perUnit: 0.1, uncertainty: 0.1 } },
    apply({ queue }, jobs) {
      const former = queue.worker.concurrency;
      queue.worker.concurrency = Math.round(jobs);
      return former;
    },
    revert({ queue }, former: number) {
      queue.worker.concurrency = former;
    },
  },
  SET_CACHE: {
    code: 2,
    about: 'let the cache of the queue hold this much',
    unit: 'bytes',
    min: 0,
    max: 64e6,
    argument: 'size',
    risk: 0.1,
    effects: { latency: { perUnit: -1e-8, uncertainty: 1e-8 } },
    apply({ queue }, bytes) {
      const former = queue.cache.bytesMax;
      queue.cache.bytesMax = bytes;
      return former;
    },
    revert({ queue }, former: number) {
      queue.cache.bytesMax = former;
    },
  },
  DRAIN: {
    code: 3,
    about: 'throw away the jobs that wait',
    risk: 0.9,
    effects: { waiting: { perUnit: -5, uncertainty: 2 } },
    async apply({ queue }) {
      if (queue.name === 'invoices') return { refused: 'invoices are never thrown away' };
      await queue.queue.drain();
      return undefined;
    },
    // What is thrown away is gone.
    revert: null,
  },
};
