/** Scores of the treated agents -> who did best; and the same as sorted sets in Redis, written and read. */
import { limits } from '../limits.js';
import type { Leaderboard } from '../nerve/messages/result.js';
import type { LeaderboardKind, Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import type { AgentScores } from './scores.js';

/** Agents listed in a result. */
const topAgents = 10;

/**
 * Best by throughput (runs per second), by savings (percent of cost) and by effects applied. Ties go to the smaller id.
 * Nobody is named for nothing: a best value of 0 or less leaves the place empty.
 */
export function leaderboardOf(
  scores: readonly AgentScores[],
  points: ReadonlyMap<string, number>,
): Leaderboard {
  return {
    topPerformer: best(scores, (score) => score.throughput),
    mostEfficient: best(scores, (score) => score.savingsPct),
    hardestWorker: best(scores, (score) => score.effects),
    top: scores
      .map(({ agent, throughput, savingsPct, effects }) => ({
        agent,
        throughput,
        savingsPct,
        effects,
        points: points.get(agent) ?? 0,
      }))
      .sort((a, b) => b.points - a.points || compareIds(a.agent, b.agent))
      .slice(0, topAgents),
  };
}

/** The boards of the last result, without those who measure nothing for it; `points` is kept by the ledger. */
const boards = {
  throughput: (score: AgentScores) => score.throughput,
  savings: (score: AgentScores) => score.savingsPct,
  volume: (score: AgentScores) => score.effects,
} as const satisfies Partial<Record<LeaderboardKind, (score: AgentScores) => number | null>>;

/** Replaces the boards, each at once: readers see the old board or the new one. */
export async function writeLeaderboards(options: {
  readonly redis: Redis;
  readonly names: Names;
  readonly scores: readonly AgentScores[];
}): Promise<void> {
  const { redis, names, scores } = options;
  for (const kind of Object.keys(boards) as (keyof typeof boards)[]) {
    const key = names.leaderboard(kind);
    const transaction = redis.multi().del(key);
    for (let from = 0; from < scores.length; from += limits.pipelineCommandsMax) {
      const part = scores.slice(from, from + limits.pipelineCommandsMax);
      const members = part.flatMap((score) => {
        const value = boards[kind](score);
        return value === null ? [] : [value, score.agent];
      });
      if (members.length > 0) transaction.zadd(key, ...members);
    }
    for (const [error] of (await transaction.exec()) ?? []) if (error) throw error;
  }
}

export interface RankedAgent {
  readonly agent: string;
  /** Runs per second, percent saved, effects or points, by the kind of board. */
  readonly value: number;
}

/** The best `count` agents, best first; ties go to the smaller id. */
export async function readLeaderboard(options: {
  readonly redis: Redis;
  readonly names: Names;
  readonly kind: LeaderboardKind;
  readonly count: number;
}): Promise<RankedAgent[]> {
  const { redis, names, kind, count } = options;
  if (count < 1) return [];
  const key = names.leaderboard(kind);
  const best = rankedOf(await redis.zrevrange(key, 0, count - 1, 'WITHSCORES'));
  const last = best.at(-1)?.value;
  if (last === undefined) return [];
  // Redis gives ties with the greater id first: the last value's agents are asked for again, smaller ids first.
  const tied = rankedOf(await redis.zrangebyscore(key, last, last, 'WITHSCORES', 'LIMIT', 0, count));
  const above = best.filter(({ value }) => value !== last);
  return [...above, ...tied]
    .sort((a, b) => b.value - a.value || compareIds(a.agent, b.agent))
    .slice(0, count);
}

function rankedOf(flat: readonly string[]): RankedAgent[] {
  const ranked: RankedAgent[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    ranked.push({ agent: flat[at] as string, value: Number(flat[at + 1]) });
  }
  return ranked;
}

function best(
  scores: readonly AgentScores[],
  value: (score: AgentScores) => number | null,
): Leaderboard['topPerformer'] {
  let found: RankedAgent | null = null;
  for (const score of scores) {
    const candidate = { agent: score.agent, value: value(score) ?? 0 };
    if (!(candidate.value > 0)) continue;
    if (found === null || ranksBefore(candidate, found)) found = candidate;
  }
  return found;
}

function ranksBefore(a: RankedAgent, b: RankedAgent): boolean {
  return a.value > b.value || (a.value === b.value && compareIds(a.agent, b.agent) < 0);
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
