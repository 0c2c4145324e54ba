/** The canary that has staged in; it runs the program alone for a while and is judged, and what failed has stopped the rollout. */
import { type Course, withOutcome } from './course.js';
import { stopByGate } from './end-rollout.js';
import type { GateVerdict } from './gate.js';
import { goLive } from './go-live.js';
import { obey } from './may-go-on.js';
import type { PlannedAgent } from './plan.js';

export async function bakeCanary(course: Course, canary: readonly PlannedAgent[]): Promise<void> {
  const { held, deps, settings } = course;
  const { bakeMs, activate } = settings;
  const treated = canary.filter(({ heldOut }) => !heldOut);
  const first = activate === 'rolling' ? canary : treated;
  await goLive(course, withOutcome(course, first, 'staged'));
  const watched = withOutcome(course, treated, 'live');
  if (watched.length === 0) return;
  const event = { type: 'canary', agents: watched.length, bakeMs } as const;
  deps.report({ ...event, at: deps.clock(), state: 'watching' });
  const verdict = await watch(course, watched);
  deps.report({
    ...event,
    at: deps.clock(),
    state: verdict.passed ? 'passed' : 'failed',
    ...(verdict.passed ? {} : { reason: verdict.reason }),
  });
  if (!verdict.passed) await stopByGate(course, `the canary failed: ${verdict.reason}`);
  held.amend({ canaryPassedAt: deps.clock() });
}

/** A wish ends the watching early; what was left of the time is watched after it. */
async function watch(course: Course, agents: readonly PlannedAgent[]): Promise<GateVerdict> {
  const { deps, gate, held } = course;
  let leftMs = course.settings.bakeMs;
  for (;;) {
    const begunAt = deps.clock();
    const { waiting } = deps.wishes;
    const signal = AbortSignal.any([deps.signal, held.deadline.signal, waiting]);
    const verdict = await gate.afterBake({ agents, bakeMs: leftMs, signal });
    await obey(course);
    if (!waiting.aborted || leftMs <= 0) return verdict;
    leftMs = Math.max(1, leftMs - (deps.clock() - begunAt));
  }
}
