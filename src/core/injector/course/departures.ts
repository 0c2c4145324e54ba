/**
 * Agents that leave while a rollout is under way: who has signed off is not waited for any longer, and of who has not
 * answered in time the last heartbeat tells whether it is there at all.
 */
import { limits } from '../../limits.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import type { Acknowledgements, Answer } from './acknowledgements.js';

export interface DepartureDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
}

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
    const gone = await signedOffAmong(dependencies, acknowledgements.awaited());
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
  ids: Iterable<string>,
): Promise<Map<string, Answer>> {
  const nowMs = dependencies.clock();
  const absent = new Map<string, Answer>();
  for await (const beats of lastBeats(dependencies, ids))
    for (const [id, beat] of beats) {
      const silentMs = nowMs - (beat ?? 0);
      if (beat === undefined) absent.set(id, departure(nowMs, signedOffReason));
      else if (silentMs >= limits.agentAliveMs)
        absent.set(id, departure(nowMs, `it has not been heard of for ${Math.round(silentMs / 1_000)} s`));
    }
  return absent;
}

/** Heartbeats may be late while hosts are busy; who has signed off is gone for certain. */
export async function signedOffAmong(
  dependencies: Pick<DepartureDependencies, 'redis' | 'names'>,
  ids: Iterable<string>,
): Promise<string[]> {
  const gone: string[] = [];
  for await (const beats of lastBeats(dependencies, ids))
    for (const [id, beat] of beats) if (beat === undefined) gone.push(id);
  return gone;
}

/** Part by part, so that looking at a large fleet takes no memory. */
async function* lastBeats(
  { redis, names }: Pick<DepartureDependencies, 'redis' | 'names'>,
  ids: Iterable<string>,
): AsyncGenerator<[id: string, beat: number | undefined][]> {
  for (const part of partsOf(ids)) {
    const scores = await redis.zmscore(names.agents, ...part);
    yield part.map((id, at) => [id, scores[at] == null ? undefined : Number(scores[at])]);
  }
}

const idsPerRead = 1_000;

/** As many as one read asks for. */
function* partsOf(ids: Iterable<string>): Generator<string[]> {
  let part: string[] = [];
  for (const id of ids) {
    part.push(id);
    if (part.length < idsPerRead) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

const signedOffReason = 'it has left the fleet';

function departure(at: number, reason: string): Answer {
  return { outcome: 'failed', code: 'DN542', reason, at };
}
