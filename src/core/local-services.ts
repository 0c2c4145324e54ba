/** What runs beside a local fleet, in its supervisor's process: the orchestrator, so that aggregates are there to look at. */
import { messageOf } from './errors.js';
import { connectRedis, type RedisTarget } from './nerve/connection.js';
import { createNames } from './nerve/names.js';
import { runOrchestrator } from './orchestrator/loop.js';

export interface LocalServices {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly agents: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Local people look at it live; a tick takes about 10 ms per 1,000 agents, so large fleets are looked at less often. */
const everyMsMin = 2_000;
const everyMsMax = 30_000;

/** Resolves when the signal is raised; while Redis is away nothing is aggregated. */
export async function runLocalServices({
  target,
  prefix,
  agents,
  signal,
  log,
}: LocalServices): Promise<void> {
  const redis = await connectRedis(target, { patience: 'agent', name: 'local-orchestrator' });
  try {
    await runOrchestrator({
      redis,
      names: createNames(prefix),
      everyMs: Math.min(everyMsMax, Math.max(everyMsMin, agents)),
      signal,
      clock: Date.now,
      holder: `local-${process.pid}`,
      onError: (thrown) => log(`not aggregated: ${messageOf(thrown)}`),
    });
  } finally {
    redis.disconnect();
  }
}
