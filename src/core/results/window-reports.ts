/**
 * The rollout's agents and their records -> the window reports that can be believed, and how many could not. Pure.
 * Every agent stays in the arm that the lot gave it, whatever became of it: leaving out those that failed after go-live
 * would compare the lucky ones with the hold-out.
 */
import { type AgentRecord, externalWorkload, type WindowReport } from '../nerve/messages/agent-record.js';
import type { RolloutAgent } from '../nerve/messages/rollout-record.js';
import type { TaskRows } from '../nerve/task-rows.js';
import { believableRows } from './possible-report.js';
import type { AgentSums } from './ratio.js';

/** One agent's believable report. */
export interface ArmReport {
  readonly agent: string;
  readonly arm: WindowReport['arm'];
  readonly outcome: RolloutAgent['outcome'];
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly report: WindowReport;
  /** Its tasks, one by one as far as it tells them apart. */
  readonly rows: TaskRows;
  /** Metric -> the agent's sums over all its groups. */
  readonly totals: Readonly<Record<string, AgentSums>>;
}

/** Why a report was left out. */
export type LeftOutReason =
  | 'no report'
  | 'does not report measurements'
  | 'other arm'
  | 'impossible figures'
  | 'unreadable report'
  | 'report of another version';

export interface ReportSelection {
  readonly reports: readonly ArmReport[];
  /** Reason -> agents, only for reasons that occurred. */
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>;
  /** The same agent by agent. */
  readonly without: ReadonlyMap<string, LeftOutReason>;
}

export function selectReports(options: {
  readonly instruction: string;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly records: readonly AgentRecord[];
}): ReportSelection {
  const records = new Map(options.records.map((record) => [record.id, record]));
  const reports: ArmReport[] = [];
  const leftOut: Partial<Record<LeftOutReason, number>> = {};
  const without = new Map<string, LeftOutReason>();
  for (const [agent, state] of options.agents) {
    const judged = judge({ agent, state, record: records.get(agent), instruction: options.instruction });
    if (typeof judged === 'string') {
      leftOut[judged] = (leftOut[judged] ?? 0) + 1;
      without.set(agent, judged);
    } else if (judged !== null) reports.push(judged);
  }
  return { reports, leftOut, without };
}

interface Candidate {
  readonly agent: string;
  readonly state: RolloutAgent;
  readonly record: AgentRecord | undefined;
  readonly instruction: string;
}

/** Null for an agent of which no report is expected, or that joined later: no lot gave it an arm. */
function judge({ agent, state, record, instruction }: Candidate): ArmReport | LeftOutReason | null {
  if (state.joined) return null;
  const report = record?.window;
  if (record === undefined || report === undefined || report.instruction !== instruction) {
    if (!isExpectedToReport(state)) return null;
    if (record?.unreadableWindow !== undefined) return unreadable[record.unreadableWindow];
    return record?.workload === externalWorkload ? 'does not report measurements' : 'no report';
  }
  const arm = state.heldOut ? 'held-out' : 'treated';
  if (report.arm !== arm) return 'other arm';
  const rows = believableRows(report);
  if (rows === undefined) return 'impossible figures';
  const { workload, labels } = record;
  return { agent, arm, outcome: state.outcome, workload, labels, report, rows, totals: totalsOf(report) };
}

const unreadable = {
  damaged: 'unreadable report',
  'other version': 'report of another version',
} as const satisfies Record<NonNullable<AgentRecord['unreadableWindow']>, LeftOutReason>;

function isExpectedToReport({ outcome, heldOut }: RolloutAgent): boolean {
  return outcome === 'live' || (heldOut && outcome === 'staged');
}

function totalsOf(report: WindowReport): Record<string, AgentSums> {
  const totals: Record<string, { before: number; after: number }> = {};
  for (const group of report.groups) {
    for (const [metric, [before, after]] of Object.entries(group.sums)) {
      const total = totals[metric] ?? { before: 0, after: 0 };
      totals[metric] = { before: total.before + before, after: total.after + after };
    }
  }
  return totals;
}
