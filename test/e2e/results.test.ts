import { expect, it } from 'vitest';
import type { ComparisonDocument, ResultDocument } from '../../src/cli/views/results-document.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { commandLine, goal } from './support.js';

/** A window in which a busy machine ticks a few times. */
const run = (what: string) => ['run', what, '--agents', '20', '--window', '3s', '--bake', '0'];

it('shows one result with its checks, as Markdown too, puts two side by side, and says what it cannot read', async () => {
  const cli = commandLine();
  expect((await cli.run(['up', '--agents', '20'])).code).toBe(0);
  const [first, second] = [
    await cli.json<LoopDocument>(run(goal)),
    await cli.json<LoopDocument>(run('reduce costs 4%')),
  ];
  const [a, b] = [first.rollout.id, second.rollout.id];
  const { result } = await cli.json<ResultDocument>(['results', a]);
  expect(result.execution.metrics.cost).toMatchObject({ by: 'task', method: 'hold-out' });
  expect(result.execution.sampleRatio).toMatchObject({ heldOut: { drawn: 1 }, holds: true });
  expect(result.execution.reductionPct).toBeCloseTo(-100 * (result.execution.metrics.cost?.change ?? 0), 9);
  expect(
    result.effects?.some(({ action, metric }) => action === 'REDUCE_CPU_THROTTLE' && metric === 'cost'),
  ).toBe(true);
  expect(first.analysis).toMatchObject({ reasonsLeftOut: 0 });

  const markdown = await cli.run(['results', a, '--markdown']);
  expect(markdown.stdout).toMatch(
    /^# reduce costs 15%\n\n.*\n\n## What the program caused\n\n\| metric \| change/,
  );
  expect(await cli.run(['results', '--markdown'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('DN762'),
  });

  const compared = await cli.json<ComparisonDocument>(['results', 'compare', a, second.decision?.id ?? b]);
  expect(compared).toMatchObject({
    a: { id: a },
    b: { id: b },
    comparison: { agents: { inCommon: 20, onlyA: 0, onlyB: 0 } },
  });
  expect(compared.comparison.metrics.map(({ metric }) => metric)).toContain('cost');
  expect((await cli.run(['results', 'compare', a, b])).stdout).toContain('20 agents took part in both');
  expect((await cli.run(['results', 'compare', a, b, '--markdown'])).stdout).toMatch(/^# instr_/);

  const unknown = await cli.run(['results', 'compare', a, 'instr_nobody']);
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('DN720 There is no result of "instr_nobody"'),
  });
  const same = await cli.run(['results', 'compare', a, first.decision?.id ?? a]);
  expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining('DN760') });

  const redis = cli.redis();
  await redis.xadd('swarm:execution:results', '*', 'id', 'instr_v9', 'json', '{"id":"instr_v9","version":9}');
  const other = await cli.run(['results', 'compare', 'instr_v9', a]);
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('DN761') });
  expect((await cli.run(['results'])).stdout).toContain(b);
}, 120_000);
