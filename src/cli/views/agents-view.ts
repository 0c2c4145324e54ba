/** The documents of `agents list` and `agents show` in, a table and a sheet out. */
import type { TickMetrics } from '../../core/nerve/messages/agent-record.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatNumber,
  formatShare,
} from '../format.js';
import { formatPairs, formatTable } from '../table.js';
import type { AgentDocument, AgentsDocument, ListedAgent } from './agents-document.js';

type Row = readonly [name: string, value: string];

export function agentsText({ agents, known, alive, selected }: AgentsDocument): string {
  const more = selected > agents.length ? `; the first ${formatNumber(agents.length)} are shown` : '';
  const meant = selected === known ? '' : `, ${formatNumber(selected)} selected`;
  const total = `${formatNumber(alive)} alive of ${formatCount(known, 'agent')}${meant}${more}`;
  if (known === 0) return 'No agents are registered. Start some with: dreamnet up';
  if (agents.length === 0) return total;
  const table = formatTable(
    [
      { header: 'AGENT' },
      { header: 'STATUS' },
      { header: 'LABELS', shrinkTo: 12 },
      { header: 'PROGRAM' },
      { header: 'HEARD', align: 'right' },
      { header: 'TASKS', align: 'right' },
      { header: 'COST/H', align: 'right' },
    ],
    agents.map((agent) => [
      agent.id,
      statusText(agent),
      labelsText(agent.labels),
      shortDigest(agent.program),
      formatDuration(agent.heartbeatAgeMs),
      formatNumber(agent.tasks ?? undefined),
      formatMoney(agent.cost ?? undefined),
    ]),
  );
  return `${table}\n${total}`;
}

export function agentText({ agent, record, rollout, points }: AgentDocument): string {
  const rows: Row[] = [
    ['agent', agent.id],
    ['status', `${statusText(agent)}, heard of ${formatDuration(agent.heartbeatAgeMs)} ago`],
    ['labels', labelsText(agent.labels)],
    ['host', agent.host],
    ['workload', agent.workload],
    ['program', agent.program ?? 'none'],
    ...(record?.staged === undefined ? [] : [['staged', record.staged] as const]),
    ...(record?.metrics === undefined ? [] : metricRows(record.metrics)),
    ...windowRows(record),
    ...(rollout === null ? [] : [['rollout', rolloutText(rollout)] as const]),
    ['points', pointsText(points)],
    ...(record === null ? [] : [['can', record.capabilities.join(' ')] as const]),
    ['next', `dreamnet trace ${agent.id}`],
  ];
  return formatPairs(rows);
}

export function shortDigest(digest: string | null): string {
  return digest === null ? '–' : digest.replace('sha256:', '').slice(0, 12);
}

function statusText({ alive, status }: ListedAgent): string {
  return alive || status === 'stopped' ? status : `silent (${status})`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Only what is measured. */
function metricRows(metrics: TickMetrics): Row[] {
  const { tasks, cost, latency, throughput, memory, cpuTime, completed, failed } = metrics;
  const rows: (readonly [name: string, ...values: (string | undefined)[]])[] = [
    ['tasks', formatNumber(tasks), cost === undefined ? undefined : `${formatMoney(cost)}/h`],
    [
      'speed',
      latency === undefined ? undefined : `latency ${formatNumber(latency, 2)} s`,
      throughput === undefined ? undefined : `${formatNumber(throughput, 1)} runs/s`,
    ],
    [
      'uses',
      memory === undefined ? undefined : formatBytes(memory),
      cpuTime === undefined ? undefined : `${formatNumber(cpuTime, 1)} s CPU a minute`,
    ],
    ['runs', completed === undefined || failed === undefined ? undefined : runsText(completed, failed)],
  ];
  return rows.flatMap(([name, ...values]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? [] : [[name, known.join(', ')] as const];
  });
}

function runsText(completed: number, failed: number): string {
  const runs = completed + failed;
  const share = formatShare(runs === 0 ? undefined : completed / runs);
  return `${formatNumber(completed)} completed, ${formatNumber(failed)} failed (${share})`;
}

function windowRows(record: AgentDocument['record']): Row[] {
  const window = record?.window;
  if (window === undefined) return [];
  const errors =
    window.errors > 0 ? `, ${formatCount(window.errors, 'error')}: ${window.lastError ?? ''}` : '';
  const refused = window.refused > 0 ? `, ${formatNumber(window.refused)} refused` : '';
  const effects =
    window.arm === 'treated' ? `${formatCount(window.applied, 'effect')} applied${refused}` : 'held out';
  return [['window', `${window.instruction}: ${effects}, ${formatCount(window.ticks, 'tick')}${errors}`]];
}

function rolloutText(rollout: NonNullable<AgentDocument['rollout']>): string {
  const why = rollout.reason === undefined ? '' : `: ${rollout.code ?? ''} ${rollout.reason}`;
  const heldOut = rollout.heldOut ? ', held out' : '';
  return `${rollout.type} ${rollout.id}: ${rollout.outcome.replaceAll('_', ' ')}${heldOut}, batch ${rollout.batch + 1}${why}`;
}

function pointsText(points: Readonly<Record<string, number>>): string {
  const all = Object.values(points);
  const sum = all.reduce((total, one) => total + one, 0);
  return all.length === 0 ? 'none yet' : `${formatNumber(sum)} from ${formatCount(all.length, 'result')}`;
}
