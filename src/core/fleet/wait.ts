/** A condition and a bound in, whether it came true in time out: every wait of the fleet goes through here. */
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** How often the condition is asked. */
  readonly everyMs?: number;
  /** Ends the wait early, as if the time were over. */
  readonly signal?: AbortSignal | undefined;
}

export async function waitFor(
  check: () => boolean | Promise<boolean>,
  options: WaitOptions,
): Promise<boolean> {
  const end = performance.now() + options.timeoutMs;
  for (;;) {
    if (await check()) return true;
    if (options.signal?.aborted === true || performance.now() >= end) return false;
    await delay(options.everyMs ?? 20);
  }
}

/** Whether a promise settled in time; a rejection passes through. */
export async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      delay(timeoutMs, false, { signal: timer.signal }).catch(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
