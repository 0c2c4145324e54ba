/**
 * What happens during one loop, in the order in which it happens: the stages report these events, the faces draw them.
 * Events carry what was measured and nothing that only a face needs; whoever listens may ignore any of them.
 */
import type { Aggregate } from './nerve/messages/aggregate.js';
import type { Decision } from './nerve/messages/decision.js';
import type { GateVerdict } from './nerve/messages/gate-verdict.js';
import type { Instruction } from './nerve/messages/instruction.js';
import type { Result } from './nerve/messages/result.js';
import type { RolloutState } from './nerve/messages/rollout-record.js';

/** The phases of the loop in order. */
export type Phase = 'fleet' | 'decide' | 'compile' | 'inject' | 'live' | 'measure' | 'feedback';

/** Receives events; must not throw and must not block the stage that reports. */
export type ReportEvent = (event: PipelineEvent) => void;

/** Every event carries `at`, milliseconds since 1970. */
export type PipelineEvent =
  | PhaseEvent
  | FleetEvent
  | DecidedEvent
  | CompiledEvent
  | PlannedEvent
  | BatchEvent
  | AgentFailedEvent
  | CanaryEvent
  | GateEvent
  | StateEvent
  | LiveEvent
  | AggregateEvent
  | MeasuredEvent
  | LearnedEvent
  | RewardedEvent
  | NoteEvent;

/** A phase begins or ends; the events between belong to it. */
export interface PhaseEvent {
  readonly type: 'phase';
  readonly at: number;
  readonly phase: Phase;
  readonly state: 'started' | 'done' | 'failed';
  /** One short line: what it found, or why it failed. */
  readonly detail?: string;
  /** How long the phase took, when it ends. */
  readonly ms?: number;
}

export interface FleetEvent {
  readonly type: 'fleet';
  readonly at: number;
  readonly state: 'starting' | 'up';
  readonly agents: number;
  /** `private`: our own Redis on a socket; `given`: the one of REDIS_URL or --redis. */
  readonly redis: 'private' | 'given';
  readonly ms?: number;
}

export interface DecidedEvent {
  readonly type: 'decided';
  readonly at: number;
  readonly decision: Decision;
}

export interface CompiledEvent {
  readonly type: 'compiled';
  readonly at: number;
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
  /** 0 to 1; null when there is no source that it could be told from. */
  readonly optimizationScore: number | null;
  /** Instructions per task that the bytes allow. */
  readonly costPerTask: { readonly min: number; readonly max: number };
}

export interface PlannedEvent {
  readonly type: 'planned';
  readonly at: number;
  readonly instruction: Instruction;
  /** All targets, held-out ones included. */
  readonly agents: number;
  readonly heldOut: number;
  readonly batches: number;
  readonly maxFailures: number;
  readonly windowMs: number;
  /** Batches that an earlier coordinator had already done; set when a rollout is resumed. */
  readonly batchesDone?: number;
  /** Which batches these are, 1 to `batches`, and what became of their agents and of others; set with it. */
  readonly before?: {
    readonly batches: readonly number[];
    readonly staged: number;
    readonly failed: number;
  };
  /** What the plan and its settings come to. */
  readonly numbers?: PlanNumbers;
}

/** A plan as numbers: what is shown before anything is sent. */
export interface PlanNumbers {
  /** All targets, held-out ones included. */
  readonly agents: number;
  readonly heldOut: number;
  /** Agents of the first batch when that is watched first; 0 for no canary. */
  readonly canary: number;
  readonly batches: number;
  /** In turn: so many batches of this size. */
  readonly sizes: readonly { readonly agents: number; readonly batches: number }[];
  readonly parallel: number;
  readonly maxFailures: number;
  /** It stops when this agent fails, counted from 1; null when there are not as many. */
  readonly stopsAtFailure: number | null;
  readonly activate: 'together' | 'rolling';
  readonly autoRollback: boolean;
  readonly bakeMs: number;
  readonly pauseBetweenMs: number;
  readonly acknowledgeWithinMs: number;
  readonly timeoutMs: number | null;
}

/** One batch has acknowledged, or run out of time. */
export interface BatchEvent {
  readonly type: 'batch';
  readonly at: number;
  /** 1 to `batches`. */
  readonly batch: number;
  readonly batches: number;
  /** Which part of the rollout it belongs to. */
  readonly group: 'canary' | 'fleet';
  /** Agents of this batch, and how they answered. */
  readonly agents: number;
  readonly staged: number;
  readonly failed: number;
  /** Order to last acknowledgement. */
  readonly ms: number;
}

export interface AgentFailedEvent {
  readonly type: 'agent-failed';
  readonly at: number;
  readonly agent: string;
  readonly code: string;
  readonly reason: string;
}

/** The canary agents went live first (`watching`, for `bakeMs`), and were then judged. */
export interface CanaryEvent {
  readonly type: 'canary';
  readonly at: number;
  readonly agents: number;
  readonly state: 'watching' | 'passed' | 'failed' | 'inconclusive';
  readonly bakeMs: number;
  readonly reason?: string;
}

/** What the gates found at one look that is worth telling: at the end of a bake, and whenever one does not pass. */
export interface GateEvent {
  readonly type: 'gate';
  readonly at: number;
  readonly verdicts: readonly GateVerdict[];
}

/** The rollout changed its state; `reason` tells why when it is no step forward. */
export interface StateEvent {
  readonly type: 'state';
  readonly at: number;
  readonly state: RolloutState;
  readonly reason?: string;
}

/** All but the held-out agents run the program now. */
export interface LiveEvent {
  readonly type: 'live';
  readonly at: number;
  readonly agents: number;
  readonly heldOut: number;
  /** Go-live order to last acknowledgement. */
  readonly ms: number;
}

export interface AggregateEvent {
  readonly type: 'aggregate';
  readonly at: number;
  readonly aggregate: Aggregate;
  /** What is left of the execution window. */
  readonly remainingMs: number;
}

export interface MeasuredEvent {
  readonly type: 'measured';
  readonly at: number;
  readonly result: Result;
}

/** The governor took the result in. */
export interface LearnedEvent {
  readonly type: 'learned';
  readonly at: number;
  readonly learned: Learned;
}

/** The ledger was written. */
export interface RewardedEvent {
  readonly type: 'rewarded';
  readonly at: number;
  readonly rewards: Rewards;
}

/** Anything else worth a line. */
export interface NoteEvent {
  readonly type: 'note';
  readonly at: number;
  readonly level: 'info' | 'warning';
  readonly text: string;
}

/** What a result changed in the governor's memory; also `learned` of `run --json`. */
export interface Learned {
  /** Type of the next instruction of this family, such as `COST_OPTIMIZATION_v3`. */
  readonly nextType: string;
  /** Relative change of the objective's metric, as fractions. */
  readonly predicted: number;
  readonly measured: number;
  /** Effect sizes that moved: how much of an action's argument arrives in a metric. */
  readonly effectSizes: readonly {
    readonly action: string;
    readonly metric: string;
    readonly before: number;
    readonly after: number;
  }[];
}

/** Points given for one result; also `rewards` of `run --json`. */
export interface Rewards {
  readonly points: number;
  readonly agents: number;
  /** False when this result had been rewarded before: nothing was added. */
  readonly added: boolean;
}
