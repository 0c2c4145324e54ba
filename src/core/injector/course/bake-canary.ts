/** The canary that has staged in; it runs the program alone for a while and is judged, and what failed has stopped the rollout. */
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';
import { isOpen } from '../gates/gates.js';
import type { PlannedAgent } from '../plan/plan.js';
import { type Course, withOutcome } from './course.js';
import { goLive } from './go-live.js';
import { obey } from './may-go-on.js';
import { heedGates } from './pass-gates.js';

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
  const verdicts = await watch(course, watched);
  const stopper = verdicts.find(({ verdict }) => verdict === 'failed') ?? verdicts.find(isOpen);
  deps.report({
    ...event,
    at: deps.clock(),
    state: stopper?.verdict ?? 'passed',
    ...(stopper === undefined ? {} : { reason: stopper.text }),
  });
  await heedGates(course, verdicts);
  held.amend({ canaryPassedAt: deps.clock() });
}

/** A wish ends the watching early; what was left of the time is watched after it. */
async function watch(course: Course, agents: readonly PlannedAgent[]): Promise<readonly GateVerdict[]> {
  const { deps, gates, held } = course;
  let leftMs = course.settings.bakeMs;
  for (;;) {
    const begunAt = deps.clock();
    const { waiting } = deps.wishes;
    const signal = AbortSignal.any([deps.signal, held.deadline.signal, waiting]);
    const verdicts = await gates.watch({ agents, forMs: leftMs, signal });
    await obey(course);
    if (verdicts !== undefined) return verdicts;
    leftMs = Math.max(1, leftMs - (deps.clock() - begunAt));
  }
}
