import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { checkSignature } from '../../src/core/bytecode/signature.js';
import { prepareProgram } from '../../src/core/injector/prepare-program.js';
import type { Keyring } from '../../src/core/keys/keyring.js';
import { newKey, programOf, storeProgram, type TestKey, throttleAll } from '../agent/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { instructionOf } from './support.js';

const [old, now, foreign] = [newKey(), newKey(), newKey()] as const;
const byOld = programOf(throttleAll, old);

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('rotated');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

describe('a program whose key was changed between the decision and the rollout', () => {
  it('is signed again with the key that its digest was promised for', async () => {
    const program = { source: throttleAll, digest: byOld.digest };
    const prepared = await prepare(program, { pairs: [now, old] });
    expect(prepared.digest).toBe(byOld.digest);
    const unpromised = await prepare({ source: throttleAll }, { pairs: [now, old] });
    expect(checkSignature(unpromised.bytes, [createPublicKey(now.privateKey)]).ok).toBe(true);
  });

  it('is refused as such when that key was revoked meanwhile', async () => {
    const program = { source: throttleAll, digest: byOld.digest };
    const preparing = prepare(program, { pairs: [now, old], revoked: [old] });
    await expect(preparing).rejects.toMatchObject({
      code: 'DN124',
      message: `The program of instr_one was signed by ${old.keyId}, a key that is revoked.`,
    });
    await expect(prepare(program, { pairs: [now] })).rejects.toMatchObject({ code: 'DN520' });
  });
});

describe('a program that is stored', () => {
  it('is taken from any trusted key, and refused from another or a revoked one', async () => {
    await storeProgram(server, byOld);
    const program = { digest: byOld.digest };
    expect((await prepare(program, { pairs: [now], trusted: [old] })).digest).toBe(byOld.digest);
    await expect(prepare(program, { pairs: [now], trusted: [foreign] })).rejects.toMatchObject({
      code: 'DN122',
    });
    await expect(prepare(program, { pairs: [now], revoked: [old] })).rejects.toMatchObject({ code: 'DN124' });
  });
});

test('a parameter may have a name that every object knows', async () => {
  const source = throttleAll.replaceAll('amount', 'constructor');
  expect((await prepare({ source }, { pairs: [now] })).parameters).toEqual({ constructor: 0.2 });
});

interface Keys {
  readonly pairs: readonly TestKey[];
  readonly trusted?: readonly TestKey[];
  readonly revoked?: readonly TestKey[];
}

function prepare(
  program: { readonly source?: string; readonly digest?: string },
  { pairs, trusted = [], revoked = [] }: Keys,
) {
  const keyring: Keyring = {
    trust: {
      trusted: [now, ...trusted].map(({ publicKey }) => publicKey),
      revoked: new Set(revoked.map(({ keyId }) => keyId)),
    },
    pairs,
  };
  return prepareProgram(server.redis, server.names, {
    instruction: instructionOf({ program }),
    key: now,
    keyring,
  });
}
