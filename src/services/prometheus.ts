/**
 * What the orchestrator last wrote of a fleet in, Prometheus text out. Any service may offer it: the figures are those of the
 * fleet, read from Redis. Base units, as Prometheus wants them; labels only where their values are few.
 */
import { Gauge, Registry } from 'prom-client';
import type { Aggregate, Health } from '../core/nerve/messages/aggregate.js';

export interface FleetFigures {
  readonly aggregate: Aggregate | undefined;
  readonly health: Health | undefined;
}

export const prometheusContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Of a metric: its name without the prefix, what it says, and its value; null: nobody measures it, and it is left out. */
type Figure = readonly [name: string, help: string, value: number | null];

export async function prometheusText({ aggregate, health }: FleetFigures): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `dreamnet_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  gauge('up', '1 when an orchestrator has measured the fleet at least once, else 0.').set(
    aggregate === undefined ? 0 : 1,
  );
  for (const [name, help, value] of aggregate === undefined ? [] : figuresOf(aggregate))
    if (value !== null) gauge(name, help).set(value);
  if (aggregate !== undefined) {
    const statuses = gauge('agents', 'Living agents by what they are doing.', ['status']);
    for (const [status, count] of Object.entries(aggregate.statuses)) statuses.set({ status }, count);
  }
  if (health !== undefined) {
    const states = gauge('health', '1 for the state that the fleet is in, 0 for the others.', ['state']);
    for (const state of ['healthy', 'degraded', 'down'])
      states.set({ state }, state === health.state ? 1 : 0);
  }
  return registry.metrics();
}

function figuresOf(aggregate: Aggregate): readonly Figure[] {
  const { at, cost, latency, throughput, memory, cpuTime, completed, failed, successRate } = aggregate;
  const perMinute = cpuTime === null ? null : cpuTime / 60;
  return [
    ['measured_timestamp_seconds', 'When the fleet was last measured, in seconds since 1970.', at / 1_000],
    ['agents_alive', 'Agents that were heard of lately.', aggregate.agentsAlive],
    ['agents_known', 'Agents that are registered.', aggregate.agentsKnown],
    ['agents_stale', 'Living agents whose last measurement is too old to count.', aggregate.stale],
    [
      'agents_unmeasured',
      'Living agents that never measure, being reached from outside.',
      aggregate.unmeasured,
    ],
    ['programs', 'Different programs that living agents run.', programsIn(aggregate)],
    ['tasks', 'Tasks of living agents.', aggregate.tasks],
    ['cost_dollars_per_hour', 'Cost of all tasks.', cost],
    ['task_latency_seconds', 'Mean time of a run over all tasks.', latency],
    ['runs_per_second', 'Runs that tasks complete in a second.', throughput],
    ['memory_bytes', 'Memory of all tasks.', memory],
    ['cpu_cores', 'Processor time of all tasks in the last minute, in cores.', perMinute],
    ['runs_completed', 'Runs that living agents completed since they started.', completed],
    ['runs_failed', 'Runs that failed since the living agents started.', failed],
    ['effects_applied', 'Effects that living agents applied since they started.', aggregate.applied],
    ['success_ratio', 'Runs completed of all that ended since the measurement before.', successRate],
  ];
}

function programsIn({ programs }: Aggregate): number {
  return Object.keys(programs).filter((program) => program !== 'none').length;
}
