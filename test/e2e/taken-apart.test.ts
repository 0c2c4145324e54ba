import { describe, expect, it } from 'vitest';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import type { FleetDocument } from '../../src/cli/views/fleet-document.js';
import type { LeaderboardDocument } from '../../src/cli/views/leaderboard-view.js';
import type { ResultsDocument } from '../../src/cli/views/results-document.js';
import type { TraceDocument } from '../../src/cli/views/trace-view.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { commandLine, goal, quick, tcpRedis } from './support.js';

describe('the loop taken apart', () => {
  it('works as a script on one fleet, from decide to down', async () => {
    const cli = commandLine();
    expect(await cli.json(['status'])).toMatchObject({ state: 'down', hosts: [], lastRollout: null });

    const decided = await cli.run(['decide', goal, '--agents', '20', '--window', '1s', '--json']);
    expect(decided.code, decided.stderr).toBe(0);
    expect(decided.stderr).toContain('stop it with: dreamnet down');
    const { decision, next } = JSON.parse(decided.stdout);
    expect(next).toBe(`dreamnet inject ${decision.instruction.id}`);

    const daring = await cli.run(['decide', goal, '--max-risk', '0.1', '--json']);
    expect(daring.code).toBe(5);
    expect(JSON.parse(daring.stdout)).toMatchObject({ sent: false, decision: { goal } });

    const injected = await cli.json<LoopDocument & { intake: object }>([
      'inject',
      '--batch',
      '10',
      '--bake',
      '0',
    ]);
    expect(injected.rollout).toMatchObject({ id: decision.instruction.id, batches: 2, succeeded: 20 });
    expect(injected.decision?.id).toBe(decision.id);
    expect(injected.intake).toEqual({ superseded: [], expired: [], rejected: [] });

    const nothing = await cli.run(['inject']);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('dreamnet decide');

    const { results } = await cli.json<ResultsDocument>(['results']);
    expect(results.map(({ id }) => id)).toEqual([decision.instruction.id]);
    const one = await cli.run(['results', decision.id]);
    expect(one.stdout).toContain(goal);
    const { boards } = await cli.json<LeaderboardDocument>(['leaderboard', 'points', '--count', '3']);
    expect(boards[0]?.agents).toHaveLength(3);
    const list = await cli.json<AgentsDocument>(['agents', 'list', '-l', 'id in (agent-0001,agent-0002)']);
    expect(list).toMatchObject({ known: 20, alive: 20, selected: 2 });
    expect(list.agents[0]).toMatchObject({ id: 'agent-0001', workload: 'simulated' });
    const trace = await cli.json<TraceDocument>(['trace', 'agent-0001', '--count', '5']);
    expect(trace.traces.length).toBeGreaterThan(0);
    const overview = await cli.run(['watch', '--once']);
    expect(overview.stdout).toContain('20 of 20 agents alive');

    const status = await cli.json<FleetDocument>(['status']);
    expect(status).toMatchObject({
      state: 'up',
      agents: { alive: 20 },
      lastRollout: { id: decision.instruction.id, state: 'complete' },
    });
    expect(await cli.json(['down'])).toEqual({ stopped: true, forced: false });
    expect(await cli.json(['down'])).toEqual({ stopped: false, forced: false });

    // What was measured can be read without a fleet.
    expect((await cli.json<ResultsDocument>(['results'])).results).toHaveLength(1);
    expect((await cli.run(['trace', 'agent-0001'])).stdout).toContain('TIME');
    // Several at once share the Redis that the first one starts, and outlive its end.
    const readers = [['results'], ['agents'], ['leaderboard'], ['agents', 'show', 'agent-0001']];
    const read = await Promise.all(readers.map((words) => cli.run(words)));
    expect(read.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(await cli.json(['status'])).toMatchObject({ state: 'down' });
  });

  it('lists each result with the metric that its goal was about', async () => {
    const cli = commandLine();
    await cli.json(['run', 'cut latency by 5%', ...quick]);
    const { results } = await cli.json<ResultsDocument>(['results']);
    expect(results.map(({ headline }) => headline.metric)).toEqual(['latency']);
    expect((await cli.run(['results'])).stdout).toMatch(/ latency [+-]\d/);
  });

  it('leaves a fleet alone, and shows none of its processes, when another prefix is given', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '4', '--prefix', 'blue']);
    expect(await cli.json(['status'])).toMatchObject({ state: 'up', prefix: 'blue', agents: { alive: 4 } });
    expect(await cli.json(['status', '--prefix', 'green'])).toMatchObject({
      state: 'unmanaged',
      prefix: 'green',
      supervisor: null,
      hosts: [],
    });
    const refused = await cli.run(['down'], { DREAMNET_PREFIX: 'green' });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('has prefix "blue"');
    expect(await cli.json(['down'])).toMatchObject({ stopped: true });
  });

  it('warns when the fleet that is used ends with another process', async () => {
    const cli = commandLine();
    const owner = cli.start(['run', goal, '--agents', '20', '--bake', '1m']);
    await owner.said('canary of');
    expect((await cli.json<FleetDocument>(['status'])).lastRollout).toMatchObject({ next: null });
    const decided = await cli.run(['decide', goal]);
    expect(decided.stderr).toContain(`belongs to process ${owner.child.pid} and ends with it`);
    owner.child.kill('SIGINT');
    await owner.ended;
  });

  it('keeps two fleets with prefixes apart in one Redis', async () => {
    const server = await tcpRedis();
    const [one, other] = [commandLine(), commandLine()];
    const documents = await Promise.all(
      [one, other].map((cli, at) =>
        cli.json<LoopDocument>(['run', goal, ...quick, '--redis', server.url, '--prefix', `fleet${at}`]),
      ),
    );
    for (const { rollout } of documents)
      expect(rollout).toMatchObject({ agents: 20, succeeded: 20, state: 'complete' });
    const keys = await server.client.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !/^fleet[01]:/.test(key))).toEqual([]);
    for (const prefix of ['fleet0', 'fleet1'])
      expect(await server.client.xlen(`${prefix}:swarm:execution:results`)).toBe(1);
  });
});

describe('a given Redis that dies in mid-run', () => {
  it('ends the run with 6 and the command that resumes, within bounded time', async () => {
    const server = await tcpRedis();
    const cli = commandLine();
    const started = cli.start(['run', goal, '--agents', '20', '--bake', '1m', '--redis', server.url]);
    await started.said('canary of');
    server.kill();
    const ended = await started.ended;
    expect(ended.code, ended.stderr).toBe(6);
    expect(ended.stderr).toMatch(/dreamnet inject --resume instr_\w+/);
  }, 40_000);
});
