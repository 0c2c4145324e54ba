/** Decision records on their stream: written once each, found again by id. */
import { type Decision, decisionSchema } from '../nerve/messages/decision.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { appendMessage, newestMessages } from '../nerve/streams.js';

/** How far back a decision is looked for: results come within a window, so it is near the end. */
const lookBack = 1_000;

export async function recordDecision(redis: Redis, names: Names, decision: Decision): Promise<void> {
  await appendMessage(redis, names.decisions, decision);
}

export async function readDecision(
  redis: Redis,
  names: Names,
  id: string | undefined,
): Promise<Decision | undefined> {
  return id === undefined ? undefined : (await readDecisions(redis, names, [id])).get(id);
}

/** Those of the ids that are still there, by id. */
export async function readDecisions(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Decision>> {
  const found = new Map<string, Decision>();
  if (ids.length === 0) return found;
  const wanted = new Set(ids);
  const count = Math.max(lookBack, ids.length);
  const messages = await newestMessages(redis, names.decisions, decisionSchema, count);
  for (const message of messages)
    if (message.ok && wanted.has(message.value.id)) found.set(message.value.id, message.value);
  return found;
}
