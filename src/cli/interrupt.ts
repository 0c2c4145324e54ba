/**
 * Ctrl-C, `kill`, a closed terminal and a reader that went away, as one AbortSignal per command. The first request
 * aborts it, so that the command can leave things in order; the second ends the process at once.
 */

import { systemWords } from '../core/system-words.js';
import { EXIT_CODE_OF_SIGNAL, type StopSignal } from './exit-codes.js';

/** npm and shells may deliver one Ctrl-C twice: what follows this closely is the same request. */
const SAME_REQUEST_MS = 300;

export type StopReason = StopSignal | 'reader-gone';

export interface Interrupts {
  /** Aborted by the first request to stop. */
  readonly signal: AbortSignal;
  /** Why it was aborted, while it is. */
  readonly reason: StopReason | undefined;
  dispose(): void;
}

/** Starts to listen; `onFirst` may tell the user what happens now. */
export function listenForInterrupts(onFirst: (reason: StopReason) => void): Interrupts {
  const controller = new AbortController();
  let reason: StopReason | undefined;
  let firstAtMs = 0;

  const stop = (why: StopReason): void => {
    if (reason === undefined) {
      reason = why;
      firstAtMs = performance.now();
      onFirst(why);
      controller.abort(
        new Error(why === 'reader-gone' ? 'the reader of the output is gone' : `stopped by ${why}`),
      );
    } else if (why !== 'reader-gone' && performance.now() - firstAtMs > SAME_REQUEST_MS) {
      process.exit(EXIT_CODE_OF_SIGNAL[why]);
    }
  };

  const listeners = (Object.keys(EXIT_CODE_OF_SIGNAL) as StopSignal[]).map((name) => ({
    name,
    listener: () => stop(name),
  }));
  for (const { name, listener } of listeners) process.on(name, listener);
  readerGone = () => stop('reader-gone');

  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    dispose() {
      for (const { name, listener } of listeners) process.off(name, listener);
      readerGone = undefined;
    },
  };
}

let readerGone: (() => void) | undefined;
let lostOutput: NodeJS.ErrnoException | undefined;

/**
 * `dreamnet results | head -1` closes our stdout early. That is no error: a command that listens is asked to stop,
 * any other ends here, quietly. A full disk is one: it is told, once, and the command ends with 1. What stderr loses
 * are progress messages, and there is nowhere to tell it.
 */
export function tolerateClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') tellLostOutput(error);
    if (readerGone) readerGone();
    else process.exit(process.exitCode ?? 0);
  });
  process.stderr.on('error', () => undefined);
}

/** Whether something that should have gone to stdout did not get there, although somebody reads it. */
export function outputIsLost(): boolean {
  return lostOutput !== undefined;
}

function tellLostOutput(error: NodeJS.ErrnoException): void {
  if (lostOutput !== undefined) return;
  lostOutput = error;
  process.exitCode = 1;
  process.stderr.write(
    `DN908 The output cannot be written: ${systemWords(error)}.\n  What was printed is not complete.\n`,
  );
}
