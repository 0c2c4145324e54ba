import { expect, test } from 'vitest';
import type { ListedAgent } from '../../src/cli/views/agents-document.js';
import { agentsText } from '../../src/cli/views/agents-view.js';

const agent: ListedAgent = {
  ...{ id: 'a1', alive: false, status: 'live', labels: {}, workload: 'simulated', host: 'host-1' },
  ...{ program: null, heartbeatAgeMs: 60_000, tasks: null, cost: null },
};

test('an agent without a heartbeat is silent, and one that is reached from outside is only not looked for', () => {
  const agents = [agent, { ...agent, id: 'a2', workload: 'external' }];
  const text = agentsText({ agents, known: 2, alive: 0, selected: 2 });
  expect(text).toMatch(/a1 +silent \(live\)/);
  expect(text).toMatch(/a2 +not looked for \(live\)/);
});
