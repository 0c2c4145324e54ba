/** A fleet's facts in, the live figures out: what each is now, how it changed since go-live, and its course. */
import { formatChange, formatMoney, formatNumber, formatShare } from '../cli/format.js';
import type { Aggregate } from '../core/nerve/messages/aggregate.js';
import type { FleetFacts } from './hooks/fleet-facts.js';

export interface LiveMetric {
  readonly name: string;
  /** The value with its unit. */
  readonly value: string;
  /** Change since go-live or another short remark; empty when there is nothing to compare with. */
  readonly remark: string;
  /** Whether the remark tells of something good or bad; undefined when it is neither. */
  readonly verdict: 'good' | 'bad' | undefined;
  /** Oldest first. */
  readonly series: readonly number[];
  /** Smallest range that a chart spreads over its height, so that noise looks like noise. */
  readonly rangeMin: number;
}

/** Changes below this are noise to the eye and carry no verdict, percent. */
const noteworthyPct = 2;
/** A chart spreads at least this share of the mean over its height. */
const chartRange = 0.1;
/** Agents at rest tick more seldom than aggregates come, so that in most of these nothing ran: an older rate stands in. */
const successRateAgeMsMax = 30_000;

/** In the order of their weight; empty before the first aggregate. */
export function liveMetrics(facts: FleetFacts | undefined): LiveMetric[] {
  const now = facts?.aggregate;
  if (facts === undefined || now === undefined) return [];
  const { history } = facts;
  const before = beforeGoLive(facts, now);
  const relative = (
    name: string,
    pick: (one: Aggregate) => number | null,
    value: string,
    better: 'less' | 'more',
  ) => {
    const changePct = before ? changeOf(pick(before), pick(now)) : undefined;
    const series = history.flatMap((one) => pick(one) ?? []);
    return {
      name,
      value,
      remark: changePct === undefined ? '' : formatChange(changePct),
      verdict: verdictOf(changePct, better),
      series,
      rangeMin: chartRange * Math.abs(mean(series)),
    };
  };
  return [
    relative('cost', (one) => one.cost, moneyText(now.cost), 'less'),
    relative('latency', (one) => one.latency, secondsText(now.latency), 'less'),
    relative('throughput', (one) => one.throughput, rateText(now.throughput), 'more'),
    successMetric(history, now, before),
    {
      ...relative('active tasks', (one) => one.tasks, formatNumber(now.tasks), 'more'),
      verdict: undefined,
    },
    effectsMetric(history, now, before),
  ];
}

/**
 * The last aggregate before the agents went live; undefined while none of them runs the program: the rollout may be
 * of another fleet that was here before this one.
 */
function beforeGoLive(facts: FleetFacts, now: Aggregate): Aggregate | undefined {
  const { rollout } = facts;
  if (rollout?.liveAt === undefined || !now.programs[rollout.program.digest]) return undefined;
  const { liveAt } = rollout;
  return facts.history.findLast((aggregate) => aggregate.at <= liveAt);
}

function successMetric(
  history: readonly Aggregate[],
  now: Aggregate,
  before: Aggregate | undefined,
): LiveMetric {
  const failed =
    before && before.failed !== null && now.failed !== null ? counted(before.failed, now.failed) : undefined;
  const rate = recentSuccessRate(history, now);
  return {
    name: 'success',
    value: formatShare(rate),
    remark: failed === undefined ? '' : `${formatNumber(failed)} failed`,
    verdict: rate !== undefined && rate < 0.99 ? 'bad' : undefined,
    series: history.flatMap((one) => one.successRate ?? []),
    rangeMin: 0.02,
  };
}

/** The newest that is known and still young; undefined when nothing ran for long. */
function recentSuccessRate(history: readonly Aggregate[], now: Aggregate): number | undefined {
  const known = [...history, now].findLast((one) => one.successRate !== null);
  if (known === undefined || now.at - known.at > successRateAgeMsMax) return undefined;
  return known.successRate ?? undefined;
}

function effectsMetric(
  history: readonly Aggregate[],
  now: Aggregate,
  before: Aggregate | undefined,
): LiveMetric {
  const series = history
    .slice(1)
    .map((one, at) => Math.max(0, one.applied - (history[at]?.applied ?? one.applied)));
  return {
    name: 'effects',
    value: formatNumber(before ? counted(before.applied, now.applied) : now.applied),
    remark: before ? 'since go-live' : 'since start',
    verdict: undefined,
    series,
    rangeMin: 1,
  };
}

/** Counters begin anew when agents restart. */
function counted(before: number, now: number): number {
  return now >= before ? now - before : now;
}

function changeOf(before: number | null, now: number | null): number | undefined {
  return before === null || now === null || before === 0 ? undefined : (now / before - 1) * 100;
}

function verdictOf(changePct: number | undefined, better: 'less' | 'more'): LiveMetric['verdict'] {
  if (changePct === undefined || Math.abs(changePct) < noteworthyPct) return undefined;
  return changePct < 0 === (better === 'less') ? 'good' : 'bad';
}

const notMeasured = '–';

function moneyText(dollarsPerHour: number | null): string {
  return dollarsPerHour === null ? notMeasured : `${formatMoney(dollarsPerHour)}/h`;
}

/** Fixed digits, so that a live value keeps its width. */
function secondsText(seconds: number | null): string {
  if (seconds === null) return notMeasured;
  return seconds < 1 ? `${formatNumber(seconds * 1_000)} ms` : `${formatNumber(seconds, 2)} s`;
}

function rateText(perSecond: number | null): string {
  return perSecond === null ? notMeasured : `${formatNumber(perSecond, perSecond < 100 ? 1 : 0)}/s`;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
