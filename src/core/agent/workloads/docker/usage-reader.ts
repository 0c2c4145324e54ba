/**
 * Containers in, one reading of each out: from the kernel's files where this host shows them, else from the engine's
 * statistics. Which it is, is found out for each container when it is first seen or was started again.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { answeredWithin } from '../../../answered-within.js';
import type { Engine } from '../../../docker/engine.js';
import { forEachOf } from '../../../docker/for-each-of.js';
import { readUsage, type Usage } from '../../../docker/usage.js';
import { type CgroupMounts, cgroupMounts } from './cgroup-place.js';
import type { TaskContainer } from './task-container.js';
import { openUsageFiles, type UsageFiles } from './usage-files.js';

/** `files`: the kernel's, or nothing; `engine`: its statistics. */
export type UsageSource = 'files' | 'engine';

export interface UsageReader {
  /** By id; those that could not be read, mostly because they have ended, are missing. */
  read(containers: readonly TaskContainer[], signal?: AbortSignal): Promise<ReadonlyMap<string, Usage>>;
  /** How the containers of the last reading were read, for people. */
  words(): string;
}

/** Files are read without a pause, about a fifth of a millisecond for each container; then others may go on. */
const filesAtOnce = 25;
/**
 * An engine answers up to two seconds later, when it next looks at all that are asked for: so all are asked for at once, as far
 * as there are connections. Each look costs it about as much as a second of `docker stats`.
 */
const askedAtOnce = { unix: 256, tcp: 256, ssh: 24 } as const;
const askedEveryMs = 4_500;
const answerMsMax = 10_000;

export function createUsageReader(engine: Engine, only?: UsageSource): UsageReader {
  const mounts = only === 'engine' ? undefined : mountsHere();
  const known = new Map<string, { readonly process: string; readonly files: UsageFiles | undefined }>();
  let answers: ReadonlyMap<string, Usage> = new Map();
  let asking: Promise<void> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let counts = { v1: 0, v2: 0, engine: 0 };

  const filesOf = (container: TaskContainer): UsageFiles | undefined => {
    const process = `${container.pid} ${container.startedAtMs}`;
    const before = known.get(container.id);
    if (before?.process === process) return before.files;
    const files = mounts && openUsageFiles(container, mounts);
    known.set(container.id, { process, files });
    return files;
  };
  const ask = async (containers: readonly TaskContainer[]) => {
    const fresh = new Map<string, Usage>();
    await forEachOf(containers, askedAtOnce[engine.address.kind], async ({ id, hasOwnNetwork }) => {
      const usage = await answeredWithin(answerMsMax, readUsage(engine, id)).catch(() => undefined);
      // The engine tells of no networks where there is none, and of another container's where it is shared.
      const network = hasOwnNetwork ? (usage?.network ?? { received: 0, sent: 0 }) : undefined;
      if (usage !== undefined) fresh.set(id, { ...usage, network });
    });
    answers = fresh;
    asking = undefined;
  };
  /** Answers are waited for only as long as there are none at all: they tell themselves of when they are. */
  const askWhenDue = async (containers: readonly TaskContainer[]) => {
    if (containers.length === 0) return;
    if (asking === undefined && performance.now() - askedAtMs >= askedEveryMs) {
      askedAtMs = performance.now();
      asking = ask(containers);
    }
    if (answers.size === 0) await asking;
  };
  const readFiles = async (all: readonly ReadByFiles[], signal: AbortSignal | undefined) => {
    const readings = new Map<string, Usage>();
    for (const [at, { container, files }] of all.entries()) {
      if (signal?.aborted) break;
      const usage = files.read();
      if (usage !== undefined) readings.set(container.id, usage);
      if ((at + 1) % filesAtOnce === 0) await breathe();
    }
    return readings;
  };

  return {
    async read(containers, signal) {
      const byFiles: ReadByFiles[] = [];
      const byEngine: TaskContainer[] = [];
      for (const container of containers) {
        const files = filesOf(container);
        if (files !== undefined) byFiles.push({ container, files });
        else if (only !== 'files') byEngine.push(container);
      }
      const v1 = byFiles.filter(({ files }) => files.version === 1).length;
      counts = { v1, v2: byFiles.length - v1, engine: byEngine.length };
      if (known.size > 2 * containers.length + 16) forgetGone(known, containers);
      const [readings] = await Promise.all([readFiles(byFiles, signal), askWhenDue(byEngine)]);
      for (const { id } of byEngine) {
        const usage = answers.get(id);
        if (usage !== undefined) readings.set(id, usage);
      }
      return readings;
    },
    words: () => wordsFor(counts),
  };
}

interface ReadByFiles {
  readonly container: TaskContainer;
  readonly files: UsageFiles;
}

function forgetGone(known: Map<string, unknown>, containers: readonly TaskContainer[]): void {
  const present = new Set(containers.map(({ id }) => id));
  for (const id of known.keys()) if (!present.has(id)) known.delete(id);
}

function mountsHere(): CgroupMounts | undefined {
  try {
    return cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return undefined;
  }
}

function wordsFor({ v1, v2, engine }: { v1: number; v2: number; engine: number }): string {
  const files = (count: number, version: number) =>
    count === 0 ? [] : [`${count} from the files of cgroup v${version} of this host`];
  const asked = engine === 0 ? [] : [`${engine} from the engine's statistics`];
  const parts = [...files(v1, 1), ...files(v2, 2), ...asked];
  return parts.length === 0 ? 'no containers to read' : `reads ${parts.join(', ')}`;
}
