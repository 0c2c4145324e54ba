/**
 * One evaluation: a program and the task table in, its effects applied under the agent's capabilities out. The program
 * proposes, the agent disposes (DESIGN section 2): each effect acts once per task and instruction, and what the agent does
 * not offer, or not with this argument, is refused.
 */
import { messageOf } from '../errors.js';
import { type ActionCapability, actionByCode, type Capabilities } from '../language/capabilities.js';
import { limits } from '../limits.js';
import { hasAction, withAction } from '../nerve/messages/action-set.js';
import type { RunProgram } from './held-program.js';
import type { TaskId, TaskView, Workload } from './workload.js';

export interface Evaluation {
  readonly program: RunProgram;
  readonly view: TaskView;
  readonly workload: Workload;
  /** What the agent offers. */
  readonly capabilities: Capabilities;
  /** Hears every effect that the program proposes. */
  readonly onEffect?: (id: TaskId, action: number, argument: number) => void;
}

export interface EvaluationOutcome {
  /** Effects applied by action name. */
  readonly applied: ReadonlyMap<string, number>;
  readonly refused: number;
  /** Instructions executed: rows times the upper bound per task. */
  readonly steps: number;
  /** What stopped it; what was applied until then stays applied. */
  readonly error?: string;
}

const never = new AbortController().signal;

export function runProgram(evaluation: Evaluation): EvaluationOutcome {
  const { program, view, onEffect } = evaluation;
  const { loaded, parameters } = program.held;
  const applied = new Map<string, number>();
  let refused = 0;
  const steps = view.rows * loaded.program.costPerTask.max;
  try {
    const effects: Effect[] = [];
    loaded.instance.run(view, parameters, (action, row, argument) => effects.push({ action, row, argument }));
    for (const effect of effects) {
      const id = view.ids[effect.row];
      if (id !== undefined) onEffect?.(id, effect.action, effect.argument);
      const done = applyEffect(evaluation, effect, id);
      if (done === 'refused') refused++;
      else if (done !== 'again') applied.set(done.action, (applied.get(done.action) ?? 0) + 1);
    }
  } catch (thrown) {
    return { applied, refused, steps, error: messageOf(thrown).slice(0, limits.reasonCharactersMax) };
  }
  return { applied, refused, steps };
}

interface Effect {
  readonly action: number;
  readonly row: number;
  readonly argument: number;
}

/** `again`: the instruction has done this to this task before. */
function applyEffect(
  { program, workload, capabilities }: Evaluation,
  { action, row, argument }: Effect,
  id: TaskId | undefined,
): 'again' | 'refused' | { readonly action: string } {
  const { acted, held } = program;
  const before = id === undefined ? 0 : (acted.get(id) ?? 0);
  if (hasAction(before, action)) return 'again';
  const capability = actionByCode(capabilities, action);
  if (capability === undefined || !argumentFits(capability, argument)) return 'refused';
  // Before it is tried: what failed half way must not be done a second time.
  if (id !== undefined) acted.set(id, withAction(before, action));
  if (id === undefined) return 'refused';
  const effect = { action: capability.name, task: id, row, argument, instruction: held.instruction };
  const outcome = workload.apply({ ...effect, signal: never });
  if (outcome instanceof Promise) return 'refused';
  return outcome.applied ? { action: capability.name } : 'refused';
}

function argumentFits(capability: ActionCapability, argument: number): boolean {
  const declared = capability.arguments[0];
  if (declared === undefined) return true;
  return argument >= declared.min && argument <= declared.max;
}
