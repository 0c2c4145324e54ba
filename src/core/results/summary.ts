/**
 * A rollout, what became of each agent, and what the agents reported -> the result of the operation. Pure.
 * Call it when the window has ended and before the hold-out goes live: from then on there is no control any more.
 */
import type { AgentRecord } from '../nerve/messages/agent-record.js';
import type { Decision } from '../nerve/messages/decision.js';
import type { EffectEstimate, ExecutionSummary, Result, SampleRatio } from '../nerve/messages/result.js';
import type { RolloutAgent, RolloutRecord } from '../nerve/messages/rollout-record.js';
import { actionEffects } from './action-effects.js';
import { analyse } from './analysis.js';
import { sumsOf } from './compare.js';
import { contributionsOf } from './contributions.js';
import { type Estimates, estimateMetrics } from './estimate.js';
import { groupTotals } from './groups.js';
import { leaderboardOf } from './leaderboard.js';
import { pointsOf } from './points-rule.js';
import { checkSampleRatio, sampleRatioNote } from './sample-ratio.js';
import { type AgentScores, type Aim, scoreAgents } from './scores.js';
import { type ArmReport, type ReportSelection, selectReports } from './window-reports.js';

export interface SummaryInput {
  readonly record: RolloutRecord;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly records: readonly AgentRecord[];
  readonly nowMs: number;
  readonly decision?: Decision | undefined;
}

/**
 * `succeeded` counts the agents that did all that was asked of them: live, or held out and staged; `heldOut` is part of
 * it. Beside the fields of the schema the result carries `leftOut` (reason -> agents whose report is missing or cannot
 * be believed) and `notes` (sentences about what weakens the measurement).
 */
export function summarise(input: SummaryInput): Result {
  const { record, decision } = input;
  const selection = selectReports({ instruction: record.id, agents: input.agents, records: input.records });
  const scores = scoreAgents(selection.reports, aimOf(decision));
  const contributions = contributionsOf(selection.reports, scores);
  const estimates = estimateMetrics(selection.reports);
  const sampleRatio = checkSampleRatio({ ...input, reports: selection.reports });
  const execution = executionOf(input, selection.reports, estimates, sampleRatio);
  const decisionId = decision?.id ?? record.instruction.decision;
  const goal = record.goal ?? decision?.goal;
  return {
    id: record.id,
    at: input.nowMs,
    ...(decisionId === undefined ? {} : { decision: decisionId }),
    ...(goal === undefined ? {} : { goal }),
    type: record.instruction.type,
    digest: record.program.digest,
    parameters: record.program.parameters,
    state: record.state,
    ...countsOf(input.agents),
    execution,
    groups: groupTotals(selection.reports, estimates.byTask),
    effects: actionEffects(estimates.byTask),
    analysis: analyse({ ...input, selection, scores }),
    leaderboard: leaderboardOf(scores, pointsOf(contributions)),
    contributions,
    leftOut: selection.leftOut,
    notes: notesOf(input, selection, execution),
  };
}

/** The scores behind `summarise`, agent by agent: what `writeLeaderboards` writes. */
export function agentScores(input: SummaryInput): AgentScores[] {
  const { record, agents, records, decision } = input;
  return scoreAgents(selectReports({ instruction: record.id, agents, records }).reports, aimOf(decision));
}

/** An instruction without a decision came from elsewhere; cost is what its context speaks of. */
function aimOf(decision: Decision | undefined): Aim {
  return decision?.objective ?? { metric: 'cost', direction: 'decrease' };
}

function countsOf(
  agents: ReadonlyMap<string, RolloutAgent>,
): Pick<Result, 'agents' | 'succeeded' | 'failed' | 'heldOut'> {
  const all = [...agents.values()];
  const done = ({ outcome, heldOut }: RolloutAgent) =>
    outcome === 'live' || (heldOut && outcome === 'staged');
  return {
    agents: all.length,
    succeeded: all.filter(done).length,
    failed: all.filter(({ outcome }) => outcome === 'failed').length,
    heldOut: all.filter(({ heldOut }) => heldOut).length,
  };
}

function executionOf(
  input: SummaryInput,
  reports: readonly ArmReport[],
  { metrics }: Estimates,
  sampleRatio: SampleRatio | undefined,
): ExecutionSummary {
  const treated = reports.filter(({ arm }) => arm === 'treated');
  const counting = reports.filter(({ report }) => report.completed !== undefined);
  const completed = sum(reports, ({ report }) => report.completed ?? 0);
  const failed = sum(reports, ({ report }) => report.failed ?? 0);
  return {
    windowMs: windowMsOf(input),
    workload: [...new Set(reports.map(({ workload }) => workload))].sort().join('+'),
    agentsReporting: reports.length,
    tasksProcessed: reports.length > 0 && counting.length === 0 ? null : completed,
    tasks: sum(reports, ({ report }) => sum(report.groups, (group) => group.tasks)),
    effectsApplied: sum(treated, ({ report }) => report.applied),
    effectsRefused: sum(treated, ({ report }) => report.refused),
    effectsByAction: effectsByAction(treated),
    ...costsOf(reports),
    ...reductionOf(metrics.cost),
    latencyChangePct: metrics.latency === undefined ? null : percent(metrics.latency.change),
    metrics,
    ...(sampleRatio === undefined ? {} : { sampleRatio }),
    errors: sum(reports, ({ report }) => report.errors),
    successRate: completed + failed === 0 ? null : completed / (completed + failed),
  };
}

/** As the coordinator's clock saw it: from go-live to the end, at most the window that was planned. */
function windowMsOf({ record, nowMs }: SummaryInput): number {
  if (record.liveAt === undefined) return 0;
  return Math.max(0, Math.min(record.windowMs, (record.finishedAt ?? nowMs) - record.liveAt));
}

function costsOf(
  reports: readonly ArmReport[],
): Pick<ExecutionSummary, 'costBefore' | 'costAfter' | 'holdOut'> {
  const treated = sumsOf(reports, 'treated', 'cost');
  const heldOut = sumsOf(reports, 'held-out', 'cost');
  const agents = reports.filter(({ arm }) => arm === 'held-out').length;
  const before = (sums: typeof treated) => (sums.length === 0 ? null : sum(sums, (agent) => agent.before));
  const after = (sums: typeof treated) => (sums.length === 0 ? null : sum(sums, (agent) => agent.after));
  return {
    costBefore: before(treated),
    costAfter: after(treated),
    holdOut: agents === 0 ? null : { agents, costBefore: before(heldOut), costAfter: after(heldOut) },
  };
}

/** A reduction is a change with the sign turned, so its interval's ends change places. */
function reductionOf(cost: EffectEstimate | undefined): Pick<ExecutionSummary, 'reductionPct' | 'interval'> {
  if (cost === undefined) return { reductionPct: null, interval: null };
  const interval = cost.interval;
  return {
    reductionPct: percent(-cost.change),
    interval: interval === null ? null : [percent(-interval[1]), percent(-interval[0])],
  };
}

function effectsByAction(treated: readonly ArmReport[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { report } of treated) {
    for (const [action, count] of Object.entries(report.effects)) {
      counts.set(action, (counts.get(action) ?? 0) + count);
    }
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Agents close their window with the tick after its end; much less than the window means that they were stopped in it. */
const watchedShareMin = 0.8;

function notesOf(
  { record }: SummaryInput,
  { reports, leftOut }: ReportSelection,
  execution: ExecutionSummary,
): string[] {
  const notes: string[] = [];
  const heldOut = execution.holdOut?.agents ?? 0;
  if (reports.length === 0) notes.push('No agent reported: nothing was measured.');
  else if (execution.tasks === 0) notes.push('The agents that reported had no tasks: nothing was measured.');
  else if (heldOut === 0) notes.push('No held-out agent reported: the changes are before against after.');
  else if (heldOut === 1) notes.push(oneHeldOut(execution));
  notes.push(...doubtsOf(execution));
  if (record.liveAt !== undefined && execution.windowMs < record.windowMs) {
    notes.push(`The window was cut short: ${execution.windowMs} of ${record.windowMs} ms.`);
  }
  const watchedMs = Math.max(0, ...reports.map(({ report }) => report.at - report.since));
  if (reports.length > 0 && watchedMs < watchedShareMin * execution.windowMs) {
    notes.push(`No agent watched its tasks for longer than ${watchedMs} of ${execution.windowMs} ms.`);
  }
  for (const [reason, agents] of Object.entries(leftOut))
    notes.push(`Left out, ${reason}: ${agents} agents.`);
  return notes;
}

function oneHeldOut({ interval }: ExecutionSummary): string {
  return interval === null
    ? 'Only one held-out agent reported: no interval can be given.'
    : 'Only one held-out agent reported: how held-out agents differ is taken from the treated ones.';
}

/** What speaks against the estimates. */
function doubtsOf({ metrics, sampleRatio }: ExecutionSummary): string[] {
  const contradicted = Object.entries(metrics).filter(([, { plain }]) => plain?.agrees === false);
  const signed = (change: number | undefined) => `${((change ?? Number.NaN) * 100).toFixed(1)} %`;
  const unlike = sampleRatio === undefined ? undefined : sampleRatioNote(sampleRatio);
  return [
    ...contradicted.map(
      ([metric, { change, plain }]) =>
        `Two ways of measuring ${metric.replaceAll('_', ' ')} contradict each other: ${signed(change)} task by task, ${signed(plain?.change)} as plain difference of the arms.`,
    ),
    ...(unlike === undefined ? [] : [unlike]),
  ];
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function percent(fraction: number): number {
  return fraction * 100 + 0;
}
