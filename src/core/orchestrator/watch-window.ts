/** An execution window passes: aggregates are reported as they appear, until the window ends or the signal is raised. */
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { pause } from '../pause.js';
import type { ReportEvent } from '../pipeline-events.js';
import { runOrchestrator } from './loop.js';
import { readAggregate } from './read.js';

export interface WindowWatch {
  readonly redis: Redis;
  readonly names: Names;
  readonly endsAtMs: number;
  readonly name: string;
  readonly clock: () => number;
  readonly report: ReportEvent;
  readonly signal: AbortSignal;
}

const aggregateEveryMs = 1_000;

/** Aggregates itself only while nobody else holds the orchestrator's lease. */
export async function watchWindow(watch: WindowWatch): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([watch.signal, over.signal]);
  const { redis, names, clock } = watch;
  const orchestrator = runOrchestrator({
    redis,
    names,
    clock,
    everyMs: aggregateEveryMs,
    signal,
    holder: watch.name,
  });
  try {
    await reportAggregates(watch);
  } finally {
    over.abort();
    await orchestrator;
  }
}

async function reportAggregates({
  redis,
  names,
  clock,
  report,
  signal,
  endsAtMs,
}: WindowWatch): Promise<void> {
  let lastMs = 0;
  while (!signal.aborted && clock() < endsAtMs) {
    const aggregate = await readAggregate(redis, names);
    if (aggregate !== undefined && aggregate.at > lastMs) {
      lastMs = aggregate.at;
      report({
        type: 'aggregate',
        at: clock(),
        aggregate,
        remainingMs: Math.max(0, endsAtMs - clock()),
      });
    }
    await pause(Math.min(aggregateEveryMs / 2, Math.max(1, endsAtMs - clock())), signal);
  }
}
