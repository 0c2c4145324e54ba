/** JSON values kept in strings and hash fields: written as text, read back through their schema, many in one pipeline. */
import type { ZodType } from 'zod';
import { limits } from '../limits.js';
import type { ChainableCommander, Redis } from './redis.js';

/** Text from Redis -> checked value, or undefined when it is absent or does not fit (another version, damage). */
export function parseRecord<T>(text: string | null | undefined, schema: ZodType<T>): T | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs one command per item in pipelines of bounded size and gives the replies in order; throws the first error reply.
 * Commands of one pipeline touch keys of many agents, so they are independent and idempotent (DESIGN section 4).
 */
export async function pipelined<Item, Reply>(
  redis: Redis,
  items: readonly Item[],
  command: (pipeline: ChainableCommander, item: Item) => void,
): Promise<Reply[]> {
  const replies = await repliesOf(redis, items, command);
  return replies.map(([error, reply]) => {
    if (error) throw error;
    return reply as Reply;
  });
}

/** The same for reading: a key that holds another kind of value than expected gives undefined, and hides no other item. */
export async function pipelinedReads<Item, Reply>(
  redis: Redis,
  items: readonly Item[],
  command: (pipeline: ChainableCommander, item: Item) => void,
): Promise<(Reply | undefined)[]> {
  const replies = await repliesOf(redis, items, command);
  return replies.map(([error, reply]) => {
    if (error && !error.message.startsWith('WRONGTYPE')) throw error;
    return error ? undefined : (reply as Reply);
  });
}

async function repliesOf<Item>(
  redis: Redis,
  items: readonly Item[],
  command: (pipeline: ChainableCommander, item: Item) => void,
): Promise<[Error | null, unknown][]> {
  const replies: [Error | null, unknown][] = [];
  for (let from = 0; from < items.length; from += limits.pipelineCommandsMax) {
    const pipeline = redis.pipeline();
    for (const item of items.slice(from, from + limits.pipelineCommandsMax)) command(pipeline, item);
    replies.push(...((await pipeline.exec()) ?? []));
  }
  return replies;
}
