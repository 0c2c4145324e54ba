/**
 * Ticks of agents in, those that are traced out: each one until 30 s after go-live, then as many as the live program asks for.
 * What lies between two traces is added up in the later one. While none can be written it goes on adding, one record an
 * agent, and says how many were to be traces of their own.
 */
import { limits } from '../limits.js';
import type { TickTrace, UnappliedEffects } from '../nerve/messages/trace-record.js';
import type { Agent, TickOutcome } from './agent.js';
import { reportIntervalMs } from './tick-rhythm.js';

export interface TracedTick {
  readonly agent: Agent;
  readonly trace: TickTrace;
}

export type ProcessUsage = Pick<TickTrace, 'processCpuPct' | 'processMemory'>;

export interface TracePace {
  /** A tick happened. */
  add(
    tick: { readonly agent: Agent; readonly outcome: TickOutcome; readonly evaluateMs: number },
    nowMs: number,
  ): void;
  /** Of these agents, the traces that are due; each is given once. */
  take(agents: readonly Agent[], usage: ProcessUsage): TracedTick[];
  /** These could not be written, as far as is known: what they counted goes into the next ones. */
  lost(traces: readonly TracedTick[]): void;
}

interface Outcome extends Pick<TickOutcome, 'metrics' | 'effects' | 'steps'> {
  readonly unapplied?: UnappliedEffects | undefined;
  readonly error?: string | undefined;
}

interface Pending {
  ticks: number;
  dropped: number;
  isDue: boolean;
  metrics: TickOutcome['metrics'];
  effects: TickOutcome['effects'];
  unapplied: UnappliedEffects | undefined;
  error: string | undefined;
  steps: number;
  atMs: number;
  evaluateMs: number;
}

interface Watched {
  /** Of the program that is live. */
  instruction: string | undefined;
  liveSinceMs: number;
  tracedAtMs: number;
  pending?: Pending | undefined;
}

/** Ticks come a little before or after their time. */
const earliness = 0.9;

export function createTracePace(): TracePace {
  const watched = new WeakMap<Agent, Watched>();

  const watch = (agent: Agent, nowMs: number): Watched => {
    const instruction = agent.live?.instruction;
    const known = watched.get(agent);
    if (known?.instruction === instruction && known !== undefined) return known;
    const fresh = { tracedAtMs: 0, ...known, instruction, liveSinceMs: nowMs };
    watched.set(agent, fresh);
    return fresh;
  };

  return {
    add({ agent, outcome, evaluateMs }, nowMs) {
      const state = watch(agent, nowMs);
      const isFast = agent.live !== undefined && nowMs - state.liveSinceMs < limits.fastTracingMs;
      const isDue =
        isFast ||
        outcome.error !== undefined ||
        nowMs - state.tracedAtMs >= reportIntervalMs(agent) * earliness;
      const tick = { ...begun(outcome), isDue, atMs: nowMs, evaluateMs };
      if (state.pending === undefined) state.pending = tick;
      else addUp(state.pending, tick);
    },

    take(agents, usage) {
      const due: TracedTick[] = [];
      for (const agent of agents) {
        const state = watched.get(agent);
        const pending = state?.pending;
        if (state === undefined || pending?.isDue !== true) continue;
        state.pending = undefined;
        state.tracedAtMs = pending.atMs;
        due.push({ agent, trace: traceOf(agent, pending, usage) });
      }
      return due;
    },

    lost(traces) {
      for (const { agent, trace } of traces) {
        const state = watched.get(agent);
        if (state === undefined) continue;
        const { ticks = 1, dropped = 0, at, evaluateMs } = trace;
        const kept = { ...begun(trace), ticks, dropped, atMs: at, evaluateMs, isDue: true };
        if (state.pending !== undefined) addUp(kept, state.pending);
        state.pending = kept;
      }
    },
  };
}

function begun({ metrics, effects, unapplied, error, steps }: Outcome): Pending {
  const counts = { ticks: 1, dropped: 0, isDue: false, atMs: 0, evaluateMs: 0 };
  return { ...counts, metrics, effects, unapplied, error, steps };
}

/** Metrics and time of the later one, counts of both. The earlier one was to have a trace of its own, if it was due. */
function addUp(pending: Pending, later: Pending): void {
  pending.ticks += later.ticks;
  pending.dropped += later.dropped + (pending.isDue ? 1 : 0);
  pending.isDue ||= later.isDue;
  pending.atMs = later.atMs;
  pending.evaluateMs += later.evaluateMs;
  pending.metrics = later.metrics;
  pending.steps += later.steps;
  pending.error = later.error ?? pending.error;
  pending.unapplied = unappliedInBoth(pending.unapplied, later.unapplied);
  for (const [action, count] of Object.entries(later.effects))
    pending.effects = { ...pending.effects, [action]: (pending.effects[action] ?? 0) + count };
}

function traceOf({ live }: Agent, pending: Pending, usage: ProcessUsage): TickTrace {
  const { ticks, dropped, atMs, evaluateMs, metrics, effects, unapplied, steps, error } = pending;
  return {
    ...{ version: 1, kind: 'tick', at: atMs, metrics, effects, steps, evaluateMs },
    processCpuPct: usage.processCpuPct,
    processMemory: usage.processMemory,
    ...(ticks === 1 ? {} : { ticks }),
    ...(dropped === 0 ? {} : { dropped }),
    ...(live === undefined ? {} : { digest: live.loaded.program.digest, instruction: live.instruction }),
    ...(unapplied === undefined ? {} : { unapplied }),
    ...(error === undefined ? {} : { error }),
  };
}

function unappliedInBoth(
  before: UnappliedEffects | undefined,
  after: UnappliedEffects | undefined,
): UnappliedEffects | undefined {
  if (before === undefined || after === undefined) return after ?? before;
  const listed = before.effects.map((effect) => ({ ...effect }));
  for (const effect of after.effects) {
    const known = listed.find(
      ({ action, kind, reason }) =>
        action === effect.action && kind === effect.kind && reason === effect.reason,
    );
    if (known !== undefined) known.count += effect.count;
    else if (listed.length < limits.unappliedListedMax) listed.push(effect);
  }
  return {
    refused: before.refused + after.refused,
    failed: before.failed + after.failed,
    overBudget: before.overBudget + after.overBudget,
    putOff: before.putOff + after.putOff,
    effects: listed,
  };
}
