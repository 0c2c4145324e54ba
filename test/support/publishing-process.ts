/** Publishes one result after the other, as told by its argument, and says so; until it is killed or done. */
import { Redis } from 'ioredis';
import { createNames } from '../../src/core/nerve/names.js';
import { publishResult } from '../../src/core/results/publish.js';
import { summarise } from '../../src/core/results/summary.js';
import { summaryInput } from '../results/rollout-fixture.js';

const { socketPath, prefix, ids } = JSON.parse(process.argv[2] ?? '{}') as {
  socketPath: string;
  prefix: string;
  ids: string[];
};
const redis = new Redis(socketPath);
const names = createNames(prefix);
const result = summarise(summaryInput([{ id: 'a', cost: [100, 66] }]));
for (const id of ids) {
  process.send?.(id);
  await publishResult({ redis, names, result: { ...result, id } });
}
redis.disconnect();
process.disconnect?.();
