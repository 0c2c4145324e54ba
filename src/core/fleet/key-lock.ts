/** Work that changes which key signs or is trusted in, its result out; one process at a time does such work in a home. */
import { DreamnetError } from '../errors.js';
import type { Home } from './home.js';
import { type Lock, lockHolder, tryLock } from './lock.js';
import { waitFor } from './wait.js';

/** Such work takes milliseconds; whoever holds the lock for longer hangs. */
const waitMsMax = 10_000;
const lockName = 'keys';

export async function withKeysLock<T>({ keysDir }: Home, work: () => T): Promise<T> {
  let lock: Lock | undefined;
  const isMine = () => {
    lock ??= tryLock(keysDir, lockName);
    return lock !== undefined;
  };
  if (!(await waitFor(isMine, { timeoutMs: waitMsMax })))
    throw new DreamnetError({
      code: 'DN348',
      kind: 'failed',
      message: `Process ${lockHolder(keysDir, lockName)?.pid ?? 'that has just ended'} was still changing the keys of this home after ${waitMsMax / 1000} s`,
      hint: 'Wait for it, or end it; then run the same command again.',
    });
  try {
    return work();
  } finally {
    lock?.release();
  }
}
