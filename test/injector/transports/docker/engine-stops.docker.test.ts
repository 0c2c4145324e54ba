/** The engine goes away in the middle of a rollout: the batch has failed, the rest is untouched, and a resume completes it. */
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { findDockerAgents } from '../../../../src/core/injector/transports/docker/docker-agents.js';
import { type OwnEngine, startOwnEngine } from '../../../support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import { recordOf } from '../../support.js';
import { coordinateContainers, engineOf, hasPrinted, startScript } from './support.js';

let server: TestRedis;
let engine: OwnEngine;
beforeAll(async () => {
  [server, engine] = await Promise.all([startTestRedis(), startOwnEngine()]);
});
afterAll(() => Promise.all([server.stop(), engine.stop()]));

it('an engine that stops in mid-batch fails the batch, leaves the rest, and is resumed when it is back', async () => {
  // Until they are started a second time they answer nothing, so that the batch still waits when the engine stops.
  const setup = `cd /injected-programs; [ -e ../again ] && again=1; touch ../again
    trap 'echo told; [ "$again" ] && sha256sum program.bc >ack' HUP`;
  const ids = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
  const containers = await Promise.all(ids.map((id) => startScript(engine, { id, setup })));
  const options = { route: 'api', batch: '2', bakeMs: 1, acknowledgeWithinMs: 60_000 } as const;
  const { rollout } = await coordinateContainers(server, engine, options);
  const ended = rollout.run().catch((thrown: unknown) => thrown);
  const told = async () => {
    const printed = await Promise.all(containers.map((container) => hasPrinted(container, 'told')));
    return printed.filter(Boolean).length === 2;
  };
  expect(await waitFor(told, { timeoutMs: 20_000 })).toBe(true);
  await engine.stopEngine();
  expect(await ended).toMatchObject({ code: 'DN530', kind: 'stopped-by-gate' });
  await rollout.close();
  const { record, agents } = await recordOf(server);
  expect(record.counts).toMatchObject({ failed: 2, pending: 2 });
  const failed = [...agents.values()].filter(({ outcome }) => outcome === 'failed');
  for (const { code, reason } of failed) {
    expect(code).toMatch(/DN583|DN589/);
    expect(reason).toMatch(/the Docker engine went away|the container stopped/);
  }

  await engine.startEngine();
  await Promise.all(containers.map((container) => container.start()));
  const ready = async (container: (typeof containers)[number]) =>
    (await container.logs({ stdout: true, follow: false })).toString().match(/ready/g)?.length === 2;
  for (const container of containers) await waitFor(() => ready(container), { timeoutMs: 20_000 });
  const again = await coordinateContainers(server, engine, { ...options, resume: true });
  await again.rollout.run();
  expect((await recordOf(server)).record).toMatchObject({ state: 'live', counts: { live: 4, failed: 0 } });
});

it('an engine that is away is told before anything is sent', async () => {
  await engine.stopEngine();
  await expect(coordinateContainers(server, engine)).rejects.toMatchObject({
    code: 'DN575',
    kind: 'unreachable',
  });
  await engine.startEngine();
});

it('an engine that is back is followed again, and what it runs now is looked at anew', async () => {
  const container = await startScript(engine, { id: 'agent-9', setup: 'true' });
  const agents = await findDockerAgents(await engineOf(engine), [engine.label]);
  onTestFinished(() => agents.close());
  const before = await agents.current('agent-9');
  const { id } = container;
  const lost = Promise.withResolvers<boolean>();
  agents.events.onEnd(id, ({ engineLost }) => lost.resolve(engineLost));
  await engine.stopEngine('kill');
  expect(await lost.promise).toBe(true);
  await engine.startEngine();
  await container.start().catch(() => undefined);
  expect(await waitFor(() => agents.events.hasChanged(id), { timeoutMs: 20_000 })).toBe(true);
  const now = await agents.current('agent-9');
  expect(now).toMatchObject({ id, running: true, pid: (await container.inspect()).State.Pid });
  expect(now?.pid).not.toBe(before?.pid);
  const ended: boolean[] = [];
  agents.events.onEnd(id, ({ engineLost }) => ended.push(engineLost));
  expect(ended).toEqual([]);
  await container.kill();
  expect(await waitFor(() => ended.length > 0, { timeoutMs: 20_000 })).toBe(true);
  expect(ended).toEqual([false]);
});
