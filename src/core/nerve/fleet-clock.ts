/**
 * The clock that all of a fleet share, which is Redis's: a machine's own clock in, what Redis's shows now out, so that
 * expiries and heartbeats mean the same on machines whose clocks are hours apart.
 */
import { limits } from '../limits.js';
import type { Redis } from './redis.js';

export interface FleetClock {
  /** Milliseconds since 1970: the machine's own while it is right within a second, so that it runs on evenly. */
  now(): number;
  /** Compares the two clocks again, because either may have been set. */
  measure(): Promise<void>;
}

export interface FleetClockOptions {
  readonly redis: Redis;
  /** Of this machine, milliseconds since 1970. */
  readonly clock: () => number;
  /** Told when the machine's clock turns out to be wrong, or right again. */
  readonly onChange?: (aheadMs: number) => void;
}

export async function openFleetClock(options: FleetClockOptions): Promise<FleetClock> {
  const fleetClock = createFleetClock(options);
  await fleetClock.measure();
  return fleetClock;
}

/** Not compared yet: it believes the machine's clock until it is. */
export function createFleetClock({ redis, clock, onChange }: FleetClockOptions): FleetClock {
  let aheadMs = 0;
  const measure = async () => {
    const beforeMs = clock();
    const [seconds, microseconds] = await redis.time();
    const redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    const uncertainMs = Math.max(0, clock() - beforeMs);
    const found = believed(Math.round(beforeMs + uncertainMs / 2 - redisMs));
    if (Math.abs(found - aheadMs) <= limits.clockToleranceMs + uncertainMs) return;
    aheadMs = Math.abs(found) <= limits.clockToleranceMs ? 0 : found;
    onChange?.(aheadMs);
  };
  return { now: () => clock() - aheadMs, measure };
}

/** For those who are told of a change. */
export function describeClock(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  if (seconds === 0) return "This machine's clock agrees with Redis's again.";
  return `This machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} Redis's, which is gone by.`;
}

/**
 * Who is behind is brought forward, however far: that lets orders expire, and a machine may start in 1970. Being set back
 * makes expired orders fresh again, so it goes only as far as time zones are mistaken; beyond, the own clock is believed.
 */
function believed(aheadMs: number): number {
  return aheadMs <= limits.clockAheadMsMax ? aheadMs : 0;
}
