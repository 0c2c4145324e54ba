/**
 * An instruction in; its rollout claimed for this process out, as the earlier coordinator left it, if there was one. What is
 * judged is what is read under the claim: until then whoever writes to Redis could have changed it once more.
 */
import type { RolloutAgent, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import { prolongHold } from '../../nerve/rollout-holds.js';
import { claimRollout, readRollout, readRolloutAgents } from '../../nerve/rollout-records.js';
import { parseGates } from '../gates/tolerances.js';
import type { Plan } from '../plan/plan.js';
import { resolveSettings } from '../plan/settings.js';
import type { RolloutDependencies, RolloutOptions } from './rollout.js';
import { alreadyRolledOut, isComplete, isNotBelieved } from './rollout-refusals.js';
import { requireStep } from './states.js';

/** What an earlier coordinator left, and what was made of it before it was claimed. */
export interface Claimed {
  readonly record: RolloutRecord;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly plan: Plan;
  readonly settings: RolloutSettings;
}

export interface Taken {
  readonly epoch: number;
  /** Undefined for a new rollout. */
  readonly earlier: RolloutRecord | undefined;
  readonly known: ReadonlyMap<string, RolloutAgent>;
}

type Options = RolloutOptions & { readonly resume?: boolean };

export async function takeHold(dependencies: RolloutDependencies, options: Options): Promise<Taken> {
  const { redis, names, name, clock } = dependencies;
  const { id } = options.instruction;
  const before = await readRollout(redis, names, id);
  requireBeginnable(before, options);
  const isNew = before === undefined;
  const epoch = await claimRollout(redis, names, { id, holder: name, nowMs: clock(), isNew });
  try {
    return { epoch, ...(await readClaimed(dependencies, options)) };
  } catch (thrown) {
    await prolongHold(redis, names, { rollout: id, epoch, holdMs: 0 }).catch(() => undefined);
    throw thrown;
  }
}

/** What an earlier coordinator wrote until the claim: as of now nobody else changes it. */
async function readClaimed(
  { redis, names }: RolloutDependencies,
  options: Options,
): Promise<Omit<Taken, 'epoch'>> {
  const { id } = options.instruction;
  const earlier = await readRollout(redis, names, id);
  requireBeginnable(earlier, options);
  if (earlier === undefined) return { earlier, known: new Map() };
  const known = await readRolloutAgents(redis, names, id);
  const settings = resolveSettings(options);
  const why = options.whyNotGoOn?.({ record: earlier, agents: known, plan: options.plan, settings });
  if (why !== undefined) throw isNotBelieved(id, why);
  return { earlier, known };
}

/** Throws DN511 and DN512 where it cannot begin or go on, and what gates throw that do not fit: nothing is claimed for it. */
function requireBeginnable(earlier: RolloutRecord | undefined, options: Options): void {
  if (earlier !== undefined && options.resume !== true) throw alreadyRolledOut(earlier);
  if (earlier?.state === 'complete') throw isComplete(earlier);
  if (earlier !== undefined && earlier.state !== 'live') requireStep(earlier.state, 'injecting');
  parseGates(resolveSettings(options, earlier?.options).gates);
}
