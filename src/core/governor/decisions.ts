/** Decision records on their stream: written once each, found again by id. */
import type { Redis } from 'ioredis';
import { type Decision, decisionSchema } from '../nerve/messages/decision.js';
import type { Names } from '../nerve/names.js';
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
  if (id === undefined) return undefined;
  const messages = await newestMessages(redis, names.decisions, decisionSchema, lookBack);
  for (const message of messages) if (message.ok && message.value.id === id) return message.value;
  return undefined;
}
