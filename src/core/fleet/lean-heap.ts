/**
 * Keeps the heap of a process that deals with a large fleet near what it holds. V8 would let the young generation grow to
 * three times 32 MB and the old one to several times what lives in it, which makes little work a sixth cheaper, and a
 * coordinator of 100,000 agents three times as large. V8 reads these settings whenever a generation is about to grow or is
 * collected, so that they take effect in a process that runs.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { limits } from '../limits.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';

/** Ask before its agents are listed. */
export async function keepHeapLeanForLargeFleet(redis: Redis, names: Names): Promise<void> {
  const agents = await redis.zcard(names.agents);
  if (agents < limits.largeFleetAgentsMin) return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
  if (agents < limits.hugeFleetAgentsMin) return;
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--heap-growing-percent=10');
  collectGarbage();
}

/** What loading the program has left behind; from then on the settings above say how far the heap grows. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
