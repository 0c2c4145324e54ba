/** What gates found in; the rollout goes on, is paused until an operator decides, or is stopped; the record says why. */
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';
import { isOpen } from '../gates/gates.js';
import { acceptedVerdicts, keptVerdicts, saysSomething } from '../gates/verdicts.js';
import type { Course } from './course.js';
import { stopByGate } from './end-rollout.js';
import { obey } from './may-go-on.js';

/** After every order: whether enough agents did as they were told. */
export async function requireAnswers(course: Course): Promise<void> {
  await obey(course);
  await heedGates(course, [course.gates.judgeAnswers(course.roster.failedJoined())]);
}

/** After a batch: that, and how agents fare that are live already. */
export async function passGates(course: Course): Promise<void> {
  await requireAnswers(course);
  if (!course.gates.isLookDue) return;
  const signal = AbortSignal.any([course.held.signal, course.deps.wishes.waiting]);
  const verdicts = await course.gates.afterBatch(signal);
  if (verdicts.length === 0) return;
  await obey(course);
  await heedGates(course, verdicts);
}

/** One that failed stops the rollout; those that do not know pause it, unless an operator has let them pass before. */
export async function heedGates(course: Course, verdicts: readonly GateVerdict[]): Promise<void> {
  const { held, deps } = course;
  held.amend({ gates: keptVerdicts(held.record.gates ?? [], verdicts) });
  const told = verdicts.filter(saysSomething);
  if (told.length > 0) deps.report({ type: 'gate', at: deps.clock(), verdicts: told });
  const failed = verdicts.find(({ verdict }) => verdict === 'failed');
  if (failed !== undefined) await stopByGate(course, reasonOf(failed));
  const open = verdicts.filter(isOpen);
  if (open.length > 0) await askOperator(course, open);
}

async function askOperator(course: Course, open: readonly GateVerdict[]): Promise<void> {
  const { held, deps, gates, obedience } = course;
  const { id } = held.record;
  const text = `Paused: a gate cannot tell. Go on with \`dreamnet rollout resume ${id}\`, or take it back with \`dreamnet rollout rollback ${id}\`.`;
  const decided = obedience.pauseBecause(open.map(reasonOf).join('; '));
  deps.report({ type: 'note', at: deps.clock(), level: 'warning', text });
  const control = await decided;
  const accepted = { by: control?.by ?? deps.name, at: control?.at ?? deps.clock() };
  gates.accept(open, accepted);
  held.amend({ gates: acceptedVerdicts(held.record.gates ?? [], accepted) });
  await held.write(new Map());
}

function reasonOf({ stage, text, verdict }: GateVerdict): string {
  if (verdict === 'inconclusive') return `a gate cannot tell whether it does harm: ${text}`;
  return stage === 'bake' ? `the canary failed: ${text}` : text;
}
