/**
 * Containers whose memory limit is ours in, none that runs into it out: each is read many times a second, and its limit is given
 * back when what it holds comes near, or would within a second at the pace at which it grows.
 */
import { messageOf } from '../../../errors.js';
import { pause } from '../../../pause.js';
import { marginOf } from './effects/container-use.js';
import type { ContainerEffects } from './effects/effects.js';

export interface GuardOptions {
  readonly effects: ContainerEffects;
  /** Bytes that cannot be given back at once; undefined when the container does not run. */
  readonly workingSet: (id: string) => Promise<number | undefined>;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Reading one container takes a fifth of a millisecond from the kernel's files, a few from the engine. */
const lookEveryMs = 100;
const growthSeconds = 1;

/** Resolves when the signal is raised. */
export async function guardMemory({ effects, workingSet, signal, log }: GuardOptions): Promise<void> {
  let before = new Map<string, { readonly atMs: number; readonly bytes: number }>();
  while (!signal.aborted) {
    const now = new Map<string, { readonly atMs: number; readonly bytes: number }>();
    await Promise.all(
      effects.limitedMemory().map(async ({ container, bytes: limit }) => {
        const bytes = await workingSet(container).catch(() => undefined);
        if (bytes === undefined) return;
        const atMs = performance.now();
        now.set(container, { atMs, bytes });
        const last = before.get(container);
        const growth = last === undefined ? 0 : ((bytes - last.bytes) / (atMs - last.atMs)) * 1_000;
        const soon = bytes + Math.max(0, growth) * growthSeconds;
        if (soon <= limit - marginOf(bytes) / 2) return;
        const why = `${megabytes(bytes)} of ${megabytes(limit)} are in use`;
        await effects.relieve(container, why).catch((thrown) => log(messageOf(thrown)));
      }),
    );
    before = now;
    await pause(lookEveryMs, signal);
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
