import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompileDocument } from '../../src/cli/compile-file.js';
import type { TrustDocument } from '../../src/cli/trust-key-file.js';
import type { AgentsDocument } from '../../src/cli/views/agents-document.js';
import { checkSignature } from '../../src/core/bytecode/signature.js';
import { openHomeKeyring } from '../../src/core/fleet/home-keyring.js';
import type { ChosenKey, KeyList, RevokedKey } from '../../src/core/fleet/key-store.js';
import { readState } from '../../src/core/fleet/state-file.js';
import { readKeyDirectory } from '../../src/core/keys/key-directory.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { acknowledgementSchema } from '../../src/core/nerve/messages/order.js';
import { createNames } from '../../src/core/nerve/names.js';
import { signOrder } from '../../src/core/order-signature.js';
import { cleanEnvironment, ROOT } from '../cli/run-command.js';
import { type CommandLine, commandLine, goal } from './support.js';

const playbook = path.join(ROOT, 'playbooks', 'cost_optimize.dream');
const names = createNames();
const fast = ['--window', '1s', '--bake', '0'];

describe('dreamnet keys', () => {
  it('lists nothing and makes nothing in a home without keys', async () => {
    const cli = commandLine();
    const text = await cli.run(['keys']);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toContain('This home has no keys yet.');
    expect(await cli.json<KeyList>(['keys', 'list'])).toMatchObject({ keys: [], damaged: [] });
    expect(existsSync(cli.home.keysDir)).toBe(false);
  });

  it('rotates: makes a key that signs, keeps the former one trusted, then revokes it', async () => {
    const cli = commandLine();
    const first = await cli.json<ChosenKey>(['keys', 'create']);
    expect(first).toMatchObject({ key: { name: 'signing', state: 'signs' }, formerName: null });
    const second = await cli.json<ChosenKey>(['keys', 'create', 'next', '--use']);
    expect(second).toMatchObject({ key: { name: 'next', state: 'signs' }, formerName: 'signing' });
    await cli.json(['keys', 'use', 'signing']);
    await cli.json(['keys', 'use', second.key.id.slice(0, 12)]);
    const refused = await cli.run(['keys', 'revoke', 'next']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/DN345[\s\S]*dreamnet keys create --use[\s\S]*dreamnet keys revoke next/);
    const words = ['keys', 'revoke', first.key.id.slice(0, 12), '--reason', 'laptop \u001b[31mstolen'];
    expect(await cli.json<RevokedKey>(words)).toMatchObject({ added: true, key: { state: 'revoked' } });
    const text = await cli.run(['keys', 'list']);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^next +[0-9a-f]{16} +signs +here/m);
    expect(text.stdout).toMatch(/^signing +[0-9a-f]{16} +revoked +here/m);
    expect(text.stdout).toContain('signing was revoked: laptop');
    expect(text.stdout, 'no escape sequence reaches the terminal').not.toContain('\u001b[31m');
    expect(text.stdout.split('\n').every((line) => line.length <= 80 || line.includes(cli.root))).toBe(true);
  });

  it('trusts a public key, from a file and from standard input, and never one that was revoked', async () => {
    const cli = commandLine();
    await cli.run(['keys', 'create']);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const file = path.join(cli.root, 'build.pem');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const trusted = await cli.json<TrustDocument>(['keys', 'trust', file]);
    expect(trusted).toMatchObject({
      added: true,
      wasPrivate: true,
      key: { name: 'build', privateHalf: false },
    });
    expect(readFileSync(trusted.key.path, 'utf8'), 'the public half alone').toContain('BEGIN PUBLIC KEY');
    const input = publicKey.export({ type: 'spki', format: 'pem' });
    const again = spawnSync(process.execPath, [`${ROOT}/bin/run.js`, 'keys', 'trust', '-', '--json'], {
      env: cleanEnvironment({ DREAMNET_HOME: cli.root }),
      input,
      encoding: 'utf8',
    });
    expect(JSON.parse(again.stdout)).toMatchObject({
      added: false,
      wasPrivate: false,
      key: { name: 'build' },
    });
    await cli.json(['keys', 'revoke', 'build']);
    const refused = await cli.run(['keys', 'trust', file]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/DN344.*was revoked[\s\S]*for good/);
  });

  it('refuses what is no key, with exit code 2, and reports damage with 1', async () => {
    const cli = commandLine();
    await cli.run(['keys', 'create']);
    const rsa = path.join(cli.root, 'rsa.pem');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(rsa, publicKey.export({ type: 'spki', format: 'pem' }));
    const cases = [
      [['keys', 'trust', playbook], 'DN349'],
      [['keys', 'trust', rsa], 'DN349'],
      [['keys', 'trust', cli.root], 'DN930'],
      [['keys', 'trust', '/nowhere.pem'], 'DN930'],
      [['keys', 'trust', rsa, '--name', '../x'], 'DN349'],
      [['keys', 'create', '../x'], 'DN340'],
      [['keys', 'create', 'signing'], 'DN341'],
      [['keys', 'revoke', 'nobody'], 'DN342'],
      [['keys', 'use', 'nobody'], 'DN342'],
      [['keys', 'revoke', 'signing', '--reason', 'x'.repeat(1_001)], 'DN350'],
    ] as const;
    for (const [words, expected] of cases) {
      const ended = await cli.run(words);
      expect(ended, ended.stderr).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(expected);
    }
    writeFileSync(path.join(cli.home.keysDir, 'half.pub.pem'), '-----BEGIN');
    const list = await cli.json<KeyList>(['keys'], 1);
    expect(list.damaged).toMatchObject([{ path: expect.stringContaining('half.pub.pem') }]);
    expect((await cli.run(['keys'])).stdout.replaceAll('\n', ' ')).toContain('half.pub.pem: it holds no PEM');
  });

  it('are whole when two processes make and choose them at once', async () => {
    const cli = commandLine();
    const ended = await Promise.all([1, 2, 3, 4].map(() => cli.run(['keys', 'create', '--use', '--json'])));
    for (const { code, stderr } of ended) expect(code, stderr).toBe(0);
    const { keys, damaged } = await cli.json<KeyList>(['keys']);
    expect(damaged).toEqual([]);
    expect(keys.map(({ state }) => state)).toEqual(['signs', 'trusted', 'trusted', 'trusted']);
  });
});

describe('dreamnet compile --key', () => {
  it('signs with every key that is given, by name or file, once each', async () => {
    const cli = commandLine();
    await cli.run(['keys', 'create']);
    await cli.run(['keys', 'create', 'next']);
    const file = path.join(cli.root, 'team.pem');
    const team = generateKeyPairSync('ed25519');
    writeFileSync(file, team.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const output = path.join(cli.root, 'program.bc');
    const words = ['compile', '--key', 'signing', '--key', 'next', '--key', file, '--key', 'next', playbook];
    const document = await cli.json<CompileDocument>([...words, '-o', output]);
    if (!document.ok) throw new Error('it does not compile');
    expect(document.signers).toHaveLength(3);
    expect(document.signedBy).toBe(document.signers[0]);
    const trusted = readKeyDirectory(cli.home.keysDir).keys.map(({ publicKey }) => publicKey);
    const bytes = readFileSync(output);
    for (const key of [...trusted, team.publicKey]) expect(checkSignature(bytes, [key]).ok).toBe(true);
    await cli.run(['keys', 'revoke', 'next']);
    const refused = await cli.run([...words, '-o', output]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('DN344');
    const unknown = await cli.run(['compile', playbook, '--key', 'nobody', '-o', output]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('DN932');
  });
});

describe('a fleet whose key is rotated', () => {
  it('goes on with the new key, and refuses the old one once it is revoked, without a restart', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '20']);
    const hosts = hostPids(cli);
    const { signing: old } = openHomeKeyring(cli.home, () => undefined);
    const oldKey = old();
    const byOld = await stored(cli, ['--key', 'signing']);
    const decided = await cli.json<LoopDocument>(['decide', goal]);

    await cli.json(['keys', 'create', 'next', '--use']);
    const byBoth = await stored(cli, ['--key', 'signing', '--key', 'next']);
    // The decision promised bytes of the old key; orders are signed by the new one, which the hosts have never seen.
    const injected = await cli.json<LoopDocument>(['inject', ...fast]);
    expect(injected.rollout).toMatchObject({ succeeded: 20, failed: 0 });
    expect(injected.program.digest).toBe(decided.decision?.instruction.program?.digest);
    await send(cli, 'instr_old', { digest: byOld });
    expect((await cli.json<LoopDocument>(['inject', ...fast])).rollout).toMatchObject({ succeeded: 20 });

    await cli.json(['keys', 'revoke', 'signing', '--reason', 'rotated']);
    await send(cli, 'instr_older', { digest: byOld });
    const refused = await cli.run(['inject', 'instr_older', ...fast]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/DN124.*revoked/);
    await send(cli, 'instr_both', { digest: byBoth });
    const taken = await cli.json<LoopDocument>(['inject', 'instr_both', ...fast]);
    expect(taken.rollout).toMatchObject({ succeeded: 20, failed: 0 });

    // Past the injector: agents refuse for themselves what the old key signed, program and order alike.
    const newKey = openHomeKeyring(cli.home, () => undefined).signing();
    expect(await staged(cli, { digest: byOld, signer: newKey })).toMatchObject({
      outcome: 'failed',
      code: 'DN124',
    });
    const redis = cli.redis();
    const alerts = await redis.xlen(names.alerts);
    await redis.xadd(names.orders('host-1'), '*', 'order', JSON.stringify(signOrder(order(byBoth), oldKey)));
    await expect.poll(() => redis.xlen(names.alerts), { timeout: 5_000 }).toBe(alerts + 1);
    expect(JSON.stringify(await redis.xrevrange(names.alerts, '+', '-', 'COUNT', 1))).toContain('DN622');
    expect(hostPids(cli), 'no host was restarted').toEqual(hosts);
    const { agents } = await cli.json<AgentsDocument>(['agents']);
    expect(
      agents.every(({ program }) => program !== null),
      'what runs goes on',
    ).toBe(true);
  });

  it('comes up after a restart without the program that only the revoked key signed, and says why', async () => {
    const cli = commandLine();
    await cli.json(['up', '--agents', '4']);
    await cli.json(['keys', 'create', 'next', '--use']);
    await send(cli, 'instr_old', { digest: await stored(cli, ['--key', 'signing']) }, 4);
    expect((await cli.json<LoopDocument>(['inject', ...fast])).rollout).toMatchObject({ succeeded: 4 });
    await cli.json(['keys', 'revoke', 'signing']);
    await cli.json(['down']);
    await cli.json(['up', '--agents', '4']);
    const { agents } = await cli.json<AgentsDocument>(['agents']);
    expect(agents.map(({ program }) => program)).toEqual([null, null, null, null]);
    expect(readFileSync(path.join(cli.home.logsDir, 'host-1.log'), 'utf8')).toMatch(
      /not what was held.*DN124/,
    );
    const run = await cli.json<LoopDocument>(['run', goal, ...fast]);
    expect(run.rollout).toMatchObject({ succeeded: 4, failed: 0 });
  });
});

/** Compiles the playbook, signed as told, and stores it as an injector would. */
async function stored(cli: CommandLine, keys: readonly string[]): Promise<string> {
  const output = path.join(cli.root, 'stored.bc');
  const { digest } = await cli.json<{ digest: string }>(['compile', playbook, ...keys, '-o', output]);
  await cli.redis().set(names.program(digest), readFileSync(output));
  return digest;
}

async function send(cli: CommandLine, id: string, program: object, agents = 20): Promise<void> {
  const context = { currentCosts: 10_000, targetCosts: 8_500, deadline: 7_200_000, budget: 500, metrics: [] };
  const message = { id, type: 'COST_OPTIMIZATION_v2', target_agents: agents, context, program };
  const text = JSON.stringify({ ...message, timestamp: Date.now(), priority: 'HIGH' });
  await cli.redis().xadd(names.instructions, '*', 'json', text);
}

function order(digest: string) {
  return {
    version: 1 as const,
    instruction: 'instr_by_hand',
    action: 'stage' as const,
    digest,
    parameters: {},
    targets: ['agent-0001'],
    epoch: 1_000_000,
    expires: Date.now() + 60_000,
    windowMs: 1_000,
  };
}

/** What the first agent says to an order to stage a program. */
async function staged(
  cli: CommandLine,
  { digest, signer }: { readonly digest: string; readonly signer: Parameters<typeof signOrder>[1] },
) {
  const redis = cli.redis();
  await redis.xadd(names.orders('host-1'), '*', 'order', JSON.stringify(signOrder(order(digest), signer)));
  const stream = names.acknowledgements('instr_by_hand');
  const reply = await redis.xread('BLOCK', 5_000, 'STREAMS', stream, '0');
  const fields = reply?.[0]?.[1]?.[0]?.[1] ?? [];
  return acknowledgementSchema.parse(JSON.parse(fields[1] ?? ''));
}

/** Of the processes that carry the agents. */
function hostPids({ home }: CommandLine): readonly (number | null)[] {
  const state = readState(home.stateFile);
  if (state === undefined || state === 'damaged') throw new Error('no fleet runs');
  return state.hosts.map(({ pid }) => pid);
}
