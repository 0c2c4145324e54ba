/**
 * What containers hold in memory, reading after reading, in; the most of the last ten minutes and how fast it grows out. A
 * limit of ours rests on it, and is given back before the use reaches it.
 */

export interface MemoryWatch {
  take(id: string, reading: { readonly atMs: number; readonly workingSet: number }): void;
  /** Bytes; 0 for what was never read. */
  most(id: string): number;
  /** Bytes per second over the last readings; 0 where it falls. */
  growth(id: string): number;
  /** Forgets all but these. */
  keepOnly(ids: ReadonlySet<string>): void;
}

const rememberedMs = 600_000;
/** Growth is told from readings that are at most this old. */
const growthMs = 10_000;
/** Closer readings in time are one: the larger. */
const apartMs = 1_000;

interface Reading {
  readonly atMs: number;
  workingSet: number;
}

export function createMemoryWatch(): MemoryWatch {
  const all = new Map<string, Reading[]>();
  return {
    take(id, { atMs, workingSet }) {
      const readings = all.get(id) ?? [];
      all.set(id, readings);
      const last = readings.at(-1);
      if (last !== undefined && atMs - last.atMs < apartMs)
        last.workingSet = Math.max(last.workingSet, workingSet);
      else readings.push({ atMs, workingSet });
      while ((readings[0]?.atMs ?? atMs) < atMs - rememberedMs) readings.shift();
    },
    most: (id) => (all.get(id) ?? []).reduce((most, { workingSet }) => Math.max(most, workingSet), 0),
    growth(id) {
      const readings = all.get(id) ?? [];
      const last = readings.at(-1);
      const first = readings.find(({ atMs }) => last !== undefined && atMs >= last.atMs - growthMs);
      if (last === undefined || first === undefined || first === last) return 0;
      return Math.max(0, ((last.workingSet - first.workingSet) / (last.atMs - first.atMs)) * 1_000);
    },
    keepOnly(ids) {
      for (const id of all.keys()) if (!ids.has(id)) all.delete(id);
    },
  };
}
