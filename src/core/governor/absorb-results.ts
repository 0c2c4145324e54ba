/** Results waiting on `swarm:execution:results` in, what the governor learned from each out; each counts once. */
import { type Result, resultSchema } from '../nerve/messages/result.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { acknowledge, takeFromGroup } from '../nerve/streams.js';
import type { Learned } from '../pipeline-events.js';
import { readDecision } from './decisions.js';
import { capabilitiesOf } from './fleet-kind.js';
import { learnFrom } from './learn.js';

const group = 'governor';

export interface Absorbed {
  readonly result: Result;
  readonly learned: Learned;
}

/** Messages that do not fit are acknowledged and left on the stream; they teach nothing. */
export async function absorbResults(redis: Redis, names: Names, consumer: string): Promise<Absorbed[]> {
  const stream = names.results;
  const absorbed: Absorbed[] = [];
  for (const message of await takeFromGroup(redis, { stream, group, consumer, schema: resultSchema })) {
    if (message.ok) {
      const decision = await readDecision(redis, names, message.value.decision);
      const learned = await learnFrom(redis, names, {
        result: message.value,
        objective: decision?.objective,
        predicted: decision?.prediction.target.mean,
        capabilities: capabilitiesOf(new Set([message.value.execution.workload])),
      });
      if (learned !== undefined) absorbed.push({ result: message.value, learned });
    }
    await acknowledge(redis, stream, group, [message.streamId]);
  }
  return absorbed;
}
