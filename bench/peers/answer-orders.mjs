// The bare peer of bench/inject.ts: reads one stream of orders and answers with one entry per agent it is asked for;
// nothing is checked, loaded or kept. Arguments: socket path, stream of orders, stream of answers.
import { Redis } from 'ioredis';

const [socketPath, orders, answers] = process.argv.slice(2);
const redis = new Redis({ path: socketPath, replyMapping: 'legacy' });
const blocking = redis.duplicate();
process.on('disconnect', () => process.exit(0));
process.send('ready');

let last = '0';
for (;;) {
  const reply = await blocking.xread('COUNT', 100, 'BLOCK', 0, 'STREAMS', orders, last);
  for (const [id, fields] of reply?.[0]?.[1] ?? []) {
    last = id;
    const pipeline = redis.pipeline();
    for (const agent of fields[1].split(',')) pipeline.xadd(answers, '*', 'agent', agent);
    await pipeline.exec();
  }
}
