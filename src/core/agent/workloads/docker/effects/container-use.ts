/** What effects must know of a container before they change it. */
export interface ContainerUse {
  /** Mean of the last seconds. */
  readonly cores: number;
  /** Bytes, with what is only cached. */
  readonly memory: number;
  /** Bytes that cannot be given back at once, now and at most lately. */
  readonly workingSet: number;
  readonly workingSetMax: number;
  /** Both directions; undefined where it cannot be known. */
  readonly bitsPerSecond: number | undefined;
  /** Bytes per second by which the working set grows; 0 where it falls. */
  readonly growth: number;
  /** How long it has done next to nothing. */
  readonly idleSeconds: number;
}

/** Undefined for a container that does not run, or that has only just been seen. */
export type MeasureUse = (id: string) => Promise<ContainerUse | undefined>;

/** Memory that a limit of ours leaves free: what a container may take in one go before anybody looks again. */
export function marginOf(workingSet: number): number {
  return Math.max(marginBytesMin, workingSet / 4);
}

const marginBytesMin = 64 * 1024 ** 2;
