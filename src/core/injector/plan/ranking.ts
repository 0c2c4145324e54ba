/** What agents have achieved so far, read from the leaderboards: points that they earned, then throughput. */
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';

interface Score {
  readonly points: number;
  readonly throughput: number;
}

/** Agents without any score are not in it. */
export type Ranking = ReadonlyMap<string, Score>;

export async function readRanking(redis: Redis, names: Names): Promise<Ranking> {
  const [points, throughput] = await Promise.all([
    readScores(redis, names.leaderboard('points')),
    readScores(redis, names.leaderboard('throughput')),
  ]);
  const ids = new Set([...points.keys(), ...throughput.keys()]);
  return new Map(
    [...ids].map((id) => [id, { points: points.get(id) ?? 0, throughput: throughput.get(id) ?? 0 }]),
  );
}

/** Best first; agents without a score come last, and ties go to the smaller id. */
export function compareByRank(ranking: Ranking, a: string, b: string): number {
  const first = ranking.get(a);
  const second = ranking.get(b);
  if (first === undefined || second === undefined) {
    if (first !== second) return first === undefined ? 1 : -1;
    return a < b ? -1 : 1;
  }
  return second.points - first.points || second.throughput - first.throughput || (a < b ? -1 : 1);
}

async function readScores(redis: Redis, key: string): Promise<Map<string, number>> {
  const flat = await redis.zrange(key, 0, '-1', 'WITHSCORES');
  const scores = new Map<string, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) scores.set(flat[at] as string, Number(flat[at + 1]));
  return scores;
}
