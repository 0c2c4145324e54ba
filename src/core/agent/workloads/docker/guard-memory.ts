/**
 * Containers whose memory limit is ours in, none that runs into it out: each is read many times a second, and its limit is given
 * back when what it holds comes near, or would within a second at the pace at which it grows. None waits for another: what
 * cannot be read, or raised, now is no reason to look away from the rest.
 */
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
/** An engine that is away is not asked with every look. */
const againMs = 1_000;

/** Resolves when the signal is raised. */
export async function guardMemory({ effects, workingSet, signal, log }: GuardOptions): Promise<void> {
  const before = new Map<string, { readonly atMs: number; readonly bytes: number }>();
  const underWay = new Set<string>();
  /** Told once, until it can be raised again. */
  const failing = new Set<string>();
  while (!signal.aborted) {
    const limited = effects.limitedMemory();
    for (const one of limited) if (!underWay.has(one.container)) void look(one);
    const present = new Set(limited.map(({ container }) => container));
    for (const id of before.keys()) if (!present.has(id)) before.delete(id);
    for (const id of failing) if (!present.has(id)) failing.delete(id);
    await pause(lookEveryMs, signal);
  }

  async function look(limited: Limited): Promise<void> {
    underWay.add(limited.container);
    const bytes = await workingSet(limited.container).catch(() => undefined);
    if (bytes !== undefined && !signal.aborted && isNear(limited, bytes)) await relieve(limited, bytes);
    underWay.delete(limited.container);
  }

  function isNear({ container, bytes: limit }: Limited, bytes: number): boolean {
    const atMs = performance.now();
    const last = before.get(container);
    before.set(container, { atMs, bytes });
    const growth = last === undefined ? 0 : ((bytes - last.bytes) / (atMs - last.atMs)) * 1_000;
    return bytes + Math.max(0, growth) * growthSeconds > limit - marginOf(bytes) / 2;
  }

  async function relieve({ container, name, bytes: limit }: Limited, bytes: number): Promise<void> {
    const why = `${megabytes(bytes)} of ${megabytes(limit)} are in use`;
    const failed = (await effects.relieve(container, why)).find(({ outcome }) => outcome === 'failed');
    if (failed === undefined) return;
    if (!failing.has(container))
      log(`${name}: its memory limit cannot be raised, and is tried again: ${why}: ${failed.words}`);
    failing.add(container);
    await pause(againMs, signal);
  }
}

type Limited = ReturnType<ContainerEffects['limitedMemory']>[number];

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
