import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ResultsDocument } from '../../src/cli/views/results-document.js';
import { createNames } from '../../src/core/nerve/names.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import type { RolloutDocument } from '../../src/documents/rollout-document.js';
import type { Started } from '../cli/run-command.js';
import { sentOrders, timesTold } from '../injector/support.js';
import { type CommandLine, commandLine, freePort, goal } from './support.js';

const names = createNames();
const agents = 40;

interface Service {
  readonly started: Started;
  readonly url: string;
  readonly name: string;
}

async function serve(cli: CommandLine, ...flags: string[]): Promise<Service> {
  const port = await freePort();
  const words = ['--port', String(port), '--batch', '5', ...flags];
  const started = cli.start(['serve', 'injector', ...words]);
  await started.said('the injector listens on');
  const url = `http://127.0.0.1:${port}`;
  const { name } = (await (await fetch(`${url}/health`)).json()) as { name: string };
  return { started, url, name };
}

/** A fleet that stays, and two services that look after it. */
async function prepared(...flags: string[]) {
  const cli = commandLine();
  await cli.json(['up', '--agents', String(agents)]);
  const services = [await serve(cli, ...flags), await serve(cli, ...flags)] as const;
  const redis = cli.redis();
  /** The one that works on it, and the other. */
  const partsOf = async (id: string) => {
    const holder = async () => redis.hget(names.rollout(id), 'holder');
    await expect.poll(holder, { timeout: 10_000 }).not.toBeNull();
    const holding = await holder();
    const worker = services.find(({ name }) => name === holding);
    const other = services.find(({ name }) => name !== holding);
    if (worker === undefined || other === undefined) throw new Error(`held by ${holding}`);
    return { worker, other };
  };
  return { cli, redis, services, partsOf };
}

async function decided(cli: CommandLine): Promise<string> {
  const { decision } = await cli.json<{ decision: { instruction: { id: string } } }>([
    ...['decide', goal, '--window', '2s', '--max-risk', '1'],
  ]);
  return decision.instruction.id;
}

async function stateOf(redis: Redis, id: string): Promise<string> {
  const record = await redis.hget(names.rollout(id), 'record');
  return record === null ? 'none' : (JSON.parse(record) as { state: string }).state;
}

async function completes(redis: Redis, id: string): Promise<void> {
  await expect.poll(() => stateOf(redis, id), { timeout: 30_000, interval: 100 }).toBe('complete');
}

/** Every agent live once, the result out once, learned once, each agent paid once. */
async function happenedOnce(cli: CommandLine, redis: Redis, id: string): Promise<void> {
  const hosts = (await redis.keys('host:*:orders')).map((name) => name.split(':')[1] ?? '');
  const orders = (await sentOrders({ redis, names } as Parameters<typeof sentOrders>[0], ...hosts)).filter(
    ({ instruction }) => instruction === id,
  );
  const live = timesTold(orders, 'live');
  expect(live.size).toBe(agents);
  expect([...live.values()].filter((times) => times !== 1)).toEqual([]);
  expect(timesTold(orders, 'undo').size).toBe(0);
  const { rollout } = await cli.json<RolloutDocument>(['rollout', 'show', id]);
  expect(rollout).toMatchObject({ state: 'complete', agents, counts: { live: agents, failed: 0 } });
  const { results } = await cli.json<ResultsDocument>(['results']);
  expect(results.filter((result) => result.id === id)).toHaveLength(1);
  const learned = async () =>
    Object.keys(await redis.hgetall(names.governorMemory)).filter((field) => field.includes(id)).length;
  await expect.poll(learned).toBe(1);
  await expect.poll(() => redis.hexists(names.points('agent-0001'), id)).toBe(1);
}

describe('two services that look after one fleet', () => {
  it('roll out each instruction once; the other goes on when the one that works is killed in mid-rollout', async () => {
    const { cli, redis, partsOf } = await prepared('--bake', '3s');
    const id = await decided(cli);
    const { worker, other } = await partsOf(id);
    await worker.started.said('is watched for');
    expect(await stateOf(redis, id)).toBe('canary');
    worker.started.child.kill('SIGKILL');
    await expect
      .poll(() => redis.hget(names.rollout(id), 'holder'), { timeout: 10_000, interval: 50 })
      .toBe(other.name);
    await completes(redis, id);
    await happenedOnce(cli, redis, id);
    await other.started.said(`going on with rollout ${id}, which is canary`);
    await cli.json(['down']);
  }, 180_000);

  it('measure a rollout to the end of its window when the service that made it live is killed', async () => {
    const { cli, redis, partsOf } = await prepared('--bake', '0', '--window', '4s');
    const id = await decided(cli);
    const { worker, other } = await partsOf(id);
    await worker.started.said('agents live');
    worker.started.child.kill('SIGKILL');
    await other.started.said(`going on with rollout ${id}, which is live`);
    await completes(redis, id);
    await happenedOnce(cli, redis, id);
    await cli.json(['down']);
  }, 180_000);

  it('hand a rollout over when one is stopped in order: it ends with 0, and nothing is rolled back', async () => {
    const { cli, redis, partsOf } = await prepared('--bake', '3s', '--jsonl');
    const id = await decided(cli);
    const { worker, other } = await partsOf(id);
    await worker.started.said('is watched for');
    worker.started.child.kill('SIGTERM');
    const ended = await worker.started.ended;
    expect(ended.code, ended.stderr).toBe(0);
    for (const line of ended.stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    const [last] = ended.stdout.trim().split('\n').slice(-1);
    expect(JSON.parse(last ?? '')).toMatchObject({
      type: 'result',
      result: { state: 'stopping', rollout: id },
    });
    expect(await stateOf(redis, id)).toBe('canary');
    await other.started.said(`going on with rollout ${id}`);
    await completes(redis, id);
    await happenedOnce(cli, redis, id);
    await cli.json(['down']);
  }, 180_000);

  it('leave to a person what a person began, and wait until it is over', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', String(agents)]);
    const redis = cli.redis();
    const mine = await decided(cli);
    const injector = cli.start(['inject', mine, '--batch', '5', '--bake', '1m']);
    await injector.said('canary of');
    const service = await serve(cli, '--bake', '0');
    const later = await decided(cli);
    await expect.poll(() => redis.get(names.injectorLease)).toBe(service.name);
    const waits = async () => {
      const { waiting } = (await (await fetch(`${service.url}/rollouts`)).json()) as {
        waiting: { id: string }[];
      };
      return waiting.map(({ id }) => id);
    };
    const decidedAt = Date.now();
    const looked = async () =>
      (JSON.parse((await redis.hget(names.health, 'injector')) ?? '{}') as { at?: number }).at ?? 0;
    // It has seen more than once that this one waits.
    await expect.poll(looked, { timeout: 10_000 }).toBeGreaterThan(decidedAt + 2_500);
    expect(await waits()).toEqual([later]);
    const killedAt = Date.now();
    injector.child.kill('SIGKILL');
    await injector.ended;
    await completes(redis, later);
    const { rollout } = await cli.json<RolloutDocument>(['rollout', 'show', later]);
    expect(rollout.plannedAt, 'not while the other was held').toBeGreaterThanOrEqual(killedAt);
    expect(await stateOf(redis, mine)).toBe('canary');
    expect(await redis.hget(names.rollout(mine), 'holder')).toContain('dreamnet-inject-');
    const run = await cli.json<{ rollout: { state: string; id: string } }>([
      'run',
      'reduce costs 2%',
      '--window',
      '1s',
    ]);
    expect(run.rollout.state).toBe('complete');
    await service.started.said(`instruction ${run.rollout.id} has been rolled out already`);
    await cli.json(['down']);
  }, 180_000);

  it('go on when Redis is killed and started again in mid-rollout', async () => {
    const { cli, redis, services } = await prepared('--bake', '4s');
    const id = await decided(cli);
    await expect.poll(() => stateOf(redis, id), { timeout: 10_000 }).toBe('canary');
    const status = await cli.json<{ redis: { pid: number } }>(['status']);
    process.kill(status.redis.pid, 'SIGKILL');
    await completes(redis, id);
    await happenedOnce(cli, redis, id);
    for (const { url } of services) expect((await fetch(`${url}/health`)).status).toBe(200);
    await cli.json(['down']);
  }, 180_000);
});

describe('a service that cannot start', () => {
  it('says why, in one document', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '2']);
    const refused = async (words: string[], code: number, env: Record<string, string> = {}) => {
      const ended = await cli.run(['serve', 'injector', ...words, '--json'], env);
      expect(ended.code, ended.stderr).toBe(code);
      const { error } = JSON.parse(ended.stdout) as { error: { code: string; hint: string } };
      expect(error.hint).not.toBe('');
      return error.code;
    };
    const { url } = await serve(cli);
    const { port } = new URL(url);
    expect(await refused(['--port', port], 1)).toBe('DN706');
    expect(await refused(['--host', '0.0.0.0', '--port', '0'], 2)).toBe('DN707');
    expect(await refused(['--host', '::', '--port', '0'], 2)).toBe('DN707');
    expect(await refused(['--host', '192.0.2.1', '--port', '0'], 1, { DREAMNET_TOKEN: 'x'.repeat(32) })).toBe(
      'DN706',
    );
    expect(await refused(['--port', '70000'], 2)).toBe('DN921');
    expect(await refused(['--port', '0'], 2, { DREAMNET_TOKEN: 'short' })).toBe('DN705');
    expect(await refused(['--port', '0', '--token-file', '/dev/null/none'], 2)).toBe('DN705');
    const open = `${cli.root}/open-token`;
    writeFileSync(open, 'x'.repeat(32), { mode: 0o644 });
    expect(await refused(['--port', '0', '--token-file', open], 2)).toBe('DN705');
    expect(await refused(['--redis', 'redis://127.0.0.1:1', '--port', '0'], 6)).toBe('DN312');
    await cli.json(['down']);
  }, 180_000);

  it('takes the token that is given, makes one otherwise, and rolls out nothing that is not signed', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '2']);
    const redis = cli.redis();
    const { started, url } = await serve(cli);
    const tokenFile = `${cli.home.configDir}/injector.token`;
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    const ask = (token: string) =>
      fetch(`${url}/rollouts/latest/abort`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask(readFileSync(tokenFile, 'utf8').trim())).status).toBe(404);
    expect((await ask('x')).status).toBe(401);
    const instruction = {
      ...{ id: 'instr_forged', type: 'X', target_agents: 2, timestamp: 1, priority: 'HIGH' },
      context: { currentCosts: 1, targetCosts: 1, deadline: 1_000, budget: 0, metrics: [] },
      program: { source: 'FUNC f() { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 10%) } }' },
    };
    await redis.xadd(names.instructions, '*', 'json', JSON.stringify(instruction));
    await started.said('instruction instr_forged was rejected: it is not signed');
    expect(await stateOf(redis, 'instr_forged')).toBe('none');
    started.child.kill('SIGTERM');
    expect((await started.ended).code).toBe(0);
    const careless = await serve(cli, '--accept-unsigned', '--bake', '0');
    await careless.started.said('whoever can write to this Redis can reprogram the fleet');
    await redis.xadd(names.instructions, '*', 'json', JSON.stringify({ ...instruction, id: 'instr_taken' }));
    await completes(redis, 'instr_taken');
    await cli.json(['down']);
  }, 180_000);
});
