/** How a rollout ends: stopped by a gate, or with its window, after which the verdict decides what stays. */
import { type Course, withOutcome } from './course.js';
import type { RolloutVerdict } from './rollout.js';
import { agentsToReturn } from './rollout-agents.js';
import { leftByGate, stoppedByGate } from './rollout-refusals.js';

/** Every agent returns to what it had, or, with --no-auto-rollback, stays as it is; throws DN530 or DN547. */
export async function stopByGate(course: Course, reason: string): Promise<never> {
  const { held, settings, underWay } = course;
  if (!settings.autoRollback) {
    await course.obedience.beforeFulfilling();
    await held.step('failed', { reason });
    throw leftByGate(held.record, reason);
  }
  const known = course.roster.agents.filter(({ id }) => held.outcomeOf(id) !== 'pending');
  const { touched, perhaps } = agentsToReturn(known, held.agents, settings.parallel);
  const { returned, silent } = await held.takeBack({ touched, perhaps: [...perhaps, ...underWay] });
  await held.step('failed', { reason });
  throw stoppedByGate(held.record, { reason, returned, silent });
}

/** After a good result the held-out agents go live too, after a harmful one everybody returns. */
export async function endWindow(course: Course, { verdict, reason }: RolloutVerdict): Promise<void> {
  const { held, roster, obedience } = course;
  // The result is out: what follows from it is done to the end, unless somebody wants it otherwise.
  await obedience.obeyOnce();
  held.isFinishing = true;
  const { agents } = roster;
  const heldOut = withOutcome(course, agents, 'staged').filter((agent) => agent.heldOut);
  if (verdict === 'good') await held.order('live', heldOut, 'live');
  else await held.order('undo', heldOut, 'skipped', 'the result was not good');
  if (verdict === 'harmful') {
    // Who has left, or is silent, obeys when it comes back.
    await held.orders.send([{ action: 'undo', targets: withOutcome(course, agents, 'failed') }]);
    await held.order('undo', withOutcome(course, agents, 'live'), 'rolled_back', reason);
  }
  await held.step(verdict === 'harmful' ? 'rolled_back' : 'complete', { reason });
}
