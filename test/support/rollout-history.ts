/**
 * The history of one rollout in, whatever must never be in one out (Jepsen's third part: generator, fault injector,
 * checker). It knows nothing of how the history came about, only what was ordered, what agents did, and how it ended.
 */
import type { OrderAction } from '../../src/core/nerve/messages/order.js';
import type { AgentOutcome, RolloutState } from '../../src/core/nerve/messages/rollout-record.js';

export type HistoryEvent =
  | {
      readonly kind: 'ordered';
      readonly action: OrderAction;
      readonly agents: readonly string[];
      readonly digest: string;
      readonly epoch: number;
    }
  /** What the agent held ready or ran changed; `digest` is of the bytes themselves, `verified` what a second look at them says. */
  | {
      readonly kind: 'staged' | 'activated';
      readonly agent: string;
      readonly digest: string;
      readonly verified: boolean;
      readonly epoch: number;
    }
  | { readonly kind: 'returned'; readonly agent: string }
  /** An operator was told that nothing more would be sent, or that all was taken back. */
  | { readonly kind: 'aborted' | 'rolled-back' }
  | { readonly kind: 'resumed' };

export interface AgentEnd {
  readonly agent: string;
  readonly outcome: AgentOutcome;
  /** What it really does at the end, for this instruction. */
  readonly now: 'runs' | 'holds' | 'neither';
}

export interface RolloutHistory {
  readonly instruction: string;
  /** Of the program that was to be rolled out. */
  readonly digest: string;
  readonly agents: readonly string[];
  /** In the order in which they happened. */
  readonly events: readonly HistoryEvent[];
  readonly state: RolloutState;
  readonly ends: readonly AgentEnd[];
}

/** One sentence for each thing that is wrong. */
export function problemsOf(history: RolloutHistory): string[] {
  return [
    ...doubleActivations(history),
    ...unverified(history),
    ...unordered(history),
    ...afterStop(history),
    ...wrongEnds(history),
  ];
}

function doubleActivations({ events }: RolloutHistory): string[] {
  const running = new Set<string>();
  const problems: string[] = [];
  for (const event of events) {
    if (event.kind === 'returned') running.delete(event.agent);
    if (event.kind !== 'activated') continue;
    if (running.has(event.agent)) problems.push(`${event.agent} was activated twice`);
    running.add(event.agent);
  }
  return problems;
}

function unverified({ events, digest }: RolloutHistory): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'staged' && event.kind !== 'activated') return [];
    if (event.digest !== digest) return `${event.agent} ${event.kind} ${event.digest}, which nobody ordered`;
    return event.verified ? [] : `${event.agent} ${event.kind} a program that does not verify`;
  });
}

/** Agents do nothing of their own accord: each activation answers an order for this agent, by the same coordinator. */
function unordered({ events, digest }: RolloutHistory): string[] {
  const ordered = new Set<string>();
  const staged = new Set<string>();
  const problems: string[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'ordered':
        if (event.digest !== digest) problems.push(`${event.digest} was ordered in place of ${digest}`);
        for (const agent of event.agents) ordered.add(`${event.action} ${agent} ${event.epoch}`);
        break;
      case 'staged':
        staged.add(event.agent);
        if (!ordered.has(`stage ${event.agent} ${event.epoch}`))
          problems.push(`${event.agent} staged without an order`);
        break;
      case 'activated':
        if (!staged.has(event.agent)) problems.push(`${event.agent} was activated without having staged`);
        if (!ordered.has(`live ${event.agent} ${event.epoch}`))
          problems.push(`${event.agent} was activated without an order`);
        break;
      default:
    }
  }
  return problems;
}

/** After an abort nothing is sent but undo; what was under way may still arrive. After a rollback nothing is left to arrive. */
function afterStop({ events }: RolloutHistory): string[] {
  const problems: string[] = [];
  let stopped: 'aborted' | 'rolled-back' | undefined;
  for (const event of events) {
    if (event.kind === 'resumed') stopped = undefined;
    if (event.kind === 'aborted' || event.kind === 'rolled-back') stopped = event.kind;
    if (stopped === undefined) continue;
    if (event.kind === 'ordered' && event.action !== 'undo')
      problems.push(`${event.action} was ordered after it was ${stopped}`);
    if (event.kind === 'activated' && stopped === 'rolled-back')
      problems.push(`${event.agent} was activated after it was rolled-back`);
  }
  return problems;
}

/** Outcomes that an agent may be left with, by the state of the rollout. */
const finalOutcomes: Partial<Record<RolloutState, readonly AgentOutcome[]>> = {
  complete: ['live', 'skipped', 'failed'],
  rolled_back: ['rolled_back', 'skipped', 'failed', 'pending'],
  aborted: ['pending', 'staged', 'live', 'failed'],
  failed: ['pending', 'rolled_back', 'failed'],
};

/** What the agent may really be doing, by its outcome. */
const really: Record<AgentOutcome, readonly AgentEnd['now'][]> = {
  live: ['runs'],
  staged: ['holds'],
  pending: ['neither'],
  skipped: ['neither'],
  rolled_back: ['neither'],
  failed: ['neither', 'holds', 'runs'],
};

function wrongEnds({ agents, state, ends }: RolloutHistory): string[] {
  const allowed = finalOutcomes[state];
  if (allowed === undefined) return [`it was left ${state}`];
  const counted = Map.groupBy(ends, ({ agent }) => agent);
  const strangers = [...counted.keys()].filter((agent) => !agents.includes(agent));
  const problems = strangers.map((agent) => `${agent} has an outcome and was never planned`);
  for (const agent of agents) {
    const [end, ...others] = counted.get(agent) ?? [];
    if (end === undefined) problems.push(`${agent} was lost`);
    else if (others.length > 0) problems.push(`${agent} has ${others.length + 1} outcomes`);
    else if (!allowed.includes(end.outcome))
      problems.push(`${agent} is ${end.outcome} in a rollout that is ${state}`);
    // What was under way when it was aborted arrives without being written down; the resume asks again.
    else if (state !== 'aborted' && !really[end.outcome].includes(end.now))
      problems.push(`${agent} is ${end.outcome}, but ${end.now} the program`);
  }
  return problems;
}
