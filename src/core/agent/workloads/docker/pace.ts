/**
 * Readings of counters in, how fast they grow out: over the last minute, or since the container was started or its limits
 * were changed, when that is less. So a change of limits shows at once, and not when a minute has passed.
 */
import type { Usage } from '../../../docker/usage.js';

export interface Pace {
  /** CPU seconds per second. */
  readonly cores: number;
  /** Bits per second; undefined without a network of its own. */
  readonly received: number | undefined;
  readonly sent: number | undefined;
  /** Bits per second, read and written. */
  readonly block: number;
  /** When it was last seen to use more than a little CPU time, or first seen at all. */
  readonly busyAtMs: number;
}

export interface PaceMeter {
  /** Readings must be of one container and in order; one that is not later than the last is left out. */
  take(usage: Usage): void;
  /** Undefined until there are two readings far enough apart. */
  pace(): Pace | undefined;
  /** From now on it may go at another pace; until that is known, the old one is told. */
  startAnew(): void;
}

const windowMs = 60_000;
/** Closer together, two readings tell more about the scheduler than about the container. */
const apartMsMin = 900;
/** Time over which it is judged whether a container is busy: health checks and timers must not make it so. */
const idleLookMs = 5_000;

/** `idleCores`: below this many CPU seconds per second it idles. `startedAtMs`: its counters were 0 then. */
export function createPaceMeter({
  idleCores,
  startedAtMs,
}: {
  readonly idleCores: number;
  readonly startedAtMs: number;
}): PaceMeter {
  let readings: Usage[] = [];
  let isFirst = true;
  let lastAtMs = startedAtMs;
  let known: Pace | undefined;
  let look: Usage | undefined;
  let busyAtMs: number | undefined;

  const add = (usage: Usage) => {
    readings.push(usage);
    look ??= usage;
    busyAtMs ??= look.atMs;
    if (usage.atMs - look.atMs < idleLookMs) return;
    if ((usage.cpuMs - look.cpuMs) / (usage.atMs - look.atMs) > idleCores) busyAtMs = usage.atMs;
    look = usage;
  };

  return {
    take(usage) {
      const last = readings.at(-1);
      if (usage.atMs <= lastAtMs) return;
      lastAtMs = usage.atMs;
      if (last !== undefined && hasFallen(last, usage)) readings = [];
      if (isFirst && usage.atMs - startedAtMs < windowMs) add(zero(usage, startedAtMs));
      isFirst = false;
      add(usage);
      while ((readings[1]?.atMs ?? Number.POSITIVE_INFINITY) <= usage.atMs - windowMs) readings.shift();
      const first = readings[0] as Usage;
      if (usage.atMs - first.atMs >= apartMsMin) known = paceOver(readings, busyAtMs ?? usage.atMs);
    },
    pace: () => known,
    startAnew() {
      readings = [];
    },
  };
}

/** What all counters were when it was started. */
function zero(usage: Usage, startedAtMs: number): Usage {
  const network = usage.network && { received: 0, sent: 0 };
  return { ...usage, atMs: startedAtMs, cpuMs: 0, network, blockBytes: 0 };
}

/** Counters only grow: these are of another run of the container, whose start was not told. */
function hasFallen(before: Usage, after: Usage): boolean {
  return after.cpuMs < before.cpuMs || (after.network?.received ?? 0) < (before.network?.received ?? 0);
}

function paceOver(readings: readonly Usage[], busyAtMs: number): Pace {
  const [first, last] = [readings[0] as Usage, readings.at(-1) as Usage];
  const seconds = (last.atMs - first.atMs) / 1_000;
  const bits = (before: number, after: number) => Math.max(0, ((after - before) * 8) / seconds);
  const [before, after] = [first.network, last.network];
  return {
    cores: (last.cpuMs - first.cpuMs) / 1_000 / seconds,
    received: after && bits(before?.received ?? 0, after.received),
    sent: after && bits(before?.sent ?? 0, after.sent),
    block: bits(first.blockBytes, last.blockBytes),
    busyAtMs,
  };
}
