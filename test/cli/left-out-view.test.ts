import { expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { leftOutText } from '../../src/cli/views/left-out-view.js';

const agents = (count: number, reason: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => ({ id: `agent-${at}`, reason: reason(at) }));

test('a thousand agents that are left out for one reason are one line or two', () => {
  const leftOut = agents(1_000, () => 'over the limit of 50');
  const [text = ''] = leftOutText({ leftOut, unusable: [] });
  expect(text.replaceAll(/\s+/g, ' ')).toBe(
    'LEFT OUT 1,000 agents over the limit of 50: agent-0, agent-1, agent-2, agent-3, agent-4 and 995 more',
  );
});

test('silent agents are one group, whenever each was last heard of; of one alone it is told', () => {
  const silent = agents(3, (at) => `not alive: last heard of at 2026-01-0${at + 1}T00:00:00.000Z`);
  expect(leftOutText({ leftOut: silent, unusable: [] })).toEqual([
    'LEFT OUT\n3 agents  not alive: agent-0, agent-1, agent-2',
  ]);
  expect(leftOutText({ leftOut: silent.slice(0, 1), unusable: [] })[0]).toContain('2026-01-01T00:00:00.000Z');
});

test('the most frequent reason comes first, and there is an end to them', () => {
  const leftOut = [
    ...agents(30, (at) => `excluded by --exclude agent-${at}`),
    ...agents(2, () => 'does not match class=web'),
  ];
  const [text = ''] = leftOutText({ leftOut, unusable: [] });
  const lines = text.split('\n');
  expect(lines[1]).toBe('2 agents  does not match class=web: agent-0, agent-1');
  expect(lines.at(-1)).toBe('11 more agents; --json shows all');
  expect(lines).toHaveLength(22);
});

test('containers that cannot be used are told with their reason, within the columns of a terminal', () => {
  const sentence = (at: number) =>
    `The container web-${at} is left out: its label dreamnet.agent is empty, and so it has no name.`;
  const unusable = Array.from({ length: 25 }, (_, at) => sentence(at));
  const [text = ''] = leftOutText({ leftOut: [], unusable });
  expect(text.replaceAll(/\s+/g, ' ')).toContain(`not usable ${sentence(0)}`);
  expect(text).toContain('5 more that cannot be used; --json shows all');
  expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
  expect(leftOutText({ leftOut: [], unusable: [] })).toEqual([]);
});
