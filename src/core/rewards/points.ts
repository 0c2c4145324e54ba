/**
 * A result -> P.O.W.K. points in each agent's ledger, written once however often the result is delivered, and the board
 * of totals. How many points an agent earns is the rule of `results/points-rule.ts`.
 */
import type { Result } from '../nerve/messages/result.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { pointsOf } from '../results/points-rule.js';

export interface Distribution {
  /** Points written by this call. */
  readonly distributed: number;
  /** Agents that got them. */
  readonly agents: number;
  /** Agents that an earlier delivery of this result had paid. */
  readonly alreadyPaid: number;
  /** Agents with the most points from this result, best first. */
  readonly top: readonly RewardedAgent[];
}

export interface RewardedAgent {
  readonly agent: string;
  /** From this result, as the ledger has it. */
  readonly points: number;
  /** Over all results. */
  readonly total: number;
}

const topAgents = 10;

/**
 * The ledger `points:<agent>` decides: HSETNX writes an entry once. The board is set to the ledger's sum, for agents
 * already paid too, so that a call that was interrupted is made good by the next. Sums only grow, so ZADD GT keeps the
 * newest when two results are distributed at once.
 */
export async function distributePoints(options: {
  readonly redis: Redis;
  readonly names: Names;
  readonly result: Pick<Result, 'id' | 'contributions'>;
}): Promise<Distribution> {
  const { redis, names, result } = options;
  const due = [...pointsOf(result.contributions)];
  const written = await pipelined<[string, number], number>(redis, due, (pipeline, [agent, points]) =>
    pipeline.hsetnx(names.points(agent), result.id, points),
  );
  const ledgers = await pipelined<[string, number], Record<string, string>>(redis, due, (pipeline, [agent]) =>
    pipeline.hgetall(names.points(agent)),
  );
  const rewarded = due.map(([agent], at) => {
    const ledger = ledgers[at] ?? {};
    return { agent, points: wholePoints(ledger[result.id]), total: sumOf(ledger) };
  });
  await pipelined(redis, rewarded, (pipeline, { agent, total }) =>
    pipeline.zadd(names.leaderboard('points'), 'GT', total, agent),
  );
  const paid = due.filter((_, at) => written[at] === 1);
  return {
    distributed: paid.reduce((sum, [, points]) => sum + points, 0),
    agents: paid.length,
    alreadyPaid: due.length - paid.length,
    top: rewarded.sort(byPoints).slice(0, topAgents),
  };
}

/** Instruction id -> points that the agent earned by it; empty for an agent without any. */
export async function readLedger(redis: Redis, names: Names, agent: string): Promise<Record<string, number>> {
  const ledger = await redis.hgetall(names.points(agent));
  return Object.fromEntries(Object.entries(ledger).map(([id, text]) => [id, wholePoints(text)]));
}

function sumOf(ledger: Readonly<Record<string, string>>): number {
  return Object.values(ledger).reduce((sum, text) => sum + wholePoints(text), 0);
}

/** A damaged entry counts as nothing. */
function wholePoints(text: string | undefined): number {
  const points = Number(text);
  return Number.isSafeInteger(points) && points > 0 ? points : 0;
}

function byPoints(a: RewardedAgent, b: RewardedAgent): number {
  return b.points - a.points || (a.agent < b.agent ? -1 : 1);
}
