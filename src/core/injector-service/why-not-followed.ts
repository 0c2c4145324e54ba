/**
 * Whether a service may go on with a rollout: its record in, why not, or undefined, out. The record is as good as whoever
 * could write to Redis, so that its instruction, its program and what was settled when it began must be what was signed;
 * and it must be one that is still on the way, not one of long ago that somebody put back.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Claimed } from '../injector/course/take-hold.js';
import { resolveSettings } from '../injector/plan/settings.js';
import type { RolloutAgent, RolloutRecord } from '../nerve/messages/rollout-record.js';
import { readRolloutAgents } from '../nerve/rollout-records.js';
import { readNewestResults } from '../results/publish.js';
import { checkSeal } from '../rollout-seal.js';
import { type Acceptance, isBelieved, trustOf, whyRefused } from './accept.js';

/** What was begun in time is gone on with for this long, or for the time that it was given, or until it expires. */
const goOnMs = 3_600_000;
/** And a window that has begun is finished, if its service was away for no longer than this. */
const finishMs = 24 * 3_600_000;
/** One result comes in a window, so that those of the last hour are among these. */
const resultsLookedAt = 100;

/** `isWanted`: somebody who may ask for it has just done so, which is as good as a new beginning. */
export async function whyNotFollowed(
  acceptance: Acceptance,
  record: RolloutRecord,
  { isWanted = false }: { readonly isWanted?: boolean } = {},
): Promise<string | undefined> {
  const agents = await readRolloutAgents(acceptance.context.redis, acceptance.context.names, record.id);
  return (
    whyNotSigned(acceptance, record, agents) ??
    (isWanted ? undefined : whyTooLate(acceptance, record)) ??
    (await whyOver(acceptance, record))
  );
}

/** Once it is claimed: whether it still is what was signed, and whether the plan was made of that. */
export function whyChanged(
  acceptance: Acceptance,
  { record, agents, plan, settings }: Claimed,
): string | undefined {
  const why = whyNotSigned(acceptance, record, agents);
  if (why !== undefined) return why;
  const isPlannedFromIt =
    isDeepStrictEqual(settings, resolveSettings({}, record.options)) &&
    plan.agents.every(({ id }) => agents.has(id));
  return isPlannedFromIt ? undefined : 'its record was changed while it was looked at';
}

function whyNotSigned(
  acceptance: Acceptance,
  record: RolloutRecord,
  agents: ReadonlyMap<string, RolloutAgent>,
): string | undefined {
  const { instruction, program } = record;
  const promised = instruction.program?.digest;
  if (promised !== undefined && promised !== program.digest)
    return `its program is ${program.digest}, and its instruction promises ${promised}`;
  const refusal = whyRefused(acceptance, instruction);
  if (refusal !== undefined) return refusal;
  const verdict = checkSeal(record, agents, trustOf(acceptance));
  if (isBelieved(acceptance, verdict)) return undefined;
  return `its record, how and to whom it is rolled out, ${verdict.reason}`;
}

function whyTooLate({ context }: Acceptance, record: RolloutRecord): string | undefined {
  const { state, instruction, plannedAt, options, windowMs } = record;
  const until = Math.max(instruction.expires ?? 0, plannedAt + Math.max(goOnMs, options?.timeoutMs ?? 0));
  const more = state === 'live' ? windowMs + finishMs : 0;
  if (until + more > context.clock()) return undefined;
  return 'its time is over; `dreamnet inject --resume` goes on with it all the same';
}

/** The service of one that is live may have been killed just after its result was out. */
async function whyOver({ context }: Acceptance, record: RolloutRecord): Promise<string | undefined> {
  const { redis, names } = context;
  const { id, state } = record;
  if (state === 'live') return undefined;
  const results = await readNewestResults(redis, names, resultsLookedAt);
  return results.some((result) => result.id === id) ? 'its result is out' : undefined;
}
