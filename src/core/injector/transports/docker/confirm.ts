/**
 * A container that has just been told about a program in, whether it says that it loaded it out: by its `ack`, by a line of
 * its output, or by stopping. The first of these counts.
 */

import type { Engine } from '../../../docker/engine.js';
import type { Lane } from '../../../docker/lane.js';
import { pause } from '../../../pause.js';
import type { Ack } from '../ack.js';
import type { AgentContainer } from './agent-container.js';
import type { ContainerEvents, EndOfContainer } from './container-events.js';
import { followLog } from './log-lines.js';
import type { Way } from './way.js';

export type Confirmation = { readonly ok: true } | Failure;

export interface Failure {
  readonly ok: false;
  readonly code: string;
  readonly reason: string;
}

export interface ConfirmOptions {
  readonly engine: Engine;
  readonly events: ContainerEvents;
  /** Log streams are connections; so many of them at a time. */
  readonly followers: Lane;
  readonly container: AgentContainer;
  readonly way: Way;
  readonly digest: string;
  readonly replaced: string | undefined;
  readonly withinMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * In a directory of this host an answer comes in moments, and in a second also where a thousand agents are told at once; only
 * after this long is the log asked as well, from when it was told on.
 */
const logAfterMs = 1_000;

/** Without a reason each abort would make an error, with its stack. */
const isOver = 'it is over';

export interface Listener {
  /** Waits for the answer, and listens no more. */
  answer(): Promise<Confirmation>;
  /** Listens no more. */
  end(): void;
}

/** Listens from when this resolves: then the signal may be sent, and the answer be waited for. */
export async function listenForAnswer(options: ConfirmOptions): Promise<Listener> {
  const { container, events, way, withinMs } = options;
  const done = new AbortController();
  const answer = Promise.withResolvers<Confirmation>();
  const unwatch = events.onEnd(container.id, (why) => answer.resolve(ended(why, container)));
  const seen: { otherDigest?: string } = {};
  const giveUp = () => done.abort(isOver);
  options.signal.addEventListener('abort', giveUp, { once: true });
  if (options.signal.aborted) giveUp();
  const end = () => {
    unwatch();
    options.signal.removeEventListener('abort', giveUp);
    done.abort(isOver);
  };
  try {
    if (container.confirm !== 'file')
      await listenToLog(options, { answer: answer.resolve, done: done.signal, seen });
  } catch (thrown) {
    end();
    throw thrown;
  }
  return {
    end,
    answer() {
      const ack =
        container.confirm === 'log'
          ? pause(withinMs, done.signal).then(() => undefined)
          : way.waitForAck({
              ...options,
              besideLog: container.confirm === 'either',
              signal: done.signal,
            });
      ack.then((said) => answer.resolve(judged(said, options, seen)), answer.reject);
      return answer.promise.finally(end);
    },
  };
}

interface Listening {
  readonly answer: (confirmation: Confirmation) => void;
  readonly done: AbortSignal;
  readonly seen: { otherDigest?: string };
}

/** Before the signal, so that no line is missed; where the file is likely to be faster, only when it is not. */
async function listenToLog(options: ConfirmOptions, listening: Listening): Promise<void> {
  const { container, way, followers } = options;
  const isLikelyFile = way.route !== 'api' && container.confirm === 'either';
  const ready = Promise.withResolvers<void>();
  const sinceMs = Date.now();
  const follow = async () => {
    if (isLikelyFile) await pause(logAfterMs, listening.done);
    if (listening.done.aborted) return;
    await followers.run(async () => {
      if (listening.done.aborted) return;
      const since = isLikelyFile ? { sinceMs } : {};
      const stop = await followLog(options.engine, { ...container, ...since }, (line) =>
        heed(line, options, listening),
      );
      ready.resolve();
      await pause(options.withinMs, listening.done);
      stop();
    });
  };
  // The file may still answer where the log cannot be read, as with a log driver that keeps nothing.
  follow().catch((thrown) => (container.confirm === 'log' ? ready.reject(thrown) : ready.resolve()));
  if (!isLikelyFile) await ready.promise;
}

function heed(
  line: string,
  { digest, replaced, container }: ConfirmOptions,
  { answer, seen }: Listening,
): void {
  const hex = digest.replace('sha256:', '');
  if (line.includes(hex)) {
    answer({ ok: true });
    return;
  }
  const other = /sha256:[0-9a-f]{64}(?![0-9a-f])/.exec(line)?.[0];
  if (other === undefined || other === replaced) return;
  // Where the log is only one of two ways, a digest in it may be about anything.
  if (container.confirm === 'log') answer(wrongDigest(other, digest));
  else seen.otherDigest = other;
}

function judged(
  ack: Ack | undefined,
  { digest, withinMs, container }: ConfirmOptions,
  { otherDigest }: { otherDigest?: string },
): Confirmation {
  if (ack === undefined) {
    const where = { file: 'in its ack file', log: 'in its log', either: 'in its ack file or its log' }[
      container.confirm
    ];
    const other = otherDigest === undefined ? '' : `; its log speaks of ${otherDigest}`;
    return failure('DN588', `it did not confirm ${digest} ${where} within ${withinMs} ms${other}`);
  }
  if ('error' in ack) return failure('DN587', `the agent says: ${ack.error}`);
  if ('document' in ack) {
    const { outcome, code = 'DN587', reason = outcome } = ack.document;
    return outcome === 'done' ? { ok: true } : failure(code, reason);
  }
  return ack.digest === digest ? { ok: true } : wrongDigest(ack.digest, digest);
}

function wrongDigest(found: string, expected: string): Failure {
  return failure('DN586', `it loaded ${found} instead of ${expected}`);
}

function ended({ reason, exitCode, engineLost }: EndOfContainer, { signal }: AgentContainer): Failure {
  if (engineLost) return failure('DN589', reason);
  // 128 and the number of the signal: nobody catches it.
  const isBySignal = exitCode === 129 && signal === 'SIGHUP';
  const hint = isBySignal
    ? '; it does not catch SIGHUP: name another one with the label dreamnet.signal'
    : '';
  return failure('DN583', `${reason}${hint}`);
}

function failure(code: string, reason: string): Failure {
  return { ok: false, code, reason };
}
