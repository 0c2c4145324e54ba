import parsePrometheus from 'parse-prometheus-text-format';
import { expect, test } from 'vitest';
import type { Aggregate } from '../../src/core/nerve/messages/aggregate.js';
import { prometheusText } from '../../src/services/prometheus.js';

const aggregate: Aggregate = {
  ...{ at: 1_767_225_600_000, agentsAlive: 3, agentsKnown: 4, programs: { none: 1, 'sha256:a': 2 } },
  ...{ statuses: { live: 2, idle: 1 }, tasks: 12, cost: 8.5, latency: null, throughput: 3, memory: 2 ** 31 },
  ...{ cpuTime: 90, completed: 10, failed: 0, applied: 7, successRate: null, stale: 0, unmeasured: 1 },
};

const families = async (figures: Parameters<typeof prometheusText>[0]) =>
  new Map(parsePrometheus(await prometheusText(figures)).map((family) => [family.name, family]));

test('what nobody measures is left out, and the rest is in base units', async () => {
  const found = await families({ aggregate, health: undefined });
  const figure = (name: string) => found.get(`dreamnet_${name}`)?.metrics[0]?.value;
  expect(found.has('dreamnet_task_latency_seconds')).toBe(false);
  expect(found.has('dreamnet_success_ratio')).toBe(false);
  expect(found.has('dreamnet_health')).toBe(false);
  expect(figure('cpu_cores')).toBe('1.5');
  expect(figure('memory_bytes')).toBe(String(2 ** 31));
  expect(figure('measured_timestamp_seconds')).toBe('1767225600');
  expect(figure('programs')).toBe('1');
  expect(found.get('dreamnet_agents')?.metrics).toEqual([
    { value: '2', labels: { status: 'live' } },
    { value: '1', labels: { status: 'idle' } },
  ]);
});

test('a fleet that nobody has measured is told as such', async () => {
  const found = await families({ aggregate: undefined, health: undefined });
  expect([...found.keys()]).toEqual(['dreamnet_up']);
  expect(found.get('dreamnet_up')?.metrics).toEqual([{ value: '0' }]);
});
