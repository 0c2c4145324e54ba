/** A BullMQ worker that programs can tune while it runs. REDIS_URL says where Redis is, DREAMNET_KEYS whom to trust. */
import { createAgent } from 'dreamnet/agent';
import { Redis } from 'ioredis';
import { capabilities, fields } from './offer.ts';
import { serve } from './served-queue.ts';

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const connection = new Redis(url, { maxRetriesPerRequest: null });
connection.on('error', (error) => console.error(`bullmq: ${error.message}`));

const queues = ['thumbnails', 'invoices'].map((name) => serve(name, { connection, render }));

const agent = await createAgent({
  id: process.env.DREAMNET_ID ?? 'bullmq-worker-1',
  name: 'bullmq-worker',
  labels: { app: 'bullmq-worker' },
  redis: url,
  fields,
  tasks: () =>
    Promise.all(
      queues.map(async (queue) => {
        const { latency, throughput, cacheHits } = queue.figures();
        return {
          id: queue.name,
          queue,
          waiting: await queue.queue.getWaitingCount(),
          latency,
          throughput,
          memory: queue.cache.bytes,
          cache_hits: cacheHits,
          concurrency: queue.worker.concurrency,
        };
      }),
    ),
  runs: () => ({
    completed: queues.reduce((sum, { runs }) => sum + runs.completed, 0),
    failed: queues.reduce((sum, { runs }) => sum + runs.failed, 0),
  }),
  capabilities,
});

for (const { name, worker } of queues) console.log(`${name}: ${worker.concurrency} jobs at the same time`);
console.log(`${agent.id} is ready`);

/** Work that waits for something else for most of its time, as rendering on another machine does. */
async function render(key: string): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return key.repeat(100);
}

async function end(): Promise<void> {
  await agent.stop();
  await Promise.all(queues.map((queue) => queue.close()));
  connection.disconnect();
}
process.once('SIGTERM', end);
process.once('SIGINT', end);
