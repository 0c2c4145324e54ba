/** Why the loop does not begin, or does not go on: the errors that belong to no single step of it. */
import { DreamnetError } from './errors.js';
import type { Decision } from './nerve/messages/decision.js';
import type { Instruction } from './nerve/messages/instruction.js';

/** What was decided on an old state is not begun any more; what was begun is finished. */
export function requireFresh({ id, expires }: Instruction, nowMs: number): void {
  if (expires === undefined || expires > nowMs) return;
  throw new DreamnetError({
    code: 'DN508',
    kind: 'bad-input',
    message: `Instruction ${id} expired ${Math.round((nowMs - expires) / 1000)} s ago: it was made for another state of the fleet.`,
    hint: 'Decide anew with `dreamnet decide`.',
  });
}

export function waitsForApproval({ id, risk }: Decision): DreamnetError {
  return new DreamnetError({
    code: 'DN430',
    kind: 'waits-for-approval',
    message: `Decision ${id} has a risk of ${risk.score}, above ${risk.threshold}; nothing was sent.`,
    hint: `Look at it with \`dreamnet decide\`, and allow it with --max-risk ${Math.ceil(risk.score * 100) / 100}.`,
  });
}

export function interruptedInWindow(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN532',
    kind: 'interrupted',
    message:
      'Interrupted. The window has not been measured to the end; agents that go on running keep the program.',
    hint: `Measure it with \`dreamnet inject --resume ${id}\`.`,
  });
}

export function noRollout(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN506',
    kind: 'bad-input',
    message: `There is no rollout ${id.slice(0, 140)}.`,
    hint: 'Leave --resume out to inject the newest instruction.',
  });
}
