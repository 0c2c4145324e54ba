/** How an agent without the SDK confirms what it loaded, and everything else that it may do instead. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { type AgentOptions, type TestEngine, useEngine } from '../../../support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import { recordOf } from '../../support.js';
import { coordinateContainers, startScript } from './support.js';

let server: TestRedis;
let engine: TestEngine;
beforeAll(async () => {
  [server, engine] = await Promise.all([startTestRedis(), useEngine()]);
});
afterAll(() => Promise.all([server.stop(), engine.stop()]));
beforeEach(async () => {
  await server.clear();
  return () => engine.removeContainers();
});

type Route = 'direct' | 'api';
const routes: readonly Route[] = ['direct', 'api'];

/** What became of the only agent. */
async function outcomeOf(route: Route, { acknowledgeWithinMs = 5_000 } = {}) {
  const { rollout } = await coordinateContainers(server, engine, {
    route,
    maxFailures: '100%',
    acknowledgeWithinMs,
  });
  await rollout.run();
  const { record, agents } = await recordOf(server);
  const [state] = agents.values();
  return { state, digest: record.program.digest };
}

async function start(options: AgentOptions): Promise<void> {
  await engine.startAgents(1, options);
}

describe.each(routes)('an agent reached by the route %s', (route) => {
  it('confirms by a line of its log', async () => {
    await start({ env: { AGENT_ANSWER: 'log' } });
    expect((await outcomeOf(route)).state).toMatchObject({ outcome: 'live' });
  });

  it('has failed when it loaded something else, with both digests named', async () => {
    await start({ env: { AGENT_ANSWER: 'wrong' } });
    const { state, digest } = await outcomeOf(route);
    expect(state).toMatchObject({ outcome: 'failed', code: 'DN586' });
    expect(state?.reason).toMatch(new RegExp(`it loaded sha256:dead0+beef instead of ${digest}`));
  });

  it('has failed when it says so, in its words', async () => {
    await start({ env: { AGENT_ANSWER: 'error' } });
    expect((await outcomeOf(route)).state).toMatchObject({
      ...{ outcome: 'failed', code: 'DN587', reason: 'the agent says: out of patience' },
    });
  });

  it('has failed when it says nothing in time', async () => {
    await start({ env: { AGENT_ANSWER: 'none' } });
    const { state } = await outcomeOf(route, { acknowledgeWithinMs: 700 });
    expect(state).toMatchObject({ outcome: 'failed', code: 'DN588' });
    expect(state?.reason).toMatch(/^it did not confirm sha256:.* in its ack file or its log within 700 ms$/);
  });

  it('is believed only where its label says that it confirms', async () => {
    await start({ env: { AGENT_ANSWER: 'log' }, labels: { 'dreamnet.confirm': 'file' } });
    const { state } = await outcomeOf(route, { acknowledgeWithinMs: 700 });
    expect(state).toMatchObject({ code: 'DN588', reason: expect.stringContaining('in its ack file within') });
  });

  it('has failed at once when the signal ends it, with the way to another signal', async () => {
    await startScript(engine, { id: 'agent-1', setup: 'trap "exit 129" HUP' });
    const { state } = await outcomeOf(route);
    expect(state).toMatchObject({ outcome: 'failed', code: 'DN583' });
    expect(state?.reason).toMatch(
      /stopped while .* \(exit code 129\); it does not catch SIGHUP: .*dreamnet\.signal/,
    );
  });

  it('gets the signal that its label names', async () => {
    const setup = 'cd /injected-programs; trap "sha256sum program.bc >ack" USR2';
    await startScript(engine, { id: 'agent-1', setup, labels: { 'dreamnet.signal': 'SIGUSR2' } });
    expect((await outcomeOf(route)).state).toMatchObject({ outcome: 'live' });
  });

  it('gets none when it watches its files', async () => {
    const loop = '[ -s program.bc ] && [ -e ack ] && [ ! -s ack ] && sha256sum program.bc >ack; sleep 0.05';
    const setup = 'cd /injected-programs; trap "exit 1" HUP';
    await startScript(engine, { id: 'agent-1', setup, loop, labels: { 'dreamnet.signal': 'none' } });
    expect((await outcomeOf(route)).state).toMatchObject({ outcome: 'live' });
  });

  it('does not run what is only staged, also when it is started again', async () => {
    const agents = await engine.startAgents(2);
    const { rollout } = await coordinateContainers(server, engine, { route, heldOut: true });
    await rollout.run();
    const { agents: states } = await recordOf(server);
    const heldOut = agents.find(({ id }) => states.get(id)?.heldOut);
    expect(states.get(heldOut?.id ?? '')).toMatchObject({ outcome: 'staged' });
    await heldOut?.container.restart();
    const isReady = async () => (await heldOut?.output())?.match(/^ready$/gm)?.length === 2;
    expect(await waitFor(isReady, { timeoutMs: 20_000 })).toBe(true);
    expect(await heldOut?.output()).toBe('ready\nready\n');
    await rollout.complete({ verdict: 'good' });
    expect(await heldOut?.output()).toBe('ready\nready\nloads: 1\n');
  });

  it('gets back what it had when it does not run any more', async () => {
    const [agent] = await engine.startAgents(1);
    const { rollout } = await coordinateContainers(server, engine, { route });
    await rollout.run();
    await agent?.container.stop();
    await rollout.complete({ verdict: 'harmful', reason: 'a test' });
    expect((await recordOf(server)).agents.get('agent-1')).toMatchObject({
      ...{ outcome: 'rolled_back', route: 'api (it does not run)' },
    });
    await agent?.container.start();
    expect(await agent?.run('stat', '-c', '%s', '/injected-programs/program.bc')).toBe('0\n');
  });
});

it('a confirmation may be one line of many', async () => {
  const setup = `cd /injected-programs
    trap 'i=0; while [ $i -lt 2000 ]; do echo noise $i; i=$((i+1)); done; sha256sum program.bc' HUP`;
  await startScript(engine, { id: 'agent-1', setup, labels: { 'dreamnet.confirm': 'log' } });
  expect((await outcomeOf('direct')).state).toMatchObject({ outcome: 'live' });
});

it('a digest of something else in the log is no failure where the file may still confirm', async () => {
  const setup = `cd /injected-programs
    trap 'echo sha256:${'ab'.repeat(32)}; sleep 1; sha256sum program.bc >ack' HUP`;
  await startScript(engine, { id: 'agent-1', setup });
  expect((await outcomeOf('api')).state).toMatchObject({ outcome: 'live' });
});
