/**
 * What a service settled when it began a rollout, signed by it: the record and its agents in, a seal out. The record is
 * in Redis, and another service that goes on with it has nobody who looks: without its seal it is anybody's.
 */
import { createHash, type KeyObject } from 'node:crypto';
import type { Trust } from './keys/trust.js';
import type { RolloutAgent, RolloutRecord } from './nerve/messages/rollout-record.js';
import { rolloutSettingsSchema } from './nerve/messages/rollout-settings.js';
import { checkFields, type SignatureVerdict, type SignedFields, signFields } from './signed-fields.js';

type Agents = ReadonlyMap<string, Pick<RolloutAgent, 'heldOut' | 'joined'>>;

export function sealRollout(record: RolloutRecord, agents: Agents, key: KeyObject): RolloutRecord {
  return { ...record, seal: signFields(settledIn(record, agents), key) };
}

export function checkSeal(record: RolloutRecord, agents: Agents, trust: Trust): SignatureVerdict {
  return checkFields(settledIn(record, agents), record.seal, trust);
}

function settledIn(
  { id, program, options, windowMs, plannedAt }: RolloutRecord,
  agents: Agents,
): SignedFields {
  const settings = options === undefined ? null : rolloutSettingsSchema.parse(options);
  const fields = {
    id,
    digest: program.digest,
    options: settings,
    windowMs,
    plannedAt,
    agents: digestOf(agents),
  };
  return { what: 'rollout 1', fields };
}

/** Agents that joined later are no part of the comparison, and of the instruction's selector all the same. */
function digestOf(agents: Agents): string {
  const lines: string[] = [];
  for (const [id, { heldOut, joined }] of agents) if (!joined) lines.push(`${id} ${heldOut}\n`);
  const hash = createHash('sha256');
  for (const line of lines.sort()) hash.update(line);
  return hash.digest('hex');
}
