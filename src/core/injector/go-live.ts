/** Agents that have staged in; treated ones run the program, held-out ones measure beside them, and the gate has been asked. */
import type { Course } from './course.js';
import { obey } from './may-go-on.js';
import { requireAnswers } from './pass-gates.js';
import type { PlannedAgent } from './plan.js';

/** Both orders travel in one pipeline, so that both arms begin their window at the same moment. */
export async function goLive(
  course: Course,
  staged: readonly PlannedAgent[],
): Promise<{ heldOut: number; ms: number }> {
  const { held, deps } = course;
  const treated = staged.filter(({ heldOut }) => !heldOut);
  const heldOut = staged.filter((agent) => agent.heldOut);
  if (staged.length === 0) return { heldOut: 0, ms: 0 };
  await obey(course);
  const sentAt = deps.clock();
  const answers = [held.answersTo('live', treated), held.answersTo('observe', heldOut)] as const;
  await held.send([held.batchOf('live', treated), held.batchOf('observe', heldOut)]);
  await held.settle(treated, await answers[0], { outcome: 'live', sentAt });
  await held.settle(heldOut, await answers[1], { outcome: 'staged', sentAt });
  await requireAnswers(course);
  return { heldOut: heldOut.length, ms: deps.clock() - sentAt };
}
