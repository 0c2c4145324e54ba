import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkMachine } from '../../src/cli/machine-checks.js';
import { createKey } from '../../src/core/fleet/key-store.js';
import { temporaryDir, temporaryHome } from '../fleet/support.js';

it('a fleet that was left behind is not well, and one that does not run is', async () => {
  const root = temporaryDir();
  const home = temporaryHome(root);
  const fleetCheck = async () => {
    const checks = await checkMachine({ env: { ...process.env, DREAMNET_HOME: root } });
    return checks.find(({ name }) => name === 'fleet');
  };
  expect(await fleetCheck()).toEqual({ name: 'fleet', ok: true, found: 'none runs' });
  mkdirSync(home.stateDir, { recursive: true });
  writeFileSync(home.stateFile, '{');
  expect(await fleetCheck()).toMatchObject({
    ok: false,
    found: expect.stringContaining('stale: state file'),
    hint: expect.stringContaining('`dreamnet down`, then `dreamnet up`'),
  });
});

it('keys that are damaged or open to others are not well; none, and whole ones, are', async () => {
  const root = temporaryDir();
  const home = temporaryHome(root);
  const keysCheck = async () => {
    const checks = await checkMachine({ env: { ...process.env, DREAMNET_HOME: root } });
    return checks.find(({ name }) => name === 'keys');
  };
  expect(await keysCheck()).toEqual({ name: 'keys', ok: true, found: 'none yet' });
  const { key } = await createKey(home, { name: undefined, use: false, nowMs: 0 });
  expect(await keysCheck()).toEqual({ name: 'keys', ok: true, found: '1 key' });
  const privateHalf = join(home.keysDir, 'signing.key.pem');
  chmodSync(privateHalf, 0o640);
  chmodSync(key.path, 0o666);
  expect(await keysCheck()).toMatchObject({
    ok: false,
    found: `${key.path}: others may write to it: its mode is 666; ${privateHalf}: others can read it: its mode is 640 instead of 600`,
    hint: expect.stringContaining('chmod'),
  });
  chmodSync(home.keysDir, 0o777);
  expect(await keysCheck()).toMatchObject({ ok: false, hint: expect.stringContaining('chmod 700') });
});
