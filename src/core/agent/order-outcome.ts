/** What becomes of an order at one agent, in the words that are acknowledged. */
import type { Order } from '../nerve/messages/order.js';
import type { HeldProgram } from './held-program.js';
import type { Reverted } from './revert.js';

export type OrderOutcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused' | 'failed'; readonly code: string; readonly reason: string };

export const done: OrderOutcome = { outcome: 'done' };

export function refused(code: string, reason: string): OrderOutcome {
  return { outcome: 'refused', code, reason };
}

export function undoOutcome(reverted: Reverted): OrderOutcome {
  if (reverted.ok) return done;
  const reason = `the program is undone, but what it set on tasks is perhaps still set: ${reverted.reason}`;
  return { outcome: 'failed', code: 'DN630', reason };
}

export function notStaged(order: Order): OrderOutcome {
  return {
    outcome: 'failed',
    code: 'DN616',
    reason: `nothing is staged here for ${order.instruction} with ${order.digest}`,
  };
}

export function otherProgram(order: Order, live: HeldProgram): OrderOutcome {
  return refused(
    'DN618',
    `${order.instruction} is live here with other values or as ${live.loaded.program.digest}`,
  );
}
