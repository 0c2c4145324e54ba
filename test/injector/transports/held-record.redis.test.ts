import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyIdOf } from '../../../src/core/bytecode/signature.js';
import { emptyHeld, type Held } from '../../../src/core/injector/transports/held-programs.js';
import { openHeldRecords } from '../../../src/core/injector/transports/held-record.js';
import type { Trust } from '../../../src/core/keys/trust.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = { privateKey, keyId: keyIdOf(publicKey) };
const trust: Trust = { trusted: [publicKey], revoked: new Set() };
const live = { instruction: 'instr_1', digest: `sha256:${'ab'.repeat(32)}` };
const held: Held = { ...emptyHeld(), epoch: 3, live };

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

const open = () => openHeldRecords({ hashes: server.redis, names: server.names, key });
const fieldOf = (agent: string) => [server.names.agent(agent), 'held'] as const;

it('what an agent holds comes back to who wrote it and to everybody who trusts the key', async () => {
  const records = open();
  await records.write('a1', held);
  expect(await records.read('a1', trust)).toEqual({ held });
  expect(await open().read('a1', trust)).toEqual({ held });
});

it('what another coordinator wrote meanwhile is what counts', async () => {
  const records = open();
  await records.write('a2', held);
  const next: Held = { ...held, epoch: 4 };
  await open().write('a2', next);
  expect(await records.read('a2', trust)).toEqual({ held: next });
});

it('what somebody changed in Redis is not believed, not even by who wrote it', async () => {
  const records = open();
  await records.write('a3', held);
  const text = (await server.redis.hget(...fieldOf('a3'))) ?? '';
  await server.redis.hset(...fieldOf('a3'), text.replace('instr_1', 'instr_2'));
  const doubt = 'it is not what was signed';
  expect(await records.read('a3', trust)).toEqual({ held: emptyHeld(), doubt });
});

it('what one agent holds is not believed of another', async () => {
  const records = open();
  await records.write('a4', held);
  const text = (await server.redis.hget(...fieldOf('a4'))) ?? '';
  await server.redis.hset(...fieldOf('a5'), text);
  expect(await records.read('a5', trust)).toMatchObject({ doubt: 'it is not what was signed' });
});

it.each([
  ['revoked', { trusted: [publicKey], revoked: new Set([key.keyId]) }, 'a key that is revoked'],
  ['not trusted any more', { trusted: [], revoked: new Set<string>() }, 'does not trust'],
])('with a key that is %s it is not believed from that moment on', async (_, changed, words) => {
  const records = open();
  await records.write('a6', held);
  expect((await records.read('a6', changed)).doubt).toContain(words);
});
