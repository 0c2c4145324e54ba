/** What is known of a run -> the words for it: one line for each phase, and one for the metrics of the window. */
import type { Phase } from '../../core/pipeline-events.js';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatMoney,
  formatNumber,
  formatShare,
} from '../format.js';
import { escapeControls } from '../terminal-text.js';
import { costText } from '../views/program-words.js';
import { headlineOf, headlineText } from './headline.js';
import { type ProgressState, stagingLeftMs, stagingRate } from './state.js';

/** What the phase is about, while it runs. */
export const phaseTitles: Readonly<Record<Phase, string>> = {
  fleet: 'Fleet',
  decide: 'Decide',
  compile: 'Compile',
  inject: 'Inject',
  live: 'Go live',
  measure: 'Measure',
  feedback: 'Feed back',
};

/** What the phase found so far; empty when nothing is known yet. */
export function phaseText(phase: Phase, state: ProgressState): string {
  switch (phase) {
    case 'fleet':
      return fleetText(state);
    case 'decide':
      return decisionText(state);
    case 'compile':
      return programText(state);
    case 'inject':
      return batchesText(state);
    case 'live':
      return liveText(state);
    case 'measure':
      return measureText(state);
    case 'feedback':
      return feedbackText(state);
    default:
      return phase satisfies never;
  }
}

/** `$8,569/h (-14.7 % since go-live) · latency 1.28 s · 2,902/s · success 99.97 %`. */
export function metricsText({ aggregate, before }: ProgressState): string {
  if (aggregate === undefined) return '';
  if (aggregate.tasks === 0) return 'no agent reports a task';
  const { cost, latency, throughput, successRate } = aggregate;
  const was = before?.cost ?? 0;
  const change = cost !== null && was > 0 ? (cost / was - 1) * 100 : undefined;
  const since = change === undefined ? '' : ` (${formatChange(change)} since go-live)`;
  // What no agent measures is not told.
  const parts = [
    cost === null ? [] : `${formatMoney(cost)}/h${since}`,
    latency === null ? [] : `latency ${formatNumber(latency, 2)} s`,
    throughput === null ? [] : `${formatNumber(throughput)}/s`,
    aggregate.completed === null ? [] : `success ${formatShare(successRate ?? undefined)}`,
  ].flat();
  return parts.length === 0 ? formatCount(aggregate.tasks, 'task') : parts.join(' · ');
}

function fleetText({ fleet }: ProgressState): string {
  if (fleet === undefined) return '';
  const where = fleet.redis === 'private' ? 'private Redis' : 'given Redis';
  const verb = fleet.state === 'up' ? '' : ' starting';
  return `${formatCount(fleet.agents, 'agent')}${verb} on a ${where}`;
}

function decisionText({ decision }: ProgressState): string {
  if (decision === undefined) return '';
  const { objective, prediction, risk } = decision;
  const metric = objective.metric.replaceAll('_', ' ');
  const expected = `${metric} ${formatChange(prediction.target.mean * 100)} expected`;
  return `${escapeControls(decision.playbook)}, ${expected}, risk ${formatNumber(risk.score, 2)}`;
}

function programText({ compiled }: ProgressState): string {
  if (compiled === undefined) return '';
  const { name, bytes, costPerTask } = compiled;
  return `${escapeControls(name)}, ${formatBytes(bytes)}, ${costText(costPerTask)}`;
}

function batchesText(state: ProgressState): string {
  const { planned, batches } = state;
  if (planned === undefined) return '';
  const rate = stagingRate(state);
  const parts = [
    `${formatNumber(batches.done.size)} of ${formatCount(planned.batches, 'batch', 'batches')}`,
    `${formatNumber(batches.staged)} of ${formatCount(planned.agents, 'agent')} staged`,
    `${formatNumber(batches.failed)} failed`,
  ];
  if (rate !== undefined) parts.push(`${formatNumber(rate)}/s`);
  const leftMs = stagingLeftMs(state);
  if (leftMs !== undefined && leftMs >= worthTellingMs)
    parts.push(`${formatDuration(wholeSeconds(leftMs))} left`);
  return parts.join(' · ');
}

/** What is over before it is read is not worth a word. */
const worthTellingMs = 1_000;

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}

function liveText({ live }: ProgressState): string {
  if (live === undefined) return '';
  const heldOut = live.heldOut > 0 ? `, ${formatNumber(live.heldOut)} held out` : '';
  return `${formatCount(live.agents, 'agent')} live together${heldOut}`;
}

function measureText(state: ProgressState): string {
  const { result, decision } = state;
  if (result === undefined) return metricsText(state);
  return `${headlineText(headlineOf(result, decision))}, ${escapeControls(result.execution.workload)} workload`;
}

function feedbackText({ learned, rewards }: ProgressState): string {
  const parts: string[] = [];
  if (learned) parts.push(`next ${escapeControls(learned.nextType)}`);
  if (rewards)
    parts.push(`${formatCount(rewards.points, 'point')} to ${formatCount(rewards.agents, 'agent')}`);
  return parts.join(', ');
}

/** How a phase that did not get to its end is told; what went wrong is told by the command. */
export function endedBy({ detail }: { readonly detail?: string }): 'failed' | 'interrupted' {
  return detail === 'interrupted' ? 'interrupted' : 'failed';
}
