/**
 * A container and two regions in, whether whoever can move it has done so out: a command, told by its environment, or a
 * webhook, told by JSON. Both are bounded in time; what they say against it is the reason why it is not done.
 */
import { spawn } from 'node:child_process';
import { messageOf } from '../../../../errors.js';

export interface Move {
  readonly container: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Undefined when it is done, else why not. */
export type MoveContainer = (move: Move, signal: AbortSignal) => Promise<string | undefined>;

export const moveWithinMs = 30_000;
const wordsMax = 300;

/** `command` is run by the shell; DREAMNET_CONTAINER, DREAMNET_NAME, DREAMNET_FROM and DREAMNET_TO tell it what. */
export function moveByCommand(command: string, withinMs = moveWithinMs): MoveContainer {
  return (move, signal) =>
    new Promise((resolve) => {
      // In a group of its own, so that what it starts ends with it.
      const child = spawn('/bin/sh', ['-c', command], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...environmentOf(move) },
      });
      let words = '';
      const hear = (chunk: Buffer) => {
        words = `${words}${chunk.toString('utf8')}`.slice(0, 4 * wordsMax);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      const end = (why: string | undefined) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        resolve(why);
      };
      const giveUp = (why: string) => {
        endGroup(child.pid);
        end(why);
      };
      const stop = () => giveUp('the region hook was not waited for any longer');
      const timer = setTimeout(
        () => giveUp(`the region hook did not end within ${withinMs / 1_000} s`),
        withinMs,
      );
      signal.addEventListener('abort', stop, { once: true });
      child.on('error', (thrown) => end(`the region hook cannot be run: ${messageOf(thrown)}`));
      child.on('close', (code, by) => {
        if (code === 0) end(undefined);
        else end(`the region hook ended with ${code ?? by}${said(words)}`);
      });
    });
}

/** It is sent `{ container, name, from, to }`; an answer of 200 to 299 means done. */
export function moveByWebhook(url: string, withinMs = moveWithinMs): MoveContainer {
  return async (move, signal) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(move),
        signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      });
      if (response.ok) return undefined;
      return `the region webhook answered ${response.status}${said(await beginningOf(response))}`;
    } catch (thrown) {
      const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
      return `the region webhook did not answer: ${messageOf(cause)}`;
    }
  };
}

function environmentOf({ container, name, from, to }: Move): Record<string, string> {
  return { DREAMNET_CONTAINER: container, DREAMNET_NAME: name, DREAMNET_FROM: from, DREAMNET_TO: to };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

async function beginningOf(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > wordsMax) break;
  }
  return text;
}

function said(words: string): string {
  const text = words
    .replace(/\p{C}+|\s+/gu, ' ')
    .trim()
    .slice(0, wordsMax);
  return text === '' ? '' : `: ${text}`;
}
