/**
 * Rollouts that an operator wants to go on although nobody works on them: left where the service that works finds them,
 * because the one that was asked may stand by. Signed by the one that was asked, which knew who asked.
 */
import { z } from 'zod';
import type { LoopContext } from '../loop-context.js';
import { identifierSchema, timestampMsSchema } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import { parseRecord } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { checkFields, type SignatureVerdict, signFields } from '../signed-fields.js';
import { type Acceptance, trustOf } from './accept.js';

const wantedSchema = z.object({
  id: identifierSchema,
  at: timestampMsSchema,
  signature: z.string().max(1_024),
});

export interface Wanted {
  readonly id: string;
  /** When somebody wanted it. */
  readonly at: number;
  readonly verdict: SignatureVerdict;
  /** As it was left. */
  readonly raw: string;
}

const what = 'wanted rollout 1';

export async function wantRollout(
  { redis, names, key, clock }: Pick<LoopContext, 'redis' | 'names' | 'key' | 'clock'>,
  id: string,
): Promise<void> {
  const fields = { id, at: Math.floor(clock()) };
  const signature = signFields({ what, fields }, key.privateKey);
  await redis.sadd(names.injectorWanted, JSON.stringify({ ...fields, signature }));
}

/** One of them, or undefined. What is none is taken away. */
export async function wantedRollout(acceptance: Pick<Acceptance, 'context'>): Promise<Wanted | undefined> {
  const { redis, names } = acceptance.context;
  const raw = await redis.srandmember(names.injectorWanted);
  if (raw === null) return undefined;
  const wanted = parseRecord(raw, wantedSchema);
  if (wanted === undefined) {
    await noLongerWanted(redis, names, raw);
    return undefined;
  }
  const { signature, ...fields } = wanted;
  return { ...fields, raw, verdict: checkFields({ what, fields }, signature, trustOf(acceptance)) };
}

export async function noLongerWanted(redis: Redis, names: Names, raw: string): Promise<void> {
  await redis.srem(names.injectorWanted, raw);
}
