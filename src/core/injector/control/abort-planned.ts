/**
 * A rollout that was planned and that nobody works on, aborted: nothing was sent of it yet, so that nobody else has to be
 * asked. This process claims it and writes down that it ends here.
 */
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import { claimRollout, readRollout, readRolloutAgents } from '../../nerve/rollout-records.js';
import { HeldRollout } from '../course/held-rollout.js';
import { holdRollout, type RolloutDependencies } from '../course/rollout.js';
import { askedBy, doesNotFit, noSuchRollout } from './wish-refusals.js';

/** Throws DN515 when somebody has gone on with it meanwhile. */
export async function abortPlanned(
  dependencies: RolloutDependencies,
  { id, wish }: { readonly id: string; readonly wish: Wish },
): Promise<RolloutRecord> {
  const { redis, names, name, clock } = dependencies;
  const epoch = await claimRollout(redis, names, { id, holder: name, nowMs: clock() });
  const record = await readRollout(redis, names, id);
  if (record === undefined) throw noSuchRollout(id);
  if (record.state !== 'planned') throw doesNotFit('abort', record);
  const agents = await readRolloutAgents(redis, names, id);
  const hold = await holdRollout(dependencies, { id, epoch });
  const held = new HeldRollout(dependencies, hold, { record: { ...record, epoch }, agents });
  try {
    await held.step('aborted', { reason: askedBy(wish), obeyed: wish });
    return held.record;
  } finally {
    await held.close();
  }
}
