/**
 * One evaluation: a program and the task table in, the effects that the agent's capabilities allow out, to be applied. The
 * program proposes, the agent disposes (DESIGN section 2): each effect acts once per task and instruction, and what the agent
 * does not offer, or not with this argument, is refused.
 */
import { messageOf } from '../errors.js';
import { type ActionCapability, actionByCode, type Capabilities } from '../language/capabilities.js';
import { limits } from '../limits.js';
import { hasAction } from '../nerve/messages/action-set.js';
import type { Effects } from './effects.js';
import type { RunProgram } from './held-program.js';
import type { TaskId, TaskView } from './workload.js';

export interface Evaluation {
  readonly program: RunProgram;
  readonly view: TaskView;
  /** What the agent offers. */
  readonly capabilities: Capabilities;
  readonly effects: Effects;
  /** Hears every effect that the program proposes. */
  readonly onEffect?: (id: TaskId, action: number, argument: number) => void;
}

export interface EvaluationOutcome {
  /** Instructions executed: rows times the upper bound per task. */
  readonly steps: number;
  /** What stopped it; nothing was applied then. */
  readonly error?: string;
}

export function runProgram(evaluation: Evaluation): EvaluationOutcome {
  const { program, view, onEffect } = evaluation;
  const { loaded, parameters } = program.held;
  const steps = view.rows * loaded.program.costPerTask.max;
  const proposed: Proposed[] = [];
  try {
    loaded.instance.run(view, parameters, (code, row, argument) => proposed.push({ code, row, argument }));
  } catch (thrown) {
    return { steps, error: messageOf(thrown).slice(0, limits.reasonCharactersMax) };
  }
  for (const effect of proposed) {
    const task = view.ids[effect.row];
    if (task === undefined) continue;
    onEffect?.(task, effect.code, effect.argument);
    dispose(evaluation, effect, task);
  }
  return { steps };
}

interface Proposed {
  readonly code: number;
  readonly row: number;
  readonly argument: number;
}

function dispose(
  { program, capabilities, effects }: Evaluation,
  { code, row, argument }: Proposed,
  task: TaskId,
): void {
  // The instruction has done this to this task before.
  if (hasAction(program.acted.get(task) ?? 0, code)) return;
  const capability = actionByCode(capabilities, code);
  const action = capability?.name ?? `action ${code}`;
  const proposal = { program, action, code, task, argument };
  const problem = argumentProblem(capability, argument);
  if (problem === undefined) effects.propose(proposal, row);
  else effects.refuse(proposal, problem);
}

function argumentProblem(capability: ActionCapability | undefined, argument: number): string | undefined {
  if (capability === undefined) return 'this agent does not offer it';
  const declared = capability.arguments[0];
  if (declared === undefined || (argument >= declared.min && argument <= declared.max)) return undefined;
  return `${declared.name} = ${argument} is outside ${declared.min} to ${declared.max}`;
}
