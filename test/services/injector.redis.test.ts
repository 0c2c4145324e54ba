import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { signInstruction } from '../../src/core/instruction-signature.js';
import { appendMessage } from '../../src/core/nerve/streams.js';
import { key, newKey, startTestHost, throttleAll } from '../agent/support.js';
import { coordinate, forget, instructionOf, recordOf } from '../injector/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { type Answer, startService, token } from './support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 10 });
});

const complete = (id: string) =>
  expect.poll(async () => (await recordOf(server, id)).record.state, { timeout: 15_000 }).toBe('complete');
const refused = ({ status, body }: Answer) => {
  expect(Object.keys(body).sort()).toEqual(['code', 'hint', 'message']);
  expect(JSON.stringify(body)).not.toMatch(/\.[jt]s:\d|node_modules/);
  return [status, body.code];
};

describe('POST /inject-swarm', () => {
  it('rolls a whole document out, with the options that came with it, and GET shows it', async () => {
    const service = await startService(server);
    const instruction = instructionOf({ target_agents: 10 });
    const gates = ['latency=30%'];
    const accepted = await service.post('/inject-swarm', { instruction, batch: '2', maxFailures: 1, gates });
    expect(accepted.status, JSON.stringify(accepted.body)).toBe(202);
    expect(accepted.body).toMatchObject({ id: 'instr_one', ahead: 0, rollout: '/rollouts/instr_one' });
    await complete('instr_one');
    const { record } = await recordOf(server);
    expect(record).toMatchObject({
      batches: 5,
      maxFailures: 1,
      windowMs: 1_000,
      service: true,
      options: { batch: '2', maxFailures: '1', gates: ['latency=30%'] },
    });
    const { body: list } = await service.get('/rollouts?limit=1&state=complete');
    expect(list).toMatchObject({ known: 1, rollouts: [{ id: 'instr_one', held: false }], waiting: [] });
    const { body: shown } = await service.get('/rollouts/instr_one?agents=live');
    expect(shown).toMatchObject({ rollout: { id: 'instr_one' }, held: false });
    expect(shown.agents.map(({ batch }: { batch: number }) => batch).sort()).toEqual([
      1, 1, 2, 2, 3, 3, 4, 4, 5, 5,
    ]);
    expect((await service.get('/rollouts/latest')).body.agents).toBeNull();
    expect((await service.get('/health')).body).toMatchObject({ work: { done: 1, rollout: null } });
  });

  it('takes the gates of the service where none came with it', async () => {
    const service = await startService(server, { defaults: { gates: ['cost=off'] } });
    await service.post('/inject-swarm', { instruction: instructionOf({ target_agents: 10 }) });
    await complete('instr_one');
    expect((await recordOf(server)).record.options?.gates).toEqual(['cost=off']);
  });

  it('takes one on the nerve by its id or the id of its decision, when it is signed', async () => {
    const away = await startService(server, { name: 'one' });
    await away.stop();
    const stranger = newKey();
    const send = (id: string, signer = key) => {
      const instruction = instructionOf({ id, decision: `dec_${id}`, target_agents: 10 });
      return appendMessage(
        server.redis,
        server.names.instructions,
        signInstruction(instruction, signer.privateKey),
      );
    };
    await send('instr_good');
    await send('instr_strange', stranger);
    // Another service works, so that this one does not begin by itself what it is asked for.
    const { redis, names } = server;
    await redis.set(names.injectorLease, 'another', 'PX', 60_000);
    const service = await startService(server);
    expect(refused(await service.post('/inject-swarm', { instructionId: 'instr_strange' }))).toEqual([
      409,
      'DN701',
    ]);
    const accepted = await service.post('/inject-swarm', { instructionId: 'dec_instr_good', batch: '3' });
    expect(accepted.status, JSON.stringify(accepted.body)).toBe(202);
    await redis.del(names.injectorLease);
    await complete('instr_good');
    expect((await recordOf(server, 'instr_good')).record.options?.batch).toBe('3');
    expect(refused(await service.post('/inject-swarm', { instructionId: 'instr_good' }))).toEqual([
      409,
      'DN512',
    ]);
    await expect.poll(() => server.redis.xlen(server.names.instructionsRejected)).toBe(1);
  });

  it('refuses what does not fit, and what comes at the wrong time, and puts nothing on the nerve', async () => {
    const service = await startService(server);
    const swarm = (body: unknown) => service.post('/inject-swarm', body).then(refused);
    const instruction = instructionOf({ target_agents: 10 });
    expect(await swarm('{"instruction":')).toEqual([400, 'DN714']);
    expect(await swarm({})).toEqual([400, 'DN714']);
    expect(await swarm([])).toEqual([400, 'DN714']);
    expect(await swarm({ instruction: { id: 'a' } })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, instructionId: 'a' })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, surprise: 1 })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, batch: '0' })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, maxFailures: 'all' })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, windowMs: 1 })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, gates: ['bogus'] })).toEqual([400, 'DN714']);
    expect(await swarm({ instruction, gates: ['cost=1%', 'cost=off'] })).toEqual([400, 'DN714']);
    expect(await swarm(`{"instruction":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).toEqual([400, 'DN714']);
    expect(await swarm({ instructionId: 'instr_none' })).toEqual([404, 'DN505']);
    expect(await swarm({ instruction: { ...instruction, expires: 1 } })).toEqual([409, 'DN508']);
    expect(await swarm({ instruction: { ...instruction, selector: 'class=none' } })).toEqual([409, 'DN504']);
    expect(await swarm({ instruction: { ...instruction, selector: '=' } })).toEqual([400, 'DN310']);
    expect(await swarm({ instruction: { ...instruction, program: { source: 'FUNC' } } })).toEqual([
      400,
      'DN522',
    ]);
    const changed = { ...signInstruction(instruction, key.privateKey), target_agents: 9 };
    expect(await swarm({ instruction: changed })).toEqual([400, 'DN700']);
    expect(await swarm('x'.repeat(1_048_577))).toEqual([413, 'DN717']);
    const text = await service.post('/inject-swarm', 'hello', { 'content-type': 'text/plain' });
    expect(refused(text)).toEqual([415, 'DN718']);
    expect(await server.redis.xlen(server.names.instructions)).toBe(0);
  });

  it('answers 409 to one that waits already', async () => {
    const service = await startService(server);
    await server.redis.set(server.names.injectorLease, 'another', 'PX', 60_000);
    const body = { instruction: instructionOf({ target_agents: 10 }) };
    expect((await service.post('/inject-swarm', body)).status).toBe(202);
    expect(refused(await service.post('/inject-swarm', body))).toEqual([409, 'DN702']);
    const { waiting } = (await service.get('/rollouts')).body;
    expect(waiting).toEqual([{ id: 'instr_one', type: 'COST_OPTIMIZATION_v1', selector: '' }]);
    await expect.poll(async () => (await service.get('/health')).body.work.state).toBe('standby');
  });
});

describe('requests that do not fit', () => {
  const instruction = instructionOf();
  it.each([
    ['/rollouts?state=foo', 'state: must be one of planned, canary, injecting, live, complete, paused'],
    ['/rollouts?limit=abc', 'limit: is no number'],
    ['/rollouts?limit=1.5', 'limit: is no whole number'],
    ['/rollouts?limit=0', 'limit: is below 1'],
    ['/rollouts?limit=1001', 'limit: is above 1000'],
    ['/rollouts?stat=live', 'it has what is not known: stat'],
    ['/rollouts/latest?agents=none', 'agents: must be one of "", all, pending'],
  ])('GET %s is told what is expected', async (path, why) => {
    const { status, body } = await (await startService(server)).get(path);
    expect([status, body.code, body.message]).toEqual([400, 'DN714', expect.stringContaining(why)]);
  });

  it.each([
    [{ instruction: { id: 'a' } }, 'instruction.type: is missing; instruction.target_agents: is missing'],
    [{ instruction: 'a' }, 'instruction: is no object'],
    [{ instruction, surprise: 1 }, 'has what is not known: surprise'],
    [{ instruction, batch: [] }, 'batch: is of the wrong kind'],
    [{ instruction, windowMs: 1 }, 'windowMs: is below 1000'],
    [{ instruction, windowMs: '1s' }, 'windowMs: is no number'],
    [{ instruction, parallel: 1.5 }, 'parallel: is no whole number'],
    [{ instruction, activate: 'later' }, 'activate: must be one of together, rolling'],
    [{ instruction, autoRollback: 'yes' }, 'autoRollback: is neither true nor false'],
    [{ instruction, gates: 'cost=off' }, 'gates: is no list'],
    [{ instruction, exclude: Array(1_001).fill('a') }, 'exclude: has more than 1000 entries'],
    [[], 'does not fit: it is no object'],
    [
      { instruction, canary: '100%' },
      'canary: 100% is all agents: nobody would be left to wait for what it shows.',
    ],
    [{ instruction, limit: 0 }, 'limit: 0 leaves no agent.'],
    [
      { instruction, batch: 'x' },
      'batch: "x" does not work: "x" is neither a whole number nor a percentage.',
    ],
    [{ instruction, exclude: ['no id'] }, 'exclude.0: "no id" does not work: "no id" is no agent id.'],
    [
      { instruction: { ...instruction, priority: 'SOON' } },
      'instruction.priority: must be one of LOW, MEDIUM',
    ],
    [{ instruction: { ...instruction, id: '' } }, 'instruction.id: must be 1 to 128 letters'],
    [{ instruction: { ...instruction, selector: 'x'.repeat(1_001) } }, 'is longer than 1000 characters'],
  ])('POST /inject-swarm is told what is expected instead of %#', async (sent, why) => {
    const { status, body } = await (await startService(server)).post('/inject-swarm', sent);
    expect([status, body.code, body.message]).toEqual([400, 'DN714', expect.stringContaining(why)]);
    expect(body.message).not.toMatch(/Invalid|expected|received|Too |Unrecognized|--\w|\.\.$/);
  });
});

describe('POST /inject', () => {
  it('gives one agent a program, and its history tells so', async () => {
    const service = await startService(server);
    const asked = { agent: 'agent-0002', program: { source: throttleAll, parameters: { amount: 0.1 } } };
    const accepted = await service.post('/inject', asked);
    expect(accepted.status, JSON.stringify(accepted.body)).toBe(202);
    expect(accepted.body).toMatchObject({ agents: 1, selector: 'id=agent-0002' });
    await complete(accepted.body.id);
    const { record, agents } = await recordOf(server, accepted.body.id);
    expect(record.program.parameters).toEqual({ amount: 0.1 });
    expect([...agents.keys()]).toEqual(['agent-0002']);
    const { body: history } = await service.get('/history/agent-0002');
    expect(history).toMatchObject({
      agent: 'agent-0002',
      status: 'live',
      program: record.program.digest,
      rollouts: [
        { id: record.id, state: 'complete', outcome: 'live', batch: 1, digest: record.program.digest },
      ],
      loads: [{ kind: 'load', instruction: record.id, outcome: 'done' }],
    });
    expect((await service.get('/history/agent-0003')).body).toMatchObject({ rollouts: [], loads: [] });
  });

  it('gives one agent what an instruction says, under an id of its own', async () => {
    const service = await startService(server);
    const instruction = instructionOf({ decision: 'dec_one', target_agents: 10 });
    const accepted = await service.post('/inject', { agent: 'agent-0001', instruction });
    expect(accepted.body.id).not.toBe('instr_one');
    await complete(accepted.body.id);
    const { record } = await recordOf(server, accepted.body.id);
    expect(record.instruction).toMatchObject({ selector: 'id=agent-0001', target_agents: 1 });
    expect(record.instruction.decision).toBeUndefined();
  });

  it('refuses an agent that is not there, one that is silent, and bodies that do not fit', async () => {
    const service = await startService(server);
    const inject = (body: unknown) => service.post('/inject', body).then(refused);
    const program = { source: throttleAll };
    expect(await inject({ agent: 'agent-9', program })).toEqual([404, 'DN703']);
    expect(await inject({ agent: '../x', program })).toEqual([400, 'DN714']);
    expect(await inject({ agent: 'agent-0001' })).toEqual([400, 'DN714']);
    expect(await inject({ program })).toEqual([400, 'DN714']);
    expect(await inject({ agent: 'agent-0001', program: {} })).toEqual([400, 'DN521']);
    const changed = { ...signInstruction(instructionOf(), key.privateKey), target_agents: 9 };
    expect(await inject({ agent: 'agent-0001', instruction: changed })).toEqual([400, 'DN700']);
    await server.redis.hset(server.names.agent('agent-0100'), {
      ...(await server.redis.hgetall(server.names.agent('agent-0001'))),
      id: 'agent-0100',
    });
    await server.redis.zadd(server.names.agents, 1, 'agent-0100');
    expect(await inject({ agent: 'agent-0100', program })).toEqual([409, 'DN704']);
    expect(refused(await service.get('/history/nobody'))).toEqual([404, 'DN703']);
    expect(refused(await service.get('/history/..%2Fx'))).toEqual([400, 'DN714']);
  });
});

describe('steering over HTTP', () => {
  it('pauses, resumes, aborts and rolls back, with who and why on record', async () => {
    const service = await startService(server, { defaults: { bakeMs: 60_000 } });
    await service.post('/inject-swarm', { instruction: instructionOf({ target_agents: 10 }) });
    await expect
      .poll(() => server.redis.hget(server.names.rollout('instr_one'), 'record'))
      .toContain('"canary"');
    const paused = await service.post('/rollouts/instr_one/pause', { reason: 'deploying', by: 'ana' });
    expect(paused.status, JSON.stringify(paused.body)).toBe(200);
    expect(paused.body).toMatchObject({ state: 'paused', changed: true, doneBy: 'service-one' });
    expect((await recordOf(server)).record).toMatchObject({
      reason: 'by ana: deploying',
      control: { by: 'ana' },
    });
    expect((await service.post('/rollouts/instr_one/resume')).body).toMatchObject({ changed: true });
    expect((await service.post('/rollouts/latest/abort', {})).body).toMatchObject({ state: 'aborted' });
    expect(refused(await service.post('/rollouts/instr_one/pause'))).toEqual([409, 'DN515']);
    const back = await service.post('/rollouts/instr_one/rollback');
    expect(back.body).toMatchObject({ state: 'rolled_back', changed: true, silent: 0 });
    expect(refused(await service.post('/rollouts/instr_none/abort'))).toEqual([404, 'DN506']);
    expect(refused(await service.post('/rollouts/instr_one/abort', { reason: '' }))).toEqual([400, 'DN714']);
    expect(refused(await service.post('/rollouts/instr_one/explode'))).toEqual([404, 'DN710']);
    expect(refused(await service.get('/rollouts/instr_none'))).toEqual([404, 'DN506']);
    expect(refused(await service.get('/rollouts?limit=0'))).toEqual([400, 'DN714']);
  });

  it('aborts one that was planned and that nobody works on', async () => {
    const service = await startService(server);
    const planned = await coordinate(server);
    await planned.rollout.close();
    await forget(server);
    expect((await recordOf(server)).record.state).toBe('planned');
    const { status, body } = await service.post('/rollouts/instr_one/abort', { by: 'ana' });
    expect([status, body.state, body.doneBy]).toEqual([200, 'aborted', 'service-one']);
    expect((await recordOf(server)).record).toMatchObject({ reason: 'by ana', control: { action: 'abort' } });
    expect((await service.post('/rollouts/instr_one/abort')).body).toMatchObject({ changed: false });
  });

  it('goes on with a rollout that was left paused, only when somebody wants it to', async () => {
    const first = await startService(server, { name: 'first', defaults: { bakeMs: 2_000 } });
    await first.post('/inject-swarm', { instruction: instructionOf({ target_agents: 10 }) });
    await expect
      .poll(() => server.redis.hget(server.names.rollout('instr_one'), 'record'))
      .toContain('"canary"');
    await first.post('/rollouts/instr_one/pause');
    await first.stop();
    expect((await recordOf(server)).record.state).toBe('paused');
    const second = await startService(server, { name: 'second' });
    const standby = await startService(server, { name: 'third' });
    await expect.poll(async () => (await second.get('/health')).body.work.state).toBe('idle');
    await second.post('/inject', { agent: 'agent-0001', program: { source: throttleAll } });
    await expect.poll(async () => (await second.get('/health')).body.work.done, { timeout: 10_000 }).toBe(1);
    expect((await recordOf(server)).record.state, 'it had looked for work').toBe('paused');
    expect(await standby.post('/rollouts/instr_one/resume'), 'whichever is asked').toMatchObject({
      status: 202,
      body: { id: 'instr_one', accepted: true },
    });
    await complete('instr_one');
  });
});

describe('who may ask', () => {
  const body = JSON.stringify({ instruction: instructionOf() });
  const attempts: readonly [string, Record<string, string>][] = [
    ['no token', { authorization: '' }],
    ['a wrong token', { authorization: `Bearer ${token}x` }],
    ['the beginning of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['another scheme', { authorization: `Basic ${token}` }],
  ];
  it.each(attempts)('needs the token to change something: %s', async (_what, headers) => {
    const service = await startService(server);
    for (const path of ['/inject', '/inject-swarm', '/rollouts/x/abort', '/nothing']) {
      const answer = await service.post(path, body, headers);
      expect(refused(answer)).toEqual([401, 'DN711']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect((await service.get('/rollouts', headers)).status).toBe(200);
    expect(await server.redis.xlen(server.names.instructions)).toBe(0);
  });

  it('refuses names that are not its own, and pages of other sites, and allows none of these anything', async () => {
    const service = await startService(server, { names: ['injector.internal'] });
    const { port } = new URL(service.url);
    const asked = (headers: Record<string, string>) => rawGet(Number(port), headers);
    expect((await asked({ host: 'evil.example' })).body.code).toBe('DN712');
    expect((await asked({ host: `evil.example:${port}` })).status).toBe(403);
    expect((await asked({ host: '127.0.0.1@evil.example' })).status).toBe(403);
    expect((await asked({ host: `localhost:${port}` })).status).toBe(200);
    expect((await asked({ host: `[::1]:${port}` })).status).toBe(200);
    expect((await asked({ host: `Injector.Internal:${port}` })).status).toBe(200);
    expect((await asked({ host: 'localhost', 'sec-fetch-site': 'cross-site' })).body.code).toBe('DN713');
    expect((await asked({ host: 'localhost', 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await asked({ host: 'localhost', origin: 'https://evil.example' })).status).toBe(403);
    expect((await asked({ host: 'localhost', origin: 'null' })).status).toBe(403);
    const preflight = await fetch(`${service.url}/inject`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(403);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers what is no HTTP, and addresses that cannot be read, in its one format', async () => {
    const service = await startService(server);
    expect(refused(await service.get('/rollouts/%zz'))).toEqual([400, 'DN714']);
    expect(refused(await service.get(`/rollouts/${'x'.repeat(128)}`))).toEqual([404, 'DN506']);
    expect(refused(await service.get(`/rollouts/${'x'.repeat(129)}`))).toEqual([400, 'DN714']);
    expect(refused(await service.get('/'))).toEqual([404, 'DN710']);
    expect(refused(await service.get('/inject'))).toEqual([404, 'DN710']);
  });
});

describe('without Redis', () => {
  it('is unavailable, does nothing that it said was not done, and works again by itself', async () => {
    const service = await startService(server);
    expect((await service.get('/health')).body).toMatchObject({
      ...{ status: 'ok', service: 'injector', name: 'service-one', version: '1.2.3' },
      redis: { state: 'connected' },
    });
    await server.stopServer('kill');
    await expect.poll(async () => (await service.get('/health')).status).toBe(503);
    const instruction = instructionOf({ target_agents: 10 });
    expect(refused(await service.post('/inject-swarm', { instruction }))).toEqual([503, 'DN715']);
    expect(refused(await service.get('/rollouts'))).toEqual([503, 'DN715']);
    await server.startServer();
    await expect.poll(async () => (await service.get('/health')).status, { timeout: 10_000 }).toBe(200);
    expect(await server.redis.exists(server.names.instructions)).toBeLessThanOrEqual(1);
    expect((await service.get('/rollouts')).body).toMatchObject({ known: 0, waiting: [] });
    await expect.poll(() => server.redis.zcard(server.names.agents), { timeout: 10_000 }).toBe(10);
    await service.post('/inject-swarm', { instruction });
    await complete('instr_one');
  });

  it('ends within seconds all the same', async () => {
    const other = await startTestRedis();
    onTestFinished(() => other.stop());
    const service = await startService(other);
    await other.stopServer('kill');
    await service.stop();
  });
});

/** `fetch` lets nobody choose these headers. */
function rawGet(
  port: number,
  headers: Record<string, string>,
): Promise<{ status: number; body: { code?: string } }> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path: '/rollouts', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    })
      .on('error', reject)
      .end();
  });
}
