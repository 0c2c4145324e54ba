import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSpread, spreadOver } from '../../../src/core/agent/workloads/docker/spread.js';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'dreamnet-spread-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const six = [6, 1, 5, 2, 4, 3].map((use) => ({ name: `web-${use}`, use }));

it('deals containers so that agents have as many, and use as much, as each other', () => {
  const spread = openSpread(directory(), 2);
  spread.deal(six);
  const uses = [0, 0];
  const counts = [0, 0];
  for (const { name, use } of six) {
    const agent = spread.agentOf(name) ?? -1;
    uses[agent] = (uses[agent] ?? 0) + use;
    counts[agent] = (counts[agent] ?? 0) + 1;
  }
  expect(counts).toEqual([3, 3]);
  expect(Math.abs((uses[0] ?? 0) - (uses[1] ?? 0))).toBeLessThanOrEqual(3);
});

it('leaves a container where it is over restarts, and puts new ones where fewest are', () => {
  const path = directory();
  openSpread(path, 3).deal(six);
  expect(spreadOver(path)).toBe(3);
  const again = openSpread(path, 3);
  const before = six.map(({ name }) => again.agentOf(name));
  const [gone] = six;
  const left = six.slice(1);
  again.deal([...left, { name: 'new', use: 9 }]);
  expect(six.map(({ name }) => again.agentOf(name))).toEqual(before);
  expect(again.agentOf('new')).toBe(again.agentOf(gone?.name ?? ''));
});

it('deals anew for another number of agents, and where the file is damaged', () => {
  const path = directory();
  openSpread(path, 6).deal(six);
  expect(openSpread(path, 2).agentOf('web-1')).toBeUndefined();
  writeFileSync(join(path, 'spread.json'), '{"version":1,"agents":2,"nam');
  expect(spreadOver(path)).toBeUndefined();
  expect(openSpread(path, 2).agentOf('web-1')).toBeUndefined();
});
