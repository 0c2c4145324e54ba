/**
 * What was known before and what is known now -> the lines of the event log between the two. Events carry the time at
 * which they happened, as recorded, so that a console that is opened late shows the same log.
 */
import { formatChange, formatCount, formatDuration, formatNumber, formatShare } from '../../cli/format.js';
import { headlineOf, headlineText } from '../../cli/progress/headline.js';
import { escapeControls } from '../../cli/terminal-text.js';
import type { Alert } from '../../core/nerve/messages/aggregate.js';
import type { Decision } from '../../core/nerve/messages/decision.js';
import type { Result } from '../../core/nerve/messages/result.js';
import type { RolloutRecord, RolloutState } from '../../core/nerve/messages/rollout-record.js';
import type { FleetFacts, Rejected } from './fleet-facts.js';
import { stagedSinceMs, stateSinceMs } from './rollout-times.js';

export type EventKind =
  | 'decision'
  | 'instruction'
  | 'rollout'
  | 'batches'
  | 'live'
  | 'result'
  | 'alert'
  | 'rejected'
  | 'health'
  | 'agents'
  | 'connection';

export type EventLevel = 'info' | 'good' | 'warning' | 'bad';

export interface FleetEvent {
  /** The same happening has the same key, however often it is derived. */
  readonly key: string;
  readonly atMs: number;
  readonly kind: EventKind;
  readonly level: EventLevel;
  readonly text: string;
  readonly instruction?: string | undefined;
}

/** Oldest first. `before` is absent at the first reading: then everything that the records still tell. */
export function eventsBetween(before: FleetFacts | undefined, now: FleetFacts): FleetEvent[] {
  const events = [
    ...(now.decision && now.decision !== before?.decision ? [decided(now.decision)] : []),
    ...(now.instruction && now.instruction.id !== before?.instruction?.id ? [instructed(now)] : []),
    ...rolloutEvents(before?.rollout, now.rollout, now.atMs),
    ...(now.result && now.result !== before?.result ? [measured(now.result, now.decision)] : []),
    ...newIn(now.alerts, before?.alerts).map(alerted),
    ...newIn(now.rejected, before?.rejected).map(rejection),
    ...healthEvents(before, now),
    ...agentEvents(before, now),
  ];
  return events
    .flat()
    .map((event) => ({ ...event, text: escapeControls(event.text) }))
    .sort((one, other) => one.atMs - other.atMs);
}

function decided(decision: Decision): FleetEvent {
  const { target } = decision.prediction;
  const waits = decision.risk.score > decision.risk.threshold;
  const metric = decision.objective.metric.replaceAll('_', ' ');
  const expected = `${metric} ${formatChange(target.mean * 100)} expected`;
  return {
    key: `decision:${decision.id}`,
    atMs: decision.at,
    kind: 'decision',
    level: waits ? 'warning' : 'info',
    text: `decided: ${decision.playbook}, ${expected}, risk ${formatNumber(decision.risk.score, 2)}${waits ? ', waits for approval' : ''}`,
    instruction: decision.instruction.id,
  };
}

function instructed(now: FleetFacts): FleetEvent[] {
  const { instruction } = now;
  if (instruction === undefined) return [];
  return [
    {
      key: `instruction:${instruction.id}`,
      atMs: instruction.timestamp,
      kind: 'instruction',
      level: 'info',
      text: `instruction ${instruction.type} for ${formatCount(instruction.target_agents, 'agent')}`,
      instruction: instruction.id,
    },
  ];
}

function rolloutEvents(
  before: RolloutRecord | undefined,
  now: RolloutRecord | undefined,
  nowMs: number,
): FleetEvent[] {
  if (now === undefined) return [];
  const known = before?.id === now.id ? before : undefined;
  const events: FleetEvent[] = [];
  const add = (key: string, atMs: number, kind: EventKind, level: EventLevel, text: string) =>
    events.push({ key: `${key}:${now.id}`, atMs, kind, level, text, instruction: now.id });
  // What changed between two readings changed just now.
  const seenMs = (sinceMs: (rollout: RolloutRecord) => number) =>
    known === undefined ? sinceMs(now) : nowMs;
  if (known === undefined) add('planned', now.plannedAt, 'rollout', 'info', planText(now));
  if (now.stagedAt !== undefined && known?.stagedAt === undefined)
    add('staged', now.stagedAt, 'batches', failedIn(now) > 0 ? 'warning' : 'good', stagedText(now));
  else if (now.stagedAt === undefined && quarterOf(now) > 0 && quarterOf(now) !== quarterOf(known))
    add(`batches:${quarterOf(now)}`, seenMs(stagedSinceMs), 'batches', 'info', batchesText(now));
  if (now.liveAt !== undefined && known?.liveAt === undefined)
    add('live', now.liveAt, 'live', 'good', liveText(now));
  if (known?.state !== now.state && toldState(now.state)) {
    const atMs = now.finishedAt ?? seenMs(stateSinceMs);
    add(`${now.state}:${now.epoch}:${now.batchesDone}`, atMs, 'rollout', levelOf(now.state), stateText(now));
  }
  return events;
}

function planText(rollout: RolloutRecord): string {
  const heldOut = rollout.heldOut > 0 ? `, ${formatNumber(rollout.heldOut)} held out` : '';
  const { name } = rollout.program;
  return `planned ${name} for ${formatCount(rollout.agents, 'agent')} in ${formatCount(rollout.batches, 'batch', 'batches')}${heldOut}`;
}

function stagedText(rollout: RolloutRecord): string {
  const failed = failedIn(rollout);
  const took = rollout.injectMs === undefined ? '' : ` in ${formatDuration(rollout.injectMs)}`;
  return `${formatNumber(rollout.agents - failed)} agents staged${took}${failed > 0 ? `, ${formatNumber(failed)} failed` : ''}`;
}

function batchesText(rollout: RolloutRecord): string {
  return `${formatNumber(rollout.batchesDone)} of ${formatCount(rollout.batches, 'batch', 'batches')} staged`;
}

function liveText(rollout: RolloutRecord): string {
  const heldOut = rollout.heldOut > 0 ? `, ${formatNumber(rollout.heldOut)} keep the old program` : '';
  return `live${heldOut}; measuring for ${formatDuration(rollout.windowMs)}`;
}

function failedIn(rollout: RolloutRecord): number {
  return rollout.counts.failed;
}

/** 0 to 4: how many quarters of the batches are done. */
function quarterOf(rollout: RolloutRecord | undefined): number {
  if (rollout === undefined || rollout.batches === 0) return 0;
  return Math.floor((rollout.batchesDone / rollout.batches) * 4);
}

/** The other states are told by their own events. */
function toldState(state: RolloutState): boolean {
  return state !== 'planned' && state !== 'injecting' && state !== 'live';
}

function levelOf(state: RolloutState): EventLevel {
  if (state === 'complete') return 'good';
  if (state === 'failed') return 'bad';
  return state === 'canary' ? 'info' : 'warning';
}

function stateText(rollout: RolloutRecord): string {
  const name = rollout.state === 'canary' ? 'begins with its canary' : rollout.state.replaceAll('_', ' ');
  return rollout.reason === undefined ? `rollout ${name}` : `rollout ${name}: ${rollout.reason}`;
}

function measured(result: Result, decision: Decision | undefined): FleetEvent {
  const { successRate } = result.execution;
  const headline = headlineOf(result, decision);
  const success = successRate === null ? '' : `, success ${formatShare(successRate)}`;
  return {
    key: `result:${result.id}`,
    atMs: result.at,
    kind: 'result',
    level: headline.better ? 'good' : 'warning',
    text: `measured: ${headlineText(headline)}${success}`,
    instruction: result.id,
  };
}

function alerted(alert: Alert): FleetEvent {
  const levels = { info: 'info', warning: 'warning', critical: 'bad' } as const;
  return {
    key: `alert:${alert.id}`,
    atMs: alert.at,
    kind: 'alert',
    level: levels[alert.severity],
    text: `${alert.kind}: ${alert.message}`,
    instruction: alert.instruction,
  };
}

function rejection(rejected: Rejected): FleetEvent {
  return {
    key: `rejected:${rejected.streamId}`,
    atMs: rejected.atMs,
    kind: 'rejected',
    level: 'warning',
    text: `instruction rejected: ${rejected.reasons.join('; ')}`,
  };
}

function healthEvents(before: FleetFacts | undefined, now: FleetFacts): FleetEvent[] {
  const { health } = now;
  if (health === undefined || health.state === (before?.health?.state ?? 'healthy')) return [];
  const levels = { healthy: 'good', degraded: 'warning', down: 'bad' } as const;
  const why = health.reasons.length > 0 ? `: ${health.reasons.join('; ')}` : '';
  return [
    {
      key: `health:${health.state}:${health.at}`,
      atMs: health.at,
      kind: 'health',
      level: levels[health.state],
      text: `fleet ${health.state}${why}`,
    },
  ];
}

/** Only arrivals and losses of many: single agents come and go without a line each. */
function agentEvents(before: FleetFacts | undefined, now: FleetFacts): FleetEvent[] {
  if (before === undefined) return [];
  const change = now.agentsAlive - before.agentsAlive;
  if (Math.abs(change) < Math.max(2, 0.02 * now.agentsKnown)) return [];
  const verb = change > 0 ? 'joined' : 'went silent';
  return [
    {
      key: `agents:${now.atMs}`,
      atMs: now.atMs,
      kind: 'agents',
      level: change > 0 ? 'info' : 'warning',
      text: `${formatCount(Math.abs(change), 'agent')} ${verb}; ${formatNumber(now.agentsAlive)} alive`,
    },
  ];
}

/** Both lists are newest last and share their objects, so what follows the last known one is new. */
function newIn<T>(now: readonly T[], before: readonly T[] | undefined): readonly T[] {
  const last = before?.at(-1);
  return last === undefined ? now : now.slice(now.lastIndexOf(last) + 1);
}
