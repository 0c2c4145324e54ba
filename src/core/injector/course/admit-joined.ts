/**
 * Agents that come while a rollout is under way get its program, and those that left are written down as failed: before
 * go-live as a further batch, in the window at once. They are never held out and take no part in the comparison.
 */
import { unfitText } from '../../offers/unfit-agents.js';
import { pause } from '../../pause.js';
import type { PlannedAgent } from '../plan/plan.js';
import { type Course, withOutcome } from './course.js';
import { stageBatches } from './stage-batches.js';

/** Before go-live; the milliseconds that it took. Who comes after it gets the program in the window. */
export async function stageJoined(course: Course): Promise<number> {
  const arrived = await takeIn(course);
  if (arrived.length === 0) return 0;
  return stageBatches(course, [arrived], { group: 'fleet', activates: false });
}

const lookEveryMs = 1_000;
/** Looking takes at most this share of the time, however large the fleet is. */
const lookShare = 0.05;

/** Until the window ends or the signal is raised. */
export async function admitWhileLive(course: Course, untilMs: number): Promise<void> {
  const { held, deps } = course;
  const { signal } = held;
  await goLiveLate(course, inBetween(course));
  for (;;) {
    const begunMs = performance.now();
    const arrived = await takeIn(course);
    if (signal.aborted) return;
    if (arrived.length > 0) {
      await held.order('stage', arrived, 'staged');
      await goLiveLate(course, withOutcome(course, arrived, 'staged'));
    }
    const leftMs = untilMs - deps.clock();
    if (leftMs <= 0 || signal.aborted) return;
    const tookMs = performance.now() - begunMs;
    await pause(Math.min(leftMs, Math.max(lookEveryMs, tookMs / lookShare)), signal);
  }
}

/** Interrupted meanwhile, they stay staged until a resume. */
async function goLiveLate({ held }: Course, staged: readonly PlannedAgent[]): Promise<void> {
  if (staged.length === 0 || held.signal.aborted) return;
  const treated = staged.filter(({ heldOut }) => !heldOut);
  await held.order('live', treated, 'live');
  if (held.signal.aborted) return;
  const heldOut = staged.filter((agent) => agent.heldOut);
  await held.order('observe', heldOut, 'staged');
}

/** Agents that an earlier coordinator let stage in the window, and could not tell to go live any more. */
function inBetween(course: Course): PlannedAgent[] {
  return withOutcome(course, course.roster.agents, 'staged').filter(({ heldOut }) => !heldOut);
}

/** Writes down who left and who came; those that came. */
async function takeIn({ held, roster, deps }: Course) {
  const { arrived, departed, unfit } = await roster.look();
  if (unfit.length > 0) {
    const text = `Agents have come while the rollout is under way that do not get the program. ${unfitText(unfit)}.`;
    deps.report({ type: 'note', at: deps.clock(), level: 'warning', text });
  }
  if (arrived.length === 0 && departed.length === 0) return [];
  await held.change({ arrived, departed });
  if (arrived.length > 0) {
    const who = arrived.length === 1 ? `${arrived[0]?.id} has` : `${arrived.length} agents have`;
    const text = `${who} come while the rollout is under way, and ${arrived.length === 1 ? 'gets' : 'get'} the program.`;
    deps.report({ type: 'note', at: deps.clock(), level: 'info', text });
  }
  return arrived;
}
