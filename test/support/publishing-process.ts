/**
 * Publishes one result after the other, as told by its argument, and says so; until it is killed or done. At one of them it
 * dies at the worst moment: the result is on the stream, and the note of where it is not written yet.
 */
import { Redis } from 'ioredis';
import { createNames } from '../../src/core/nerve/names.js';
import { publishResult } from '../../src/core/results/publish.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput } from '../results/rollout-fixture.js';

const { socketPath, prefix, ids, diesAt } = JSON.parse(process.argv[2] ?? '{}') as {
  socketPath: string;
  prefix: string;
  ids: string[];
  diesAt?: string;
};
const redis = new Redis(socketPath);
const names = createNames(prefix);
const result = summarise(summaryInput([{ id: 'a', cost: [100, 66] }]));
for (const id of ids) {
  if (id === diesAt) redis.hset = () => process.kill(process.pid, 'SIGKILL') as never;
  process.send?.(id);
  await publishResult({ redis, names, result: { ...result, id } });
}
redis.disconnect();
process.disconnect?.();
