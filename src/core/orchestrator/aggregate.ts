/**
 * What every agent last said of itself, and when it was last heard of -> the aggregate of the whole fleet. Pure.
 * Only agents whose heartbeat is young are summed: a silent agent's last figures say nothing about now.
 */
import { limits } from '../limits.js';
import type { AgentRecord, TickMetrics } from '../nerve/messages/agent-record.js';
import type { Aggregate } from '../nerve/messages/aggregate.js';

/** The part of an agent's record that the aggregate rests on. */
export type AgentSample = Pick<AgentRecord, 'status' | 'live' | 'metrics'>;

/** Runs completed and failed since an agent started, as last seen: agent id -> counters. */
export type RunCounters = ReadonlyMap<string, { readonly completed: number; readonly failed: number }>;

export interface FleetReading {
  /** Agent id -> what it says of itself; agents without a readable record are absent. */
  readonly samples: ReadonlyMap<string, AgentSample>;
  /** Agent id -> last heartbeat (ms): every agent that is known. */
  readonly heartbeats: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** Counters of the previous reading; without them the success rate is unknown. */
  readonly previous?: RunCounters | undefined;
}

/**
 * A living agent whose last tick is older than this is stuck: its host still beats for it, but it no longer measures.
 * The slowest reporting interval that agents obey is within it, so that an honest slow reporter is never called stuck.
 */
export const staleTickMs = limits.reportIntervalMsMax + limits.agentAliveMs;

export function aggregateOf(reading: FleetReading): Aggregate {
  const alive = [...reading.heartbeats].filter(([, beatMs]) => isAlive(beatMs, reading.nowMs));
  const samples = alive.map(([agent]) => reading.samples.get(agent));
  const ticks = samples.flatMap((sample) => (isFresh(sample, reading.nowMs) ? [sample.metrics] : []));
  return {
    at: reading.nowMs,
    agentsAlive: alive.length,
    agentsKnown: reading.heartbeats.size,
    programs: countBy(samples, (sample) => sample?.live ?? 'none'),
    statuses: countBy(samples, (sample) => sample?.status ?? 'unknown'),
    tasks: sum(ticks, (tick) => tick.tasks) ?? 0,
    cost: sum(ticks, (tick) => tick.cost),
    latency: meanLatency(ticks),
    throughput: sum(ticks, (tick) => tick.throughput),
    memory: sum(ticks, (tick) => tick.memory),
    cpuTime: sum(ticks, (tick) => tick.cpuTime),
    completed: sum(ticks, (tick) => tick.completed),
    failed: sum(ticks, (tick) => tick.failed),
    applied: sum(ticks, (tick) => tick.applied) ?? 0,
    successRate: successRateOf(reading),
    stale: alive.length - ticks.length,
  };
}

export function isAlive(beatMs: number, nowMs: number): boolean {
  return nowMs - beatMs <= limits.agentAliveMs;
}

/** The counters to hand to the next reading; an agent that is silent now keeps the ones it had. */
export function runCountersOf(reading: FleetReading): RunCounters {
  const counters = new Map(reading.previous ?? []);
  for (const [agent, sample] of reading.samples) {
    const { completed, failed } = sample.metrics ?? {};
    if (completed !== undefined && failed !== undefined) counters.set(agent, { completed, failed });
  }
  for (const agent of counters.keys()) if (!reading.heartbeats.has(agent)) counters.delete(agent);
  return counters;
}

type FreshSample = AgentSample & { readonly metrics: TickMetrics };

function isFresh(sample: AgentSample | undefined, nowMs: number): sample is FreshSample {
  return sample?.metrics !== undefined && nowMs - sample.metrics.at <= staleTickMs;
}

/**
 * Agent by agent, so that one that joins, restarts or dies between two readings does not turn the fleet's totals back.
 * An agent seen for the first time is left out: its runs may be older than the previous reading. One whose counters
 * fell has restarted, and all of them are new.
 */
function successRateOf({ samples, previous }: FleetReading): number | null {
  if (previous === undefined) return null;
  let completed = 0;
  let failed = 0;
  for (const [agent, { metrics }] of samples) {
    const before = previous.get(agent);
    if (metrics?.completed === undefined || metrics.failed === undefined || before === undefined) continue;
    const restarted = metrics.completed < before.completed || metrics.failed < before.failed;
    completed += metrics.completed - (restarted ? 0 : before.completed);
    failed += metrics.failed - (restarted ? 0 : before.failed);
  }
  return completed + failed === 0 ? null : completed / (completed + failed);
}

/** Over the agents that measure it; null when none does. */
function sum(ticks: readonly TickMetrics[], value: (tick: TickMetrics) => number | undefined): number | null {
  let total: number | null = null;
  for (const tick of ticks) {
    const one = value(tick);
    if (one !== undefined) total = (total ?? 0) + one;
  }
  return total;
}

/** Weighed by tasks. */
function meanLatency(ticks: readonly TickMetrics[]): number | null {
  const measuring = ticks.filter(({ latency }) => latency !== undefined);
  const tasks = sum(measuring, (tick) => tick.tasks) ?? 0;
  const seconds = sum(measuring, ({ latency = 0, tasks: weight }) => latency * weight) ?? 0;
  return tasks === 0 ? null : seconds / tasks;
}

function countBy(
  samples: readonly (AgentSample | undefined)[],
  key: (sample: AgentSample | undefined) => string,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const sample of samples) counts[key(sample)] = (counts[key(sample)] ?? 0) + 1;
  return counts;
}
