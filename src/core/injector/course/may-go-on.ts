/** Asked before whatever is sent: what is wished from elsewhere, and whether there is time left. */
import type { Course } from './course.js';
import { stopByGate } from './end-rollout.js';

/** Returns when it may go on; throws when it is interrupted, aborted or rolled back, and when the time is over. */
export async function obey(course: Course): Promise<void> {
  await course.obedience.obey();
  const { deadline, record } = course.held;
  if (deadline.signal.aborted && record.state !== 'live')
    await stopByGate(course, `not all agents were live within ${(deadline.ms ?? 0) / 1_000} s`);
}
