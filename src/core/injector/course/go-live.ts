/** Agents that have staged in; treated ones run the program, held-out ones measure beside them, and the gate has been asked. */

import type { PlannedAgent } from '../plan/plan.js';
import type { Course } from './course.js';
import { obey } from './may-go-on.js';
import { requireAnswers } from './pass-gates.js';

/** Both orders travel in one pipeline, so that both arms begin their window at the same moment. */
export async function goLive(
  course: Course,
  staged: readonly PlannedAgent[],
): Promise<{ heldOut: number; ms: number }> {
  const { held } = course;
  const treated = staged.filter(({ heldOut }) => !heldOut);
  const heldOut = staged.filter((agent) => agent.heldOut);
  if (staged.length === 0) return { heldOut: 0, ms: 0 };
  await obey(course);
  const { ms } = await held.orderTogether([
    { action: 'live', targets: treated, outcome: 'live' },
    { action: 'observe', targets: heldOut, outcome: 'staged' },
  ]);
  await requireAnswers(course);
  return { heldOut: heldOut.length, ms };
}
