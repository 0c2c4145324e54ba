/** One view of the fleet in, the same as text for people or as one JSON document out (`watch --once`). */
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatNumber,
  formatTime,
} from '../cli/format.js';
import { costsText, headlineOf, headlineText } from '../cli/progress/headline.js';
import { truncateToWidth } from '../cli/terminal-text.js';
import { fleetState } from './fleet-state.js';
import type { FleetView } from './hooks/fleet-feed.js';
import { liveMetrics } from './metrics.js';
import { type Operation, operationOf } from './operation.js';
import { workloadText } from './workload.js';

const eventsShown = 8;
const labelColumns = 12;

/** Lines no wider than the columns; no colours. */
export function overviewText(view: FleetView, columns: number, nowMs = Date.now()): string {
  const lines = [
    ...fleetLines(view, nowMs),
    '',
    ...operationLines(operationOf(view.facts, nowMs)),
    ...resultLines(view),
    ...eventLines(view),
  ];
  return lines.map((line) => truncateToWidth(line, columns).trimEnd()).join('\n');
}

/** What `watch --once --json` prints. */
export function overviewDocument(view: FleetView, nowMs = Date.now()) {
  const { facts } = view;
  const operation = operationOf(facts, nowMs);
  return {
    at: facts?.atMs ?? nowMs,
    fleet: {
      agentsAlive: facts?.agentsAlive ?? 0,
      agentsKnown: facts?.agentsKnown ?? 0,
      workloads: facts?.workloads ?? [],
      health: facts?.health ?? null,
      aggregate: facts?.aggregate ?? null,
    },
    operation: operation
      ? {
          id: operation.id,
          goal: operation.goal,
          type: operation.type,
          state: operation.state,
          reason: operation.reason ?? null,
          steps: operation.steps,
          batches: operation.batches ?? null,
          window: operation.window ?? null,
        }
      : null,
    result: facts?.result
      ? {
          id: facts.result.id,
          at: facts.result.at,
          type: facts.result.type,
          state: facts.result.state,
          headline: headlineOf(facts.result, facts.decision),
          execution: facts.result.execution,
        }
      : null,
    events: view.events.map(({ key: _, ...event }) => event),
  };
}

function fleetLines(view: FleetView, nowMs: number): string[] {
  const { facts } = view;
  const alive = formatNumber(facts?.agentsAlive ?? 0);
  const known = formatCount(facts?.agentsKnown ?? 0, 'agent');
  const workload = workloadText(facts);
  const state = fleetState(view, nowMs).text;
  return [
    row('fleet', [state, `${alive} of ${known} alive`, workload].filter(Boolean).join(' · ')),
    ...liveMetrics(facts).map((metric) => row(metric.name, `${metric.value}  ${metric.remark}`)),
  ];
}

function operationLines(operation: Operation | undefined): string[] {
  if (operation === undefined)
    return [row('operation', 'none yet; state a goal with: dreamnet decide "reduce costs 15%"')];
  const { batches, rollout, window, reason } = operation;
  const lines = [
    row('operation', operation.goal),
    row('', `${operation.type} · ${operation.id}`),
    row('state', `${operation.state.replaceAll('_', ' ')}${reason ? `: ${reason}` : ''}`),
  ];
  if (rollout) lines.push(row('program', `${rollout.program.name} · ${formatBytes(rollout.program.bytes)}`));
  if (batches)
    lines.push(
      row(
        'batches',
        `${formatNumber(batches.done)} of ${formatNumber(batches.total)} · ${formatNumber(batches.staged)} staged · ${formatNumber(batches.failed)} failed`,
      ),
    );
  if (window)
    lines.push(
      row('window', `${formatDuration(window.remainingMs)} left of ${formatDuration(window.windowMs)}`),
    );
  return lines;
}

function resultLines({ facts }: FleetView): string[] {
  const result = facts?.result;
  if (result === undefined) return [];
  const headline = headlineOf(result, facts?.decision);
  const predicted =
    headline.predictedPct === undefined ? '' : `, predicted ${formatChange(headline.predictedPct)}`;
  const costs = costsText(result.execution);
  const workload = `${result.execution.workload} workload`;
  return [
    '',
    row('last result', `${headlineText(headline)}${predicted}`),
    row('', costs === undefined ? workload : `${costs} · ${workload}`),
  ];
}

function eventLines({ events }: FleetView): string[] {
  if (events.length === 0) return [];
  return ['', ...events.slice(-eventsShown).map((event) => `${formatTime(event.atMs)}  ${event.text}`)];
}

function row(label: string, text: string): string {
  return `${label.padEnd(labelColumns)}  ${text}`;
}
