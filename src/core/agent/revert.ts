/** A workload and an instruction in, whether all that was applied for it is taken back out: at once, or within a bounded time. */
import { messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { isPromiseLike } from './effect-answer.js';
import { settledWithin } from './settled-within.js';
import type { Workload } from './workload.js';

/** `reason`: why it is not, or not known to be. */
export type Reverted = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export function revertBounded(workload: Workload, instruction: string): Reverted | Promise<Reverted> {
  try {
    const reverting: unknown = workload.revert(instruction);
    return isPromiseLike(reverting) ? awaited(reverting) : { ok: true };
  } catch (thrown) {
    return notReverted(messageOf(thrown));
  }
}

async function awaited(reverting: PromiseLike<unknown>): Promise<Reverted> {
  const settled = await settledWithin(reverting, limits.revertWithinMs);
  switch (settled.how) {
    case 'resolved':
      return { ok: true };
    case 'rejected':
      return notReverted(messageOf(settled.thrown));
    case 'late':
      return notReverted(`it did not end within ${limits.revertWithinMs / 1000} s`);
    default:
      return settled satisfies never;
  }
}

function notReverted(reason: string): Reverted {
  return { ok: false, reason: reason.slice(0, limits.reasonCharactersMax / 2) };
}
