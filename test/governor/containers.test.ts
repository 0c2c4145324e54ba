/** Containers as tasks: they have no latency, some have no network, and the shipped playbook for costs serves them as it is. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costPerHour, defaultPrices, priceLevel } from '../../src/core/agent/workloads/docker/prices.js';
import { decide } from '../../src/core/governor/decide.js';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import { parseGoal } from '../../src/core/governor/goal.js';
import { loadPlaybooks } from '../../src/core/governor/playbooks.js';
import { fitResourcePrices } from '../../src/core/governor/resource-prices.js';
import { dockerHost } from '../../src/core/language/capabilities.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { offerProblem } from '../../src/core/offers/offer-problem.js';
import { createRandom } from '../../src/core/random.js';

/** Without any traffic, or with that of all but one, which shares the network of its host. */
function containers({ traffic }: { traffic: boolean }) {
  const random = createRandom(5);
  const rows = 40;
  const columns: Record<string, Float64Array> = {};
  for (const { name } of dockerHost.fields) columns[name] = new Float64Array(rows);
  const set = (field: string, row: number, value: number) => {
    (columns[field] as Float64Array)[row] = value;
  };
  for (let row = 0; row < rows; row++) {
    const use = {
      cores: random() ** 2,
      memoryBytes: 3e9 * random() ** 2,
      sentBitsPerSecond: traffic ? 4e6 * random() : 0,
    };
    const region = row % 3 === 0 ? 'eu-west' : 'us-east';
    set('cpu_time', row, use.cores * 60);
    set('memory', row, use.memoryBytes);
    set('network', row, row === 0 ? Number.NaN : 2 * use.sentBitsPerSecond);
    const paid = row === 0 ? { ...use, sentBitsPerSecond: 0 } : use;
    set('cost', row, costPerHour(paid, region, defaultPrices));
    set('region_price', row, priceLevel(region, defaultPrices));
    set('age', row, 3_600);
  }
  return { rows, columns };
}

describe('what agents of a Docker host offer', () => {
  it('is a capability file without a mistake', () => {
    const text = readFileSync('src/core/language/docker-host.json', 'utf8');
    expect(readCapabilities(text, { fileName: 'docker-host.json' })).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  it('is what the shipped playbook for costs asks for', () => {
    const playbook = loadPlaybooks().find(({ name }) => name === 'cost_optimize');
    expect(playbook && offerProblem(playbook.program.manifest, dockerHost)).toBeUndefined();
  });
});

describe.each([true, false])('a decision about containers, with traffic: %s', (traffic) => {
  const table = containers({ traffic });

  it('reads the prices of resources off what containers cost', () => {
    const prices = fitResourcePrices(table);
    expect(prices?.perUnit[0]).toBeCloseTo(0.04 / 60, 9);
    expect(prices?.perUnit[1]).toBeCloseTo(0.0045 / 1e9, 16);
    // Half of the traffic goes out: 3,600 s / 8 bits / 10^9 at 0.09 dollars a gigabyte.
    expect(prices?.perUnit[2]).toBeCloseTo(traffic ? (0.5 * 3_600 * 0.09) / 8e9 : 0, 13);
  });

  it('is made without a latency, with figures that are numbers', () => {
    const goal = 'reduce costs 5%';
    const agents = Array.from({ length: 4 }, (_, at) => ({ id: `web-${at}` }));
    const decision = decide({
      goal,
      objective: parseGoal(goal),
      state: { agents, covered: 4, table, ageMs: 1_000, fingerprint: 'f00d' } as never,
      fleetAgents: 4,
      memory: { effectSizes: expectedSizes(dockerHost), versions: new Map() },
      playbooks: loadPlaybooks(),
      capabilities: dockerHost,
      windowMs: 20_000,
      priority: 'HIGH',
      riskMax: 0.9,
      key: generateKeyPairSync('ed25519').privateKey,
      nowMs: 1_767_225_600_000,
      random: createRandom(7),
    });
    expect(decision.instruction.type).toMatch(/^COST_OPTIMIZATION/);
    expect(decision.prediction.target.mean).toBeLessThanOrEqual(-0.04);
    expect(decision.prediction.tasksTouched).toBeGreaterThan(5);
    expect(JSON.stringify(decision)).not.toMatch(/NaN|null,"high"/);
    const { metrics, before } = decision.prediction;
    expect(Object.keys(metrics)).toEqual(['cost', 'memory', 'cpu_time']);
    expect(Object.keys(before)).toEqual(['cost', 'memory', 'cpu_time']);
    expect(decision.reasoning.join(' ')).toContain('latency is not measured here');
  });
});
