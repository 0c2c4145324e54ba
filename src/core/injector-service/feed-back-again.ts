/**
 * What a service that was killed between the end of a rollout and its rewards left undone: the newest results are fed back
 * again. Learning and rewarding count each of them once, however often that is done.
 */
import type { LoopContext } from '../loop-context.js';
import { resultSchema } from '../nerve/messages/result.js';
import { readRollout } from '../nerve/rollout-records.js';
import { newestMessages } from '../nerve/streams.js';
import { feedBack } from '../pipeline.js';

/** One rollout is on the way at a time; some more, in case that services were killed one after the other. */
const resultsMax = 3;

export async function feedBackAgain(context: LoopContext): Promise<void> {
  const { redis, names } = context;
  for (const message of await newestMessages(redis, names.results, resultSchema, resultsMax)) {
    if (!message.ok) continue;
    const record = await readRollout(redis, names, message.value.id);
    // What a person took back since earns nothing.
    if (record?.service !== undefined && record.state === 'complete') await feedBack(context, message.value);
  }
}
