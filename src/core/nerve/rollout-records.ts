/** `rollout:<id>` hashes: written only by the coordinator that holds the rollout, read by anyone. */
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import {
  type RolloutAgent,
  type RolloutRecord,
  rolloutAgentSchema,
  rolloutRecordSchema,
} from './messages/rollout-record.js';
import { type Wish, wishSchema } from './messages/wish.js';
import type { Names } from './names.js';
import { parseRecord, pipelinedReads } from './records.js';
import type { Redis } from './redis.js';
import { runScript } from './run-script.js';

const agentField = 'agent:';
/** Fields per script call: keeps one call below a few milliseconds of Redis time. */
const fieldsPerCall = 1_000;

export interface Claim {
  readonly id: string;
  /** Name of the process that claims. */
  readonly holder: string;
  readonly nowMs: number;
  /** Nobody is known to have begun it: who has meanwhile keeps it. */
  readonly isNew?: boolean;
}

/** A new coordinator epoch, newer than any before; throws DN510 when a newer coordinator already holds the rollout, or a new one has been begun. */
export async function claimRollout(redis: Redis, names: Names, claim: Claim): Promise<number> {
  const { id, holder, nowMs, isNew = false } = claim;
  const epoch = Number(await runScript(redis, 'next-epoch', names.epoch, [Math.floor(nowMs)]));
  const args = [epoch, holder, limits.rolloutHoldMs, isNew ? 'new' : 'any'];
  const claimed = await runScript(redis, 'claim-rollout', names.rollout(id), args);
  if (claimed !== 1) throw takenOver(id);
  return epoch;
}

/** Takes a rollout back in the same epoch if Redis has come back without the claim, and knows of no newer one. */
export async function claimAgain(
  redis: Redis,
  names: Names,
  { id, holder, epoch }: { readonly id: string; readonly holder: string; readonly epoch: number },
): Promise<void> {
  await runScript(redis, 'claim-rollout', names.rollout(id), [epoch, holder, limits.rolloutHoldMs]);
}

export interface RolloutChange {
  readonly record: RolloutRecord;
  /** Those that changed. */
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  /** Id of the wish that was obeyed by what is written. */
  readonly answered?: string | undefined;
}

/**
 * Writes what changed, fenced by the record's epoch, prolongs the hold and tells who listens; gives the wish that waits.
 * Agents come first, so that the record never counts an agent that is not written.
 */
export async function writeRollout(
  redis: Redis,
  names: Names,
  { record, agents, answered }: RolloutChange,
): Promise<Wish | undefined> {
  const left = await writeFull(redis, names, record, agentFields(agents));
  left.push('record', JSON.stringify(record));
  if (answered !== undefined) left.push('answered', answered);
  return writeFenced(redis, names, record, { fields: left, channel: names.rolloutChanges });
}

/** Other fields of a rollout, which nobody listens for. */
export async function writeRolloutFields(
  redis: Redis,
  names: Names,
  held: Pick<RolloutRecord, 'id' | 'epoch'>,
  fields: Iterable<readonly [field: string, value: string]>,
): Promise<void> {
  const left = await writeFull(redis, names, held, fields);
  if (left.length > 0) await writeFenced(redis, names, held, { fields: left, channel: '' });
}

function* agentFields(agents: RolloutChange['agents']): Generator<[string, string]> {
  for (const [id, agent] of agents) yield [`${agentField}${id}`, JSON.stringify(agent)];
}

/** As many fields as make full calls; those that are left over. */
async function writeFull(
  redis: Redis,
  names: Names,
  held: Pick<RolloutRecord, 'id' | 'epoch'>,
  all: Iterable<readonly [field: string, value: string]>,
): Promise<string[]> {
  let fields: string[] = [];
  for (const pair of all) {
    fields.push(...pair);
    if (fields.length < 2 * fieldsPerCall) continue;
    await writeFenced(redis, names, held, { fields, channel: '' });
    fields = [];
  }
  return fields;
}

async function writeFenced(
  redis: Redis,
  names: Names,
  { id, epoch }: Pick<RolloutRecord, 'id' | 'epoch'>,
  { fields, channel }: { readonly fields: readonly string[]; readonly channel: string },
): Promise<Wish | undefined> {
  const args = [epoch, limits.rolloutHoldMs, channel, id, ...fields];
  const reply = await runScript(redis, 'write-rollout', names.rollout(id), args);
  if (typeof reply !== 'string') throw takenOver(id);
  return parseRecord(reply, wishSchema);
}

/** Puts a rollout among those that can be found without its id. */
export async function listRollout(
  redis: Redis,
  names: Names,
  { id, plannedAt }: Pick<RolloutRecord, 'id' | 'plannedAt'>,
): Promise<void> {
  await Promise.all([
    redis.zadd(names.rollouts, plannedAt, id),
    redis.zremrangebyrank(names.rollouts, 0, -limits.rolloutsListedMax - 1),
  ]);
}

export async function readRollout(
  redis: Redis,
  names: Names,
  id: string,
): Promise<RolloutRecord | undefined> {
  return parseRecord(await redis.hget(names.rollout(id), 'record'), rolloutRecordSchema);
}

/** Records in the order of the ids; undefined where there is none or it does not fit. */
export async function readRollouts(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<(RolloutRecord | undefined)[]> {
  const texts = await pipelinedReads<string, string | null>(redis, ids, (pipeline, id) =>
    pipeline.hget(names.rollout(id), 'record'),
  );
  return texts.map((text) => parseRecord(text, rolloutRecordSchema));
}

/** Every agent of a rollout with its outcome. */
export async function readRolloutAgents(
  redis: Redis,
  names: Names,
  id: string,
): Promise<Map<string, RolloutAgent>> {
  const fields = await redis.hgetall(names.rollout(id));
  const agents = new Map<string, RolloutAgent>();
  for (const [field, text] of Object.entries(fields)) {
    const agent = field.startsWith(agentField) ? parseRecord(text, rolloutAgentSchema) : undefined;
    if (agent !== undefined) agents.set(field.slice(agentField.length), agent);
  }
  return agents;
}

/** Ids of the newest rollouts, newest first. */
export async function newestRollouts(redis: Redis, names: Names, count: number): Promise<string[]> {
  return redis.zrevrange(names.rollouts, 0, count - 1);
}

export function takenOver(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN510',
    kind: 'failed',
    message: `Another injector has taken over rollout ${id}; this one has stopped.`,
    hint: 'Follow it with `dreamnet watch`.',
  });
}
