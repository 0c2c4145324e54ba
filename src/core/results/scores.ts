/**
 * Window reports -> what each treated agent did in the window: pace, savings, effects, and its gain for the objective. Pure.
 * Savings and gains are relative to what the hold-out did meanwhile, so that nobody is praised or blamed for drift.
 */
import type { Objective } from '../nerve/messages/decision.js';
import { sumsOf } from './compare.js';
import type { AgentSums } from './ratio.js';
import type { ArmReport } from './window-reports.js';

/** What a gain is measured in. */
export type Aim = Pick<Objective, 'metric' | 'direction'>;

export interface AgentScores {
  readonly agent: string;
  readonly outcome: ArmReport['outcome'];
  /** Runs completed per second of its window; 0 when the window has no length, null when its runs are not counted. */
  readonly throughput: number | null;
  /** Percent of its cost that it saved; negative when it got dearer. 0 when it had no cost, null when it measures none. */
  readonly savingsPct: number | null;
  /** Effects applied. */
  readonly effects: number;
  /** By how much it moved the objective's metric the right way, in base units of the metric; 0 when the wrong way. */
  readonly gain: number;
}

/** Treated agents only, in the order of the reports: a held-out agent ran nothing that could be scored. */
export function scoreAgents(reports: readonly ArmReport[], aim: Aim): AgentScores[] {
  const costDrift = driftOf(reports, 'cost');
  const aimDrift = driftOf(reports, aim.metric);
  return reports
    .filter(({ arm }) => arm === 'treated')
    .map(({ agent, outcome, report, totals }) => ({
      agent,
      outcome,
      throughput: perSecond(report.completed, report.at - report.since),
      savingsPct: savingsPct(totals.cost, costDrift),
      effects: report.applied,
      gain: gainOf(totals[aim.metric], aim, aimDrift),
    }));
}

/** After by before of the hold-out: what would have happened anyway. 1 when nobody can say. */
function driftOf(reports: readonly ArmReport[], metric: string): number {
  const heldOut = sumsOf(reports, 'held-out', metric);
  const before = heldOut.reduce((sum, agent) => sum + agent.before, 0);
  const after = heldOut.reduce((sum, agent) => sum + agent.after, 0);
  return before > 0 && after > 0 ? after / before : 1;
}

function savingsPct(cost: AgentSums | undefined, drift: number): number | null {
  if (cost === undefined) return null;
  if (cost.before === 0) return 0;
  return (1 - cost.after / (cost.before * drift)) * 100;
}

function gainOf(sums: AgentSums | undefined, aim: Aim, drift: number): number {
  if (sums === undefined) return 0;
  const reduced = sums.before * drift - sums.after;
  return Math.max(0, aim.direction === 'decrease' ? reduced : -reduced);
}

function perSecond(count: number | undefined, durationMs: number): number | null {
  if (count === undefined) return null;
  return durationMs > 0 ? (count * 1_000) / durationMs : 0;
}
