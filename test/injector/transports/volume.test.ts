import { spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { digestOf } from '../../../src/core/bytecode/digest.js';
import { keyIdOf } from '../../../src/core/bytecode/signature.js';
import { listAgents } from '../../../src/core/fleet/registry.js';
import { waitFor } from '../../../src/core/fleet/wait.js';
import { noProgram } from '../../../src/core/injector/transports/program-directory.js';
import {
  keepRegistered,
  registerDiscovered,
} from '../../../src/core/injector/transports/register-discovered.js';
import { volumeTransport } from '../../../src/core/injector/transports/volume/volume.js';
import { volumeSource } from '../../../src/core/injector/transports/volume/volume-agents.js';
import { cacheAll, startTestHost } from '../../agent/support.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { endShellAgents, type ShellAgent, startShellAgent } from '../../support/shell-agent.js';
import { coordinate, ended, forget, type RolloutWish, recordOf, sentOrders, steerFrom } from '../support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

let volume: string;
beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), 'dreamnet-volume-'));
});
afterEach(async () => {
  await endShellAgents();
  for (const directory of locked.splice(0)) chmodSync(directory, 0o755);
  await rm(volume, { recursive: true, force: true });
});
const locked: string[] = [];

/** The shells that this machine has: dash or whatever `sh` is, and busybox where it is installed. */
const shells = ['sh', ...(has('busybox') ? ['busybox sh'] : [])];
const transports = () => ({ volume: volumeTransport(volume) });
const register = () => registerDiscovered({ ...server, clock: Date.now }, volumeSource(volume));
const roll = (wish: RolloutWish = {}) =>
  coordinate(server, { batch: '1', transports: transports(), ...wish });
const registered = () => listAgents(server.redis, server.names, Date.now());

async function startAgents(...ids: string[]): Promise<ShellAgent[]> {
  const agents = await Promise.all(
    ids.map((id, at) => startShellAgent({ volume, id, shell: shells[at % shells.length] ?? 'sh' })),
  );
  expect(await register()).toEqual({ registered: [...ids].sort(), problems: [] });
  return agents;
}

const digestAt = (agent: ShellAgent, name = 'program.bc') =>
  digestOf(readFileSync(join(agent.directory, name)));

describe('a rollout through a volume', () => {
  test('stages, watches the canary, goes live and takes the hold-out along, in every shell', async () => {
    const agents = await startAgents('a1', 'a2', 'a3', 'a4');
    const run = await roll({ bakeMs: 50 });
    await run.rollout.run();
    const { record, agents: outcomes } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', counts: { live: 3, staged: 1, failed: 0 } });
    const { digest } = record.program;
    for (const agent of agents) {
      if (outcomes.get(agent.id)?.heldOut) {
        expect(agent.file('program.bc')).toBeUndefined();
        expect(digestAt(agent, 'staged.bc')).toBe(digest);
        expect(JSON.parse(JSON.parse(agent.file('order.json') ?? '').order)).toMatchObject({
          action: 'observe',
        });
        continue;
      }
      await agent.said(`loaded ${digest}`);
      expect(digestAt(agent)).toBe(digest);
      expect(agent.file('staged.bc')).toBeUndefined();
      const signed = JSON.parse(JSON.parse(agent.file('order.json') ?? '').order);
      expect(signed).toMatchObject({ action: 'live', digest, targets: [agent.id] });
    }
    await run.rollout.complete({ verdict: 'good' });
    await run.rollout.close();
    for (const agent of agents) expect(digestAt(agent)).toBe(digest);
    expect((await registered()).map(({ status, live }) => [status, live])).toEqual(
      Array.from({ length: 4 }, () => ['live', digest]),
    );
    // One file for all of them.
    expect(readdirSync(join(volume, 'programs'))).toEqual([`${digest.slice(7)}.bc`]);
    expect(statSync(join(volume, 'programs', `${digest.slice(7)}.bc`)).nlink).toBe(5);
  });

  test('is taken back to the program before, and that one to none', async () => {
    const agents = await startAgents('a1', 'a2');
    const [first, second] = [await complete('instr_first'), await complete('instr_second', cacheAll)];
    for (const agent of agents) expect(digestAt(agent)).toBe(second);
    await steerFrom(server, 'rollback', { typed: 'instr_second', transports: transports() });
    for (const agent of agents) {
      expect(digestAt(agent)).toBe(first);
      expect(agent.log.at(-1)).toBe(`loaded ${first}`);
    }
    expect((await registered()).map(({ live }) => live)).toEqual([first, first]);
    await steerFrom(server, 'rollback', { typed: 'instr_first', transports: transports() });
    for (const agent of agents) {
      expect(agent.file('program.bc')).toBe('');
      expect(agent.log.at(-1)).toBe(`loaded ${noProgram}, which is no program`);
    }
    expect((await registered()).map(({ live, status }) => [live, status])).toEqual([
      [undefined, 'idle'],
      [undefined, 'idle'],
    ]);
  });

  test('taken back out from under another leaves the other, which then returns to what was before both', async () => {
    const [agent] = await startAgents('a1');
    writeFileSync(join(volume, 'agents', 'a1', 'program.bc'), 'the program that came with the image');
    await complete('instr_first');
    const second = await complete('instr_second', cacheAll);
    await steerFrom(server, 'rollback', { typed: 'instr_first', transports: transports() });
    expect(agent && digestAt(agent)).toBe(second);
    await steerFrom(server, 'rollback', { typed: 'instr_second', transports: transports() });
    expect(agent?.file('program.bc')).toBe('the program that came with the image');
  });

  test('is not taken back to anything that nobody signed as what the agent had, and goes on from what is there', async () => {
    const agents = await startAgents('a1', 'a2', 'a3', 'a4', 'a5');
    const first = await complete('instr_first');
    const { redis, names } = server;
    const evil = Buffer.from('the program of somebody else');
    const forged = { epoch: 1, former: [{ digest: digestOf(evil) }], undone: {}, observing: false };
    const live = { instruction: 'instr_first', digest: first };
    const text = JSON.stringify({ ...forged, live });
    await redis.set(names.program(digestOf(evil)), evil);
    const kept = await Promise.all(agents.map(({ id }) => redis.hget(names.agent(id), 'held')));
    const signed = JSON.parse(kept[1] ?? '');
    const stranger = generateKeyPairSync('ed25519');
    const signature = sign(null, Buffer.from(`dreamnet held 1\na4\n${text}`), stranger.privateKey);
    const byStranger = { keyId: keyIdOf(stranger.publicKey), signature: signature.toString('base64') };
    for (const [id, held] of [
      ['a1', text],
      ['a2', JSON.stringify({ ...signed, held: text })],
      ['a3', kept[3]],
      ['a4', JSON.stringify({ held: text, ...byStranger })],
    ] as const)
      await redis.hset(names.agent(id), 'held', held ?? '');
    await steerFrom(server, 'rollback', { typed: 'instr_first', transports: transports() });
    expect(agents.map((agent) => agent.file('program.bc') === '')).toEqual([
      ...[false, false, false, false],
      true,
    ]);
    for (const agent of agents.slice(0, 4)) expect(digestAt(agent)).toBe(first);
    const outcomes = (await recordOf(server, 'instr_first')).agents;
    const said = ['a1', 'a2', 'a3', 'a4', 'a5'].map((id) => outcomes.get(id));
    for (const refused of said.slice(0, 4))
      expect(refused).toMatchObject({ outcome: 'failed', code: 'DN584' });
    expect(said[4]).toMatchObject({ outcome: 'rolled_back' });
    expect(said.map((one) => one?.reason?.split(', ').at(-1))).toEqual([
      'it is not signed',
      'it is not what was signed',
      'it is not what was signed',
      'it is signed with a key that this home does not trust',
      undefined,
    ]);
    const second = await complete('instr_second', cacheAll);
    expect(agents.map((agent) => digestAt(agent))).toEqual(Array.from({ length: 5 }, () => second));
    await steerFrom(server, 'rollback', { typed: 'instr_second', transports: transports() });
    for (const agent of agents.slice(0, 4)) expect(digestAt(agent)).toBe(first);
    expect(agents[4]?.file('program.bc')).toBe('');
  });

  test('aborted while the canary is watched leaves every agent as it is, and can be rolled back', async () => {
    const agents = await startAgents('a1', 'a2', 'a3');
    const run = await roll({ bakeMs: 60_000 });
    const running = ended(run);
    const isWatched = () => run.events.some(({ type }) => type === 'canary');
    await waitFor(isWatched, { timeoutMs: 10_000 });
    run.controller.abort();
    expect(await running).toMatchObject({ code: 'DN531' });
    const changed = agents.filter((agent) => agent.file('program.bc') !== undefined);
    const { digest } = (await recordOf(server)).record.program;
    expect(changed.map((agent) => digestAt(agent))).toEqual([digest]);
    expect(agents.filter((agent) => agent.log.length > 0)).toEqual(changed);
    await forget(server);
    await steerFrom(server, 'rollback', { transports: transports() });
    expect(changed[0]?.file('program.bc')).toBe('');
    expect(agents.filter((agent) => agent.file('program.bc') !== undefined)).toEqual(changed);
  });

  test('is resumed where it was: what is staged and live stays, the others follow', async () => {
    const agents = await startAgents('a1', 'a2', 'a3');
    const run = await roll({ bakeMs: 60_000 });
    const running = ended(run);
    await waitFor(() => run.events.some(({ type }) => type === 'canary'), { timeoutMs: 10_000 });
    run.controller.abort();
    await running;
    const { rollout } = await roll({ resume: true });
    await rollout.run();
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ live: 3, failed: 0 });
    const loaded = `loaded ${rollout.record.program.digest}`;
    for (const agent of agents) await agent.said(loaded);
    expect(new Set(agents.flatMap(({ log }) => log))).toEqual(new Set([loaded]));
  });

  test('that did harm is taken back everywhere, and from the hold-out what it had staged', async () => {
    const agents = await startAgents('a1', 'a2');
    const { rollout } = await roll();
    await rollout.run();
    await rollout.complete({ verdict: 'harmful' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ rolled_back: 1, skipped: 1, failed: 0 });
    expect(agents.map((agent) => agent.file('program.bc')).sort()).toEqual(['', undefined]);
    for (const agent of agents) expect(agent.file('staged.bc')).toBeUndefined();
  });

  test('names the program that an agent loaded instead, and what an agent says that cannot load it', async () => {
    const wrong = 'f'.repeat(64);
    await startShellAgent({ volume, id: 'a1', sha256sum: `echo "${wrong}  program.bc"` });
    await startShellAgent({ volume, id: 'a2', sha256sum: 'exit 1' });
    await register();
    const failures = new Map<string, unknown>();
    for (const id of ['a1', 'a2']) {
      const without = ['a1', 'a2'].filter((other) => other !== id);
      const instruction = { id: `instr_${id}` };
      expect(await ended(await roll({ without, instruction }))).toMatchObject({ code: 'DN530' });
      failures.set(id, (await recordOf(server, instruction.id)).agents.get(id));
    }
    const { digest } = (await recordOf(server, 'instr_a1')).record.program;
    expect(failures.get('a1')).toMatchObject({
      outcome: 'failed',
      code: 'DN574',
      reason: `the agent loaded sha256:${wrong}, not ${digest}`,
    });
    expect(failures.get('a2')).toMatchObject({
      code: 'DN574',
      reason: 'the agent says: program.bc cannot be read',
    });
  });

  test('counts an agent that never acknowledges as failed, and the others go on', async () => {
    const [silent] = await startAgents('a1', 'a2', 'a3', 'a4');
    silent?.child.kill('SIGSTOP');
    const run = await roll({ maxFailures: '1', acknowledgeWithinMs: 500, batch: '4' });
    await run.rollout.run();
    const outcomes = (await recordOf(server)).agents;
    await run.rollout.close();
    const { heldOut } = outcomes.get('a1') ?? {};
    expect(outcomes.get('a1')).toMatchObject(
      heldOut ? { outcome: 'staged' } : { outcome: 'failed', code: 'DN540' },
    );
    for (const id of ['a2', 'a3', 'a4']) expect(outcomes.get(id)?.outcome).toMatch(/live|staged/);
  });

  test('reaches an agent that was killed when staged and is started again', async () => {
    const [agent] = await startAgents('a1');
    const run = await roll({ bakeMs: 0, acknowledgeWithinMs: 20_000 });
    const running = ended(run);
    await waitFor(() => agent?.file('staged.bc') !== undefined, { timeoutMs: 10_000, everyMs: 1 });
    await agent?.kill();
    const again = await startShellAgent({ volume, id: 'a1' });
    expect(await running).toBeUndefined();
    const { record } = await recordOf(server);
    expect(record.counts).toMatchObject({ live: 1 });
    await again.said(`loaded ${record.program.digest}`);
    // And once more without any order: it runs what it finds.
    await again.kill();
    await (await startShellAgent({ volume, id: 'a1' })).said(`loaded ${record.program.digest}`);
  });

  test('fails for an agent whose directory cannot be written to, and says why', async () => {
    await startAgents('a1');
    makeUnwritable(join(volume, 'agents', 'a1'));
    expect(await ended(await roll())).toMatchObject({ code: 'DN530' });
    const { reason, code } = (await recordOf(server)).agents.get('a1') ?? {};
    expect(code).toBe('DN572');
    expect(reason).toMatch(/agents\/a1\/\S+ cannot be written: /);
  });

  test('heals a damaged file of the store before an agent is linked to it, and while it is staged', async () => {
    const [one, two] = await startAgents('a1', 'a2');
    const digest = await complete('instr_first');
    await steerFrom(server, 'rollback', { transports: transports() });
    const stored = join(volume, 'programs', `${digest.slice(7)}.bc`);
    writeFileSync(stored, 'not the program');
    const { rollout } = await roll({ instruction: { id: 'instr_again' } });
    await rollout.run();
    expect(digestOf(readFileSync(stored))).toBe(digest);
    // The hold-out has it staged only: the link is to the file that is damaged now.
    const heldOut = [one, two].find((agent) => agent?.file('staged.bc') !== undefined);
    writeFileSync(stored, 'damaged once more');
    expect(heldOut?.file('staged.bc')).toBe('damaged once more');
    await rollout.complete({ verdict: 'good' });
    await rollout.close();
    expect(rollout.record.counts).toMatchObject({ live: 2, failed: 0 });
    expect(heldOut && digestAt(heldOut)).toBe(digest);
    expect(digestOf(readFileSync(stored))).toBe(digest);
  });
});

describe('the agents of a volume', () => {
  test('are reached beside those on the bus, and left alone when they are there already', async () => {
    const host = await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 3 });
    await startShellAgent({ volume, id: 'agent-0001' });
    await startShellAgent({ volume, id: 'web-1' });
    const { problems } = await register();
    expect(problems).toEqual([
      '"agent-0001" is alive on the bus of host-1; the one on the volume is left alone.',
    ]);
    const run = await roll({ batch: '10' });
    expect(await ended(run)).toBeUndefined();
    const outcomes = [...(await recordOf(server)).agents];
    expect(outcomes).toHaveLength(4);
    for (const [, { outcome }] of outcomes) expect(outcome).toMatch(/live|staged/);
    await host.stop();
  });

  test('that no given way reaches stop a rollout before anybody is sent anything', async () => {
    const host = await startTestHost(server, { hostId: 'host-1', agents: 3 });
    await startAgents('web-1');
    const run = await coordinate(server, { batch: '10' });
    expect(await ended(run)).toMatchObject({
      code: 'DN537',
      hint: expect.stringContaining('--volume <dir>'),
    });
    expect(await sentOrders(server, 'host-1')).toEqual([]);
    await host.stop();
  });

  test('are known by name, labels and transport, and signed off when they are gone', async () => {
    const [agent] = await startAgents('a1');
    expect(await registered()).toMatchObject([
      { id: 'a1', host: 'volume', transport: 'volume', workload: 'external', alive: true },
    ]);
    expect((await registered())[0]?.labels).toEqual({ transport: 'volume' });
    const kept = await keepRegistered(
      { ...server, clock: Date.now, report: () => undefined },
      volumeSource(volume),
    );
    await agent?.kill();
    rmSync(agent?.directory ?? '', { recursive: true });
    const isGone = async () => (await registered()).length === 0;
    expect(await waitFor(isGone, { timeoutMs: 20_000 })).toBe(true);
    await kept.close();
    expect(await server.redis.hget(server.names.agent('a1'), 'status')).toBe('stopped');
  });

  test('are not waited for at the end when nobody says any more who they are', async () => {
    const asked = Promise.withResolvers<void>();
    let asks = 0;
    const find = async () => {
      if (asks++ > 0) {
        asked.resolve();
        await new Promise(() => undefined);
      }
      return { agents: [], problems: [] };
    };
    const dependencies = { ...server, clock: Date.now, report: () => undefined };
    const kept = await keepRegistered(dependencies, { transport: 'volume', host: 'volume', find });
    await asked.promise;
    await kept.close();
  });

  test('are looked for again without reading the registry, and are as they were', async () => {
    await startAgents('a1', 'a2');
    const first = await register();
    await server.redis.hset(server.names.agent('a2'), { live: 'sha256:of-a-transport', status: 'live' });
    await startShellAgent({ volume, id: 'a3' });
    const host = await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 1 });
    await startShellAgent({ volume, id: 'agent-0001' });
    const zscan = vi.spyOn(server.redis, 'zscan');
    const dependencies = { ...server, clock: Date.now };
    const second = await registerDiscovered(dependencies, volumeSource(volume), first);
    expect(zscan).not.toHaveBeenCalled();
    zscan.mockRestore();
    expect(second).toEqual({
      registered: ['a1', 'a2', 'a3'],
      problems: ['"agent-0001" is alive on the bus of host-1; the one on the volume is left alone.'],
    });
    expect((await registered()).map(({ id, status }) => [id, status])).toEqual([
      ['a1', 'idle'],
      ['a2', 'live'],
      ['a3', 'idle'],
      ['agent-0001', 'idle'],
    ]);
    await host.stop();
  });

  test('are alive while their process is, or while they show it; a pid alone shows nothing', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    announce('silent', { id: 'silent', pid: process.pid });
    announce('beating', { id: 'beating' });
    announce('running', { id: 'running', pid: process.pid, startTime: 1 });
    for (const id of ['silent', 'beating', 'running'])
      utimesSync(join(volume, 'agents', id, 'agent.json'), hourAgo, hourAgo);
    writeFileSync(join(volume, 'agents', 'beating', 'heartbeat'), '');
    const agent = await startShellAgent({ volume, id: 'shell' });
    agent.child.kill('SIGSTOP');
    const isStopped = () => readFileSync(`/proc/${agent.child.pid}/stat`, 'utf8').includes(') T ');
    expect(await waitFor(isStopped, { timeoutMs: 10_000 })).toBe(true);
    for (const name of ['agent.json', 'heartbeat'].filter((file) => agent.file(file) !== undefined))
      utimesSync(join(agent.directory, name), hourAgo, hourAgo);
    expect([...(await register()).registered].sort()).toEqual(['beating', 'shell']);
    // Ended, and not yet collected by its parent or gone: its pid may be anybody's next.
    await agent.kill();
    expect((await register()).registered).toEqual(['beating']);
  });

  test('that are no agents are named, and none of them stops the others', async () => {
    await startShellAgent({ volume, id: 'good' });
    const agents = join(volume, 'agents');
    announce('bad name', { id: 'bad name' });
    announce('liar', { id: 'good' });
    announce('odd', 'no announcement');
    announce('huge', 'x'.repeat(70_000));
    mkdirSync(join(agents, 'quiet'));
    symlinkSync(tmpdir(), join(agents, 'link'));
    mkdirSync(join(agents, 'linked'));
    symlinkSync('/etc/passwd', join(agents, 'linked', 'agent.json'));
    const { registered: ids, problems } = await register();
    expect(ids).toEqual(['good']);
    expect([...problems].sort()).toEqual([
      '"bad name" is no agent id: 1 to 128 letters, digits or . _ : @ - are.',
      `The agent "huge" of ${volume} is left out: ${volume}/agents/huge/agent.json is not read: it has more than 65536 bytes.`,
      `The agent "liar" of ${volume} is left out: its agent.json says that it is "good"`,
      `The agent "link" of ${volume} is left out: The directory ${volume}/agents/link of an agent cannot be used: it is no directory, or a link to one.`,
      `The agent "linked" of ${volume} is left out: ${volume}/agents/linked/agent.json is not read: it is a symbolic link.`,
      `The agent "odd" of ${volume} is left out: its agent.json has not the shape of one`,
    ]);
  });

  test('that name the process of somebody else do not have it signalled', async () => {
    const bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void bystander.kill('SIGKILL'));
    const stat = readFileSync(`/proc/${bystander.pid}/stat`, 'utf8').split(' ');
    announce('a1', { id: 'a1', pid: bystander.pid, startTime: stat[21] });
    announce('a2', { id: 'a2', pid: bystander.pid });
    await register();
    // Who is not root may name processes of his own.
    if (process.getuid?.() !== 0) announce('a1', { id: 'a1', pid: bystander.pid, startTime: '1' });
    for (const id of ['a1', 'a2']) {
      const wish = { without: [id === 'a1' ? 'a2' : 'a1'], instruction: { id: `instr_${id}` } };
      expect(await ended(await roll({ ...wish, acknowledgeWithinMs: 300 }))).toMatchObject({ code: 'DN530' });
      expect(readdirSync(join(volume, 'agents', id))).toContain('program.bc');
    }
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
  });
});

describe('the agent in shell', () => {
  test.each(shells)(
    'loads what it finds, is asked without a signal, and ends when it is told to, in %s',
    async (shell) => {
      const directory = join(volume, 'agents', 'a1');
      mkdirSync(join(directory, 'program.bc'), { recursive: true });
      const agent = await startShellAgent({ volume, id: 'a1', shell });
      await agent.said('error: program.bc cannot be read');
      expect(agent.file('ack')).toBe('error: program.bc cannot be read\n');
      rmSync(join(directory, 'program.bc'), { recursive: true });
      writeFileSync(join(directory, 'program.bc'), '');
      writeFileSync(join(directory, 'ack'), '');
      await agent.said(`loaded ${noProgram}, which is no program`);
      expect(agent.file('ack')).toBe(`${noProgram.slice(7)}\n`);
      await agent.kill('SIGTERM');
      expect(agent.child.exitCode).toBe(0);
      expect(agent.log.at(-1)).toBe('ended');
    },
  );

  test('is rolled out to where no signal reaches it', async () => {
    const [agent] = await startAgents('a1');
    // As from another host or container: the pid means somebody else here.
    announce('a1', { id: 'a1', pid: 1, startTime: '1' });
    const digest = await complete('instr_one');
    await agent?.said(`loaded ${digest}`);
  });
});

function announce(id: string, announcement: object | string): void {
  const directory = join(volume, 'agents', id);
  mkdirSync(directory, { recursive: true });
  const text = typeof announcement === 'string' ? announcement : JSON.stringify(announcement);
  writeFileSync(join(directory, 'agent.json'), text);
}

/** The digest of its program; everybody has it when this resolves. */
async function complete(id: string, source?: string): Promise<string> {
  const program = source === undefined ? {} : { program: { source } };
  const { rollout } = await roll({ instruction: { id, ...program } });
  await rollout.run();
  await rollout.complete({ verdict: 'good' });
  await rollout.close();
  expect(rollout.record.counts.failed).toBe(0);
  return rollout.record.program.digest;
}

/** Root may write everywhere, so that for root something is in the way. */
function makeUnwritable(directory: string): void {
  chmodSync(directory, 0o555);
  locked.push(directory);
  if (process.getuid?.() !== 0) return;
  for (const name of ['order.json', 'staged.bc']) mkdirSync(join(directory, name, 'x'), { recursive: true });
}

function has(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      return statSync(join(directory, command)).isFile();
    } catch {
      return false;
    }
  });
}
