/** The events of a run so far -> what is known of it: which phase, how many batches, what was measured last. */
import type { Aggregate } from '../../core/nerve/messages/aggregate.js';
import type { Decision } from '../../core/nerve/messages/decision.js';
import type { Result } from '../../core/nerve/messages/result.js';
import type {
  BatchEvent,
  CanaryEvent,
  CompiledEvent,
  FleetEvent,
  Learned,
  LiveEvent,
  Phase,
  PipelineEvent,
  PlannedEvent,
  Rewards,
  StateEvent,
} from '../../core/pipeline-events.js';

export interface ProgressState {
  readonly phase?: Phase | undefined;
  readonly fleet?: FleetEvent;
  readonly decision?: Decision;
  readonly compiled?: CompiledEvent;
  readonly planned?: PlannedEvent;
  readonly batches: BatchTotals;
  readonly canary?: CanaryEvent;
  readonly rollout?: StateEvent;
  readonly live?: LiveEvent;
  /** The last aggregate before go-live, to compare with. */
  readonly before?: Aggregate;
  readonly aggregate?: Aggregate;
  /** When the window closes, milliseconds since 1970. */
  readonly windowEndsAt?: number;
  readonly result?: Result;
  readonly learned?: Learned;
  readonly rewards?: Rewards;
}

export interface BatchTotals {
  /** Numbers of the batches that answered; later states share and extend the set, as copies would cost n² batches. */
  readonly done: Set<number>;
  /** Agents that an earlier coordinator had staged; not in `staged`, which goes with the time that was spent. */
  readonly stagedBefore: number;
  readonly staged: number;
  readonly failed: number;
  /** Milliseconds with at least one batch under way: neither the canary's bake nor batches in parallel count twice. */
  readonly spentMs: number;
  /** Up to when they are counted, milliseconds since 1970. */
  readonly spentUntil: number;
}

export function noProgress(): ProgressState {
  return { batches: { done: new Set(), stagedBefore: 0, staged: 0, failed: 0, spentMs: 0, spentUntil: 0 } };
}

export function withEvent(state: ProgressState, event: PipelineEvent): ProgressState {
  switch (event.type) {
    case 'phase':
      return event.state === 'started' ? { ...state, phase: event.phase } : state;
    case 'fleet':
      return { ...state, fleet: event };
    case 'decided':
      return { ...state, decision: event.decision };
    case 'compiled':
      return { ...state, compiled: event };
    case 'planned':
      return { ...state, planned: event, batches: resumed(event) };
    case 'batch':
      return { ...withTotal(state, event), batches: withBatch(state.batches, event) };
    case 'canary':
      return { ...state, canary: event };
    case 'state':
      return { ...state, rollout: event };
    case 'live':
      return withLive(state, event);
    case 'aggregate':
      return { ...state, aggregate: event.aggregate, windowEndsAt: event.at + event.remainingMs };
    case 'measured':
      return { ...state, result: event.result };
    case 'learned':
      return { ...state, learned: event.learned };
    case 'rewarded':
      return { ...state, rewards: event.rewards };
    case 'agent-failed':
    case 'gate':
    case 'note':
      return state;
    default:
      return event satisfies never;
  }
}

/** A range of batches that is drawn as one bar. */
export interface BatchGroup {
  readonly first: number;
  readonly last: number;
  readonly done: number;
}

const groupsMax = 4;

/** At most four ranges of about the same length. */
export function batchGroups(state: ProgressState): BatchGroup[] {
  const total = state.planned?.batches ?? 0;
  const size = Math.max(1, Math.ceil(total / groupsMax));
  const groups: BatchGroup[] = [];
  for (let first = 1; first <= total; first += size) {
    const last = Math.min(total, first + size - 1);
    let done = 0;
    for (let batch = first; batch <= last; batch++) if (state.batches.done.has(batch)) done++;
    groups.push({ first, last, done });
  }
  return groups;
}

/** Agents a second since the first batch answered; undefined before the second one. */
export function stagingRate({ batches }: ProgressState): number | undefined {
  const { spentMs, staged } = batches;
  return spentMs > 0 ? (staged / spentMs) * 1_000 : undefined;
}

/** Milliseconds until the last batch has answered, at the rate so far; undefined while that says nothing. */
export function stagingLeftMs({ batches, planned }: ProgressState): number | undefined {
  const answered = batches.done.size - (planned?.before?.batches.length ?? 0);
  if (planned === undefined || answered === 0 || batches.spentMs === 0) return undefined;
  const left = planned.batches - batches.done.size;
  const perBatchMs = batches.spentMs / answered;
  return left * perBatchMs;
}

function resumed({ before }: PlannedEvent): BatchTotals {
  return {
    done: new Set(before?.batches),
    stagedBefore: before?.staged ?? 0,
    staged: 0,
    failed: before?.failed ?? 0,
    spentMs: 0,
    spentUntil: 0,
  };
}

/** Agents that came meanwhile are one further batch. */
function withTotal(state: ProgressState, { batches }: BatchEvent): ProgressState {
  const { planned } = state;
  return planned === undefined || batches <= planned.batches
    ? state
    : { ...state, planned: { ...planned, batches } };
}

function withBatch(totals: BatchTotals, event: BatchEvent): BatchTotals {
  if (totals.done.has(event.batch)) return totals;
  return {
    done: totals.done.add(event.batch),
    stagedBefore: totals.stagedBefore,
    staged: totals.staged + event.staged,
    failed: totals.failed + event.failed,
    spentMs: totals.spentMs + Math.max(0, event.at - Math.max(totals.spentUntil, event.at - event.ms)),
    spentUntil: Math.max(totals.spentUntil, event.at),
  };
}

function withLive(state: ProgressState, event: LiveEvent): ProgressState {
  const { aggregate, planned } = state;
  return {
    ...state,
    live: event,
    ...(aggregate && { before: aggregate }),
    ...(planned && { windowEndsAt: event.at + planned.windowMs }),
  };
}
