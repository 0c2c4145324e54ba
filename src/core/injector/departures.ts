/**
 * Agents that leave while a rollout is under way: who has signed off is not waited for any longer, and of who has not
 * answered in time the last heartbeat tells whether it is there at all.
 */
import type { Redis } from 'ioredis';
import { limits } from '../limits.js';
import type { Acknowledgement } from '../nerve/messages/order.js';
import type { Names } from '../nerve/names.js';
import { pipelinedReads } from '../nerve/records.js';
import type { Acknowledgements } from './acknowledgements.js';

export interface DepartureDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
}

/** What stands for an answer. */
export type Answer = Pick<Acknowledgement, 'outcome' | 'code' | 'reason' | 'at' | 'timings'>;

const lookEveryMs = 500;
/** Looking takes at most this share of the time, however many are waited for. */
const lookShare = 0.05;

/** Looks only for agents that are waited for; call what it returns to end it. */
export function watchDepartures(
  dependencies: DepartureDependencies,
  acknowledgements: Pick<Acknowledgements, 'awaited' | 'giveUp'>,
): () => void {
  let timer: NodeJS.Timeout;
  let ended = false;
  const look = async () => {
    const begunMs = performance.now();
    const gone = await signedOffAmong(dependencies, [...acknowledgements.awaited()]);
    if (gone.length > 0) acknowledgements.giveUp(gone, departure(dependencies.clock(), signedOffReason));
    return performance.now() - begunMs;
  };
  const next = (tookMs: number) => {
    if (ended) return;
    timer = setTimeout(
      // Whoever sends or writes next tells that the connection is lost.
      () => void look().then(next, () => next(0)),
      Math.max(lookEveryMs, tookMs / lookShare),
    );
  };
  next(0);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Those that have signed off, or have not been heard of for longer than a living agent is silent. */
export async function absentAmong(
  dependencies: DepartureDependencies,
  ids: readonly string[],
): Promise<Map<string, Answer>> {
  const nowMs = dependencies.clock();
  const absent = new Map<string, Answer>();
  for (const [id, beat] of await lastBeats(dependencies, ids)) {
    const silentMs = nowMs - (beat ?? 0);
    if (beat === undefined) absent.set(id, departure(nowMs, signedOffReason));
    else if (silentMs >= limits.agentAliveMs)
      absent.set(id, departure(nowMs, `it has not been heard of for ${Math.round(silentMs / 1_000)} s`));
  }
  return absent;
}

/** Heartbeats may be late while hosts are busy; who has signed off is gone for certain. */
export async function signedOffAmong(
  dependencies: DepartureDependencies,
  ids: readonly string[],
): Promise<string[]> {
  const beats = await lastBeats(dependencies, ids);
  return beats.flatMap(([id, beat]) => (beat === undefined ? [id] : []));
}

async function lastBeats(
  { redis, names }: DepartureDependencies,
  ids: readonly string[],
): Promise<[id: string, beat: number | undefined][]> {
  if (ids.length === 0) return [];
  const beats = await pipelinedReads<string, string | null>(redis, ids, (pipeline, id) =>
    pipeline.zscore(names.agents, id),
  );
  return ids.map((id, at) => [id, beats[at] == null ? undefined : Number(beats[at])]);
}

const signedOffReason = 'it has left the fleet';

function departure(at: number, reason: string): Answer {
  return { outcome: 'failed', code: 'DN542', reason, at };
}
