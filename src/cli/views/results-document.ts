/** Results on their stream in, the documents of `results` out; and the card of one of them. */

import { DreamnetError } from '../../core/errors.js';
import { readDecision, readDecisions } from '../../core/governor/decisions.js';
import { limits } from '../../core/limits.js';
import { notesOf } from '../../core/loop-document.js';
import type { Decision } from '../../core/nerve/messages/decision.js';
import type { EffectEstimate, Result } from '../../core/nerve/messages/result.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { Names } from '../../core/nerve/names.js';
import type { Redis } from '../../core/nerve/redis.js';
import { readRollout, readRolloutAgents } from '../../core/nerve/rollout-records.js';
import {
  type ComparedResult,
  compareResults,
  type ResultComparison,
} from '../../core/results/compare-results.js';
import { isUnreadableResult, readNewestResults, readResult } from '../../core/results/publish.js';
import { formatCount, formatDuration, formatNumber } from '../format.js';
import { changeText, type Headline, headlineOf } from '../progress/headline.js';
import type { RunDocument } from '../progress/result-card.js';
import { formatTable } from '../table.js';
import { changeWithRange, differenceText } from './analysis-words.js';

export interface ResultsDocument {
  /** Newest first. */
  readonly results: readonly ListedResult[];
}

/** With the change of the metric that its goal was about; of cost, when its decision is gone. */
export type ListedResult = Result & { readonly headline: Headline };

export interface ResultDocument {
  readonly result: Result;
  /** Null when the instruction came from elsewhere, or its decision was trimmed long ago. */
  readonly decision: Decision | null;
  /** Null when the rollout was removed from Redis. */
  readonly rollout: RolloutRecord | null;
}

export async function resultsDocument(redis: Redis, names: Names, count: number): Promise<ResultsDocument> {
  const results = await readNewestResults(redis, names, count);
  const ids = results.flatMap(({ decision }) => decision ?? []);
  const decisions = await readDecisions(redis, names, ids);
  return {
    results: results.map((result) => ({
      ...result,
      headline: headlineOf(result, decisions.get(result.decision ?? '')),
    })),
  };
}

/** By the id of the instruction or of its decision; throws DN720 when there is no result of it, DN761 when it cannot be read. */
export async function resultDocument(redis: Redis, names: Names, id: string): Promise<ResultDocument> {
  const result = (await readResult(redis, names, id)) ?? (await byDecision(redis, names, id));
  if (result === undefined)
    throw (await isUnreadableResult(redis, names, id)) ? unreadable(id) : noResult(id);
  const [decision, rollout] = await Promise.all([
    readDecision(redis, names, result.decision),
    readRollout(redis, names, result.id),
  ]);
  return { result, decision: decision ?? null, rollout: rollout ?? null };
}

export function cardOf({ result, decision, rollout }: ResultDocument): RunDocument {
  const { id, type, agents, succeeded, failed, heldOut, state, execution, leaderboard, analysis } = result;
  return {
    decision,
    program: rollout?.program ?? { name: type, bytes: Number.NaN, optimizationScore: null },
    rollout: {
      id,
      type,
      agents,
      succeeded,
      failed,
      heldOut,
      batches: rollout?.batches ?? Number.NaN,
      durationMs: rollout?.injectMs ?? Number.NaN,
      // It may have been taken back after it was measured.
      state: rollout?.state === 'rolled_back' ? rollout.state : state,
      ...(rollout?.reason === undefined ? {} : { reason: rollout.reason }),
    },
    execution: { ...execution, notes: notesOf(result) },
    leaderboard,
    ...(analysis === undefined ? {} : { analysis }),
  };
}

export interface ComparisonDocument {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly comparison: ResultComparison;
}

export type ComparedSide = Pick<Result, 'id' | 'at' | 'type' | 'state' | 'agents' | 'heldOut' | 'goal'>;

/** Throws DN720 and DN761 when one of them cannot be read, and DN760 when both are the same. */
export async function comparisonDocument(
  redis: Redis,
  names: Names,
  [a, b]: readonly [string, string],
): Promise<ComparisonDocument> {
  const [one, other] = await Promise.all([a, b].map((id) => comparedResult(redis, names, id)));
  if (one === undefined || other === undefined) throw noResult(a);
  return {
    a: sideOf(one.result),
    b: sideOf(other.result),
    comparison: compareResults(one, other),
  };
}

async function comparedResult(redis: Redis, names: Names, id: string): Promise<ComparedResult> {
  const { result } = await resultDocument(redis, names, id);
  const agents = await readRolloutAgents(redis, names, result.id);
  // The rollout may be gone; who was given a share is in the result.
  const known = agents.size > 0 ? [...agents.keys()] : Object.keys(result.contributions);
  return { result, agents: new Set(known) };
}

function sideOf({ id, at, type, state, agents, heldOut, goal }: Result): ComparedSide {
  return { id, at, type, state, agents, heldOut, ...(goal === undefined ? {} : { goal }) };
}

export function comparisonText({ a, b, comparison }: ComparisonDocument): string {
  const { metrics, parameters, agents, notes } = comparison;
  const measured = (estimate: EffectEstimate | null) =>
    estimate === null ? 'not measured' : changeWithRange(estimate);
  const tables = [
    formatTable(
      [{ header: 'METRIC' }, { header: a.id }, { header: b.id }, { header: 'DIFFERENCE' }],
      metrics.map(({ metric, a: one, b: other, difference }) => [
        metric,
        measured(one),
        measured(other),
        difference === null ? '' : differenceText(difference),
      ]),
    ),
    ...(parameters.length === 0
      ? []
      : [
          formatTable(
            [{ header: 'PARAMETER' }, { header: a.id }, { header: b.id }],
            parameters.map(({ name, a: one, b: other }) => [name, String(one ?? ''), String(other ?? '')]),
          ),
        ]),
  ];
  const shared =
    agents === null
      ? 'It is not known any more which agents took part.'
      : `${formatCount(agents.inCommon, 'agent')} took part in both, ${formatNumber(agents.onlyA)} only in ${a.id}, ${formatNumber(agents.onlyB)} only in ${b.id}.`;
  return [...tables, [shared, ...notes].join('\n')].join('\n\n');
}

export function resultsText({ results }: ResultsDocument, nowMs: number): string {
  if (results.length === 0) return 'No results yet. Make one with: dreamnet run "reduce costs 15%"';
  return formatTable(
    [
      { header: 'RESULT' },
      { header: 'AGO', align: 'right' },
      { header: 'GOAL', shrinkTo: 16, wraps: true },
      { header: 'MEASURED' },
      { header: 'AGENTS', align: 'right' },
    ],
    results.map((result) => [
      result.id,
      formatDuration(nowMs - result.at),
      result.goal ?? result.type,
      measuredText(result),
      result.failed > 0 ? `${result.succeeded} of ${result.agents}` : String(result.agents),
    ]),
  );
}

function measuredText({ state, headline }: ListedResult): string {
  const ended = state === 'complete' ? '' : `, ${state.replaceAll('_', ' ')}`;
  return `${headline.metric} ${changeText(headline)}${ended}`;
}

async function byDecision(redis: Redis, names: Names, id: string): Promise<Result | undefined> {
  const newest = await readNewestResults(redis, names, limits.streamEntriesMax);
  return newest.find((result) => result.decision === id);
}

function unreadable(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN761',
    kind: 'failed',
    message: `The result of ${JSON.stringify(id.slice(0, 140))} was written by another version of dreamnet, or is damaged.`,
    hint: 'Read it with the version that wrote it; `dreamnet results` lists those that this one can read.',
  });
}

function noResult(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN720',
    kind: 'bad-input',
    message: `There is no result of ${JSON.stringify(id.slice(0, 140))}.`,
    hint: `See the newest ${formatCount(10, 'result')} with \`dreamnet results\`.`,
  });
}
