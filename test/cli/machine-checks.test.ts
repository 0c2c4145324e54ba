import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkMachine } from '../../src/cli/machine-checks.js';
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
