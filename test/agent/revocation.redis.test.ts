import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { signProgram } from '../../src/core/bytecode/signature.js';
import type { Trust } from '../../src/core/keys/trust.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import { signOrder } from '../../src/core/order-signature.js';
import { compiled } from '../bytecode/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  alertTexts,
  cache,
  cacheAll,
  key,
  newKey,
  obeyed,
  orderOf,
  programOf,
  sendRaw,
  startTestHost,
  storeProgram,
  type TestKey,
  temporaryDirectory,
  throttle,
  throttleAll,
} from './support.js';

/** `key` signs the orders of these tests; `old` is the one that is revoked. */
const old = newKey();
const byOld = programOf(throttleAll, old);
const both = signProgram(compiled(throttleAll).bytes, old.privateKey, key.privateKey);
const byBoth = { bytes: both, digest: digestOf(both) };

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(async () => {
  await server.clear();
  for (const program of [throttle, cache, byOld, byBoth]) await storeProgram(server, program);
});
afterAll(() => server.stop());

describe('a key that is revoked while a host runs', () => {
  test('gets no program onto an agent any more; a program that another key signed, too, is taken', async () => {
    const { trust, revoke } = changingTrust();
    const host = await startTestHost(server, { trust });
    expect(outcomes(await stage(byOld, 'instr_before'))).toEqual(all('done'));
    revoke(old);
    expect(outcomes(await stage(byOld, 'instr_after'))).toEqual(all('failed DN124'));
    expect(host.agents.map(({ staged }) => staged?.instruction)).toEqual(all('instr_before'));
    expect(outcomes(await stage(byBoth, 'instr_both'))).toEqual(all('done'));
  });

  test('gets none of its orders obeyed, which an alert says', async () => {
    const { trust, revoke } = changingTrust();
    await startTestHost(server, { trust });
    revoke(old);
    await sendAs(old, { instruction: 'instr_old' });
    expect(outcomes(await obeyed(server, { instruction: 'instr_next' }))).toEqual(all('done'));
    expect(await alertTexts(server)).toEqual([
      `host-1 refused an order: DN622 the order is signed by ${old.keyId}, a key that is revoked`,
    ]);
  });

  test('does not get what it had staged to run, live or in shadow', async () => {
    const { trust, revoke } = changingTrust();
    const host = await startTestHost(server, { trust });
    await stage(byOld, 'instr_one');
    revoke(old);
    for (const action of ['live', 'observe'] as const)
      expect(outcomes(await obeyed(server, { action, digest: byOld.digest }))).toEqual(all('refused DN124'));
    expect(host.agents.map(({ live }) => live)).toEqual(all(undefined));
  });

  test('can have what it had staged undone', async () => {
    const { trust, revoke } = changingTrust();
    const host = await startTestHost(server, { trust });
    await stage(byOld, 'instr_one');
    revoke(old);
    expect(outcomes(await obeyed(server, { action: 'undo', digest: byOld.digest }))).toEqual(all('done'));
    expect(host.agents.map(({ staged }) => staged)).toEqual(all(undefined));
  });

  test('leaves what runs running, and an undo of it is obeyed', async () => {
    const { trust, revoke } = changingTrust();
    const host = await startTestHost(server, { trust });
    await stage(byOld, 'instr_one');
    await obeyed(server, { action: 'live', digest: byOld.digest });
    revoke(old);
    expect(outcomes(await obeyed(server, { action: 'live', digest: byOld.digest })), 'sent again').toEqual(
      all('done'),
    );
    expect(host.agents.map(({ live }) => live?.instruction)).toEqual(all('instr_one'));
    expect(outcomes(await obeyed(server, { action: 'undo', digest: byOld.digest }))).toEqual(all('done'));
    expect(host.agents.map(({ live }) => live)).toEqual(all(undefined));
  });

  test('is followed by one that is trusted from then on', async () => {
    const { trust, change } = changingTrust();
    await startTestHost(server, { trust });
    const late = newKey();
    const program = programOf(cacheAll, late);
    await storeProgram(server, program);
    expect(outcomes(await stage(program, 'instr_one'))).toEqual(all('failed DN122'));
    change({ trusted: [key.publicKey, late.publicKey] });
    expect(outcomes(await stage(program, 'instr_one'))).toEqual(all('done'));
  });
});

describe('a host that restarts after a key was revoked', () => {
  test('comes up without the program that only that key signed, says why, and obeys', async () => {
    const stateDir = temporaryDirectory();
    const { trust, revoke } = changingTrust();
    const first = await startTestHost(server, { stateDir, trust });
    await stage(cache, 'instr_good');
    await obeyed(server, { instruction: 'instr_good', action: 'live', digest: cache.digest });
    await stage(byOld, 'instr_one');
    await obeyed(server, { action: 'live', digest: byOld.digest });
    await first.stop();
    revoke(old);
    const second = await startTestHost(server, { stateDir, trust });
    expect(
      second.agents.map(({ live }) => live?.instruction),
      'the one before',
    ).toEqual(all('instr_good'));
    const why = `DN124 the file is signed by ${old.keyId}, a key that is revoked`;
    expect(second.log).toEqual([expect.stringContaining(why)]);
    expect(await alertTexts(server)).toEqual([expect.stringMatching(`${why}; 3 agents have not what`)]);
    expect(outcomes(await stage(byBoth, 'instr_next'))).toEqual(all('done'));
  });

  test('obeys no line of its journal that a stranger signed', async () => {
    const stateDir = temporaryDirectory();
    await startTestHost(server, { stateDir }).then((host) => host.stop());
    const stranger = newKey();
    const lines = (['stage', 'live', 'undo'] as const).map((action) => {
      const envelope = JSON.stringify(signOrder(orderOf({ action, epoch: 9 }), stranger));
      return `${JSON.stringify({ streamId: '1-0', envelope })}\n`;
    });
    writeFileSync(join(stateDir, 'host-1.orders.jsonl'), lines.join(''));
    const host = await startTestHost(server, { stateDir });
    expect(host.agents.map(({ live, staged }) => live ?? staged)).toEqual(all(undefined));
    expect(outcomes(await stage(throttle, 'instr_one')), 'epoch 5 is not overtaken').toEqual(all('done'));
  });

  test('does not put orders of that key back in force, but what it had undone stays undone', async () => {
    const stateDir = temporaryDirectory();
    const { trust, revoke } = changingTrust();
    const first = await startTestHost(server, { stateDir, trust });
    for (const action of ['stage', 'live'] as const) await obeyed(server, { action });
    await sendAs(old, { action: 'undo' });
    await stage(cache, 'instr_two');
    expect(first.agents.map(({ live }) => live)).toEqual(all(undefined));
    await sendAs(old, { instruction: 'instr_two', action: 'live', digest: cache.digest });
    await expect.poll(() => first.agents[0]?.live?.instruction).toBe('instr_two');
    await first.stop();
    revoke(old);
    const second = await startTestHost(server, { stateDir, trust });
    expect(second.agents.map(({ live }) => live)).toEqual(all(undefined));
    expect(second.agents.map(({ staged }) => staged?.instruction)).toEqual(all('instr_two'));
    expect(second.log).toEqual([expect.stringMatching(/3 agents.*DN622/)]);
  });
});

test('a host that returns to a program of a key that was revoked, because what followed it was undone, says so', async () => {
  const stateDir = temporaryDirectory();
  const { trust, revoke } = changingTrust();
  const first = await startTestHost(server, { stateDir, trust });
  await stage(byOld, 'instr_one');
  await obeyed(server, { action: 'live', digest: byOld.digest });
  for (const action of ['stage', 'live', 'undo'] as const)
    await obeyed(server, { instruction: 'instr_two', action, digest: cache.digest });
  expect(first.agents.map(({ live }) => live?.instruction)).toEqual(all('instr_one'));
  await first.stop();
  revoke(old);
  const second = await startTestHost(server, { stateDir, trust });
  expect(second.agents.map(({ live }) => live)).toEqual(all(undefined));
  expect(second.log).toEqual([expect.stringMatching(/^3 agents have not what .*: DN124/)]);
  expect(await alertTexts(server)).toHaveLength(1);
});

test('an undo of a revoked key in a journal leaves its instruction undone, and decides no epoch', async () => {
  const stateDir = temporaryDirectory();
  const { trust, revoke } = changingTrust();
  const first = await startTestHost(server, { stateDir, trust });
  for (const action of ['stage', 'live'] as const) await obeyed(server, { action });
  await first.stop();
  revoke(old);
  const order = orderOf({ action: 'undo', epoch: Number.MAX_SAFE_INTEGER });
  const forged = { order: JSON.stringify(order), keyId: old.keyId, signature: 'AA==' };
  const line = JSON.stringify({ streamId: '1-0', envelope: JSON.stringify(forged) });
  appendFileSync(join(stateDir, 'host-1.orders.jsonl'), `${line}\n`);
  const second = await startTestHost(server, { stateDir, trust });
  expect(second.agents.map(({ live }) => live)).toEqual(all(undefined));
  expect(outcomes(await obeyed(server, { instruction: 'instr_next' }))).toEqual(all('done'));
  expect(outcomes(await obeyed(server, { epoch: 6 })), 'again, by a later coordinator').toEqual(all('done'));
});

/** Trust in both keys that a test takes back, as the keys directory would. */
function changingTrust() {
  let current: Trust = { trusted: [old.publicKey, key.publicKey], revoked: new Set() };
  return {
    trust: () => current,
    change: (to: Partial<Trust>) => {
      current = { ...current, ...to };
    },
    revoke: ({ keyId, publicKey }: TestKey) => {
      current = {
        trusted: current.trusted.filter((one) => !one.equals(publicKey)),
        revoked: new Set([...current.revoked, keyId]),
      };
    },
  };
}

function stage({ digest }: { readonly digest: string }, instruction: string) {
  return obeyed(server, { action: 'stage', instruction, digest });
}

function sendAs(signer: TestKey, change: Partial<Order>) {
  return sendRaw(server, 'host-1', JSON.stringify(signOrder(orderOf(change), signer)));
}

function outcomes(answers: readonly { outcome: string; code?: string | undefined }[]): string[] {
  return answers.map(({ outcome, code }) => (code === undefined ? outcome : `${outcome} ${code}`));
}

function all<T>(value: T): T[] {
  return [value, value, value];
}
