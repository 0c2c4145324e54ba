/** One phase of the loop: its work is done between a `started` and a `done` or `failed` event. */
import { messageOf } from './errors.js';
import type { LoopContext } from './loop-context.js';
import type { Phase } from './pipeline-events.js';

/** Reports a phase's start and end; the work returns its value and one line about it. */
export async function reportPhase<T>(
  context: LoopContext,
  name: Phase,
  work: () => Promise<[T, string]>,
): Promise<T> {
  const started = context.clock();
  context.report({ type: 'phase', at: started, phase: name, state: 'started' });
  try {
    const [value, detail] = await work();
    const at = context.clock();
    context.report({ type: 'phase', at, phase: name, state: 'done', detail, ms: at - started });
    return value;
  } catch (thrown) {
    const at = context.clock();
    const detail = context.signal.aborted ? 'interrupted' : messageOf(thrown);
    context.report({ type: 'phase', at, phase: name, state: 'failed', detail, ms: at - started });
    throw thrown;
  }
}
