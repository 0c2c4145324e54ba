/** A fleet's facts in, the operation that an operator is looking at out: goal, state, phases with times, progress. */
import { formatDuration, formatTime } from '../cli/format.js';
import { escapeControls } from '../cli/terminal-text.js';
import type { Decision } from '../core/nerve/messages/decision.js';
import type { RolloutRecord, RolloutState } from '../core/nerve/messages/rollout-record.js';
import type { FleetFacts } from './hooks/fleet-facts.js';

export type StepName = 'decide' | 'compile' | 'inject' | 'live' | 'result';
export type StepState = 'waiting' | 'active' | 'done' | 'failed';

export interface Step {
  readonly name: StepName;
  readonly state: StepState;
  /** When it happened or how long it took, as text; empty while it waits. */
  readonly time: string;
}

export interface BatchProgress {
  readonly done: number;
  readonly total: number;
  /** Agents that hold the program, and agents that do not because something failed. */
  readonly staged: number;
  readonly failed: number;
  /** Agents a second, over the time spent injecting. */
  readonly perSecond: number | undefined;
}

export interface WindowProgress {
  readonly windowMs: number;
  readonly remainingMs: number;
}

export interface Operation {
  /** Instruction id. */
  readonly id: string;
  readonly goal: string;
  readonly type: string;
  readonly state: RolloutState | 'decided' | 'waits for approval';
  /** Why it did not simply go on. */
  readonly reason: string | undefined;
  readonly rollout: RolloutRecord | undefined;
  readonly decision: Decision | undefined;
  readonly steps: readonly Step[];
  readonly batches: BatchProgress | undefined;
  /** Only while the execution window is open. */
  readonly window: WindowProgress | undefined;
}

/** Undefined when there was none yet. */
export function operationOf(facts: FleetFacts | undefined, nowMs: number): Operation | undefined {
  const decision = facts?.decision;
  const rollout = facts?.rollout;
  if (rollout !== undefined && !isNewer(decision, rollout)) return ofRollout(rollout, facts, nowMs);
  return decision === undefined ? undefined : ofDecision(decision);
}

export function isFinished(state: Operation['state']): boolean {
  return state === 'complete' || state === 'aborted' || state === 'rolled_back' || state === 'failed';
}

/** True when the decision is about an operation that has no rollout yet. */
function isNewer(decision: Decision | undefined, rollout: RolloutRecord): boolean {
  return decision !== undefined && decision.at > rollout.plannedAt && decision.instruction.id !== rollout.id;
}

function ofDecision(decision: Decision): Operation {
  const waits = decision.risk.score > decision.risk.threshold;
  return {
    id: decision.instruction.id,
    goal: escapeControls(decision.goal),
    type: decision.instruction.type,
    state: waits ? 'waits for approval' : 'decided',
    reason: undefined,
    rollout: undefined,
    decision,
    steps: [
      step('decide', waits ? 'active' : 'done', formatTime(decision.at)),
      ...(['compile', 'inject', 'live', 'result'] as const).map((name) => step(name, 'waiting', '')),
    ],
    batches: undefined,
    window: undefined,
  };
}

function ofRollout(rollout: RolloutRecord, facts: FleetFacts | undefined, nowMs: number): Operation {
  const decision = facts?.decision?.instruction.id === rollout.id ? facts.decision : undefined;
  return {
    id: rollout.id,
    goal: escapeControls(rollout.goal ?? decision?.goal ?? rollout.instruction.type),
    type: rollout.instruction.type,
    state: rollout.state,
    reason: rollout.reason === undefined ? undefined : escapeControls(rollout.reason),
    rollout,
    decision,
    steps: stepsOf(rollout, facts, nowMs),
    batches: batchesOf(rollout, nowMs),
    window: windowOf(rollout, nowMs),
  };
}

function stepsOf(rollout: RolloutRecord, facts: FleetFacts | undefined, nowMs: number): Step[] {
  const { timestamp } = rollout.instruction;
  const stopped = isFinished(rollout.state) && rollout.state !== 'complete';
  const halted = stopped || rollout.state === 'paused';
  const { stagedAt, startedAt } = rollout;
  const result = facts?.result?.id === rollout.id ? facts.result : undefined;
  const injectMs =
    rollout.injectMs ?? (startedAt === undefined ? undefined : (stagedAt ?? nowMs) - startedAt);
  const stateOf = (reached: boolean, begun: boolean): StepState =>
    reached ? 'done' : halted && begun ? 'failed' : begun ? 'active' : 'waiting';
  const liveDone = result !== undefined || rollout.state === 'complete';
  return [
    step('decide', 'done', formatTime(timestamp)),
    step('compile', 'done', formatTime(rollout.plannedAt)),
    step('inject', stateOf(stagedAt !== undefined, true), timeOf(injectMs, stagedAt === undefined)),
    step('live', stateOf(liveDone, stagedAt !== undefined), liveTime(rollout, nowMs)),
    step('result', stateOf(result !== undefined, liveDone), result ? formatTime(result.at) : ''),
  ];
}

function liveTime(rollout: RolloutRecord, nowMs: number): string {
  const { liveAt, windowMs } = rollout;
  if (liveAt === undefined) return '';
  return timeOf(Math.min((rollout.finishedAt ?? nowMs) - liveAt, windowMs), rollout.finishedAt === undefined);
}

/** Whole seconds while it runs, so that the time does not flicker. */
function timeOf(ms: number | undefined, running: boolean): string {
  if (ms === undefined) return '';
  return formatDuration(running ? Math.max(0, Math.floor(ms / 1_000) * 1_000) : ms);
}

function batchesOf(rollout: RolloutRecord, nowMs: number): BatchProgress {
  const { counts, startedAt } = rollout;
  const staged = rollout.agents - counts.pending - counts.failed - counts.skipped;
  const spentMs = rollout.injectMs ?? (startedAt === undefined ? 0 : (rollout.stagedAt ?? nowMs) - startedAt);
  return {
    done: rollout.batchesDone,
    total: rollout.batches,
    staged,
    failed: counts.failed,
    perSecond: spentMs > 0 && staged > 0 ? (staged / spentMs) * 1_000 : undefined,
  };
}

function windowOf(rollout: RolloutRecord, nowMs: number): WindowProgress | undefined {
  const { liveAt, windowMs, state } = rollout;
  if (liveAt === undefined || state !== 'live') return undefined;
  return { windowMs, remainingMs: Math.max(0, liveAt + windowMs - nowMs) };
}

function step(name: StepName, state: StepState, time: string): Step {
  return { name, state, time };
}
