import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signersFor } from '../../src/cli/signing-key-words.js';
import { resolveHome } from '../../src/core/fleet/home.js';
import { createKey } from '../../src/core/fleet/key-store.js';
import { temporaryDir } from '../fleet/support.js';

it('signing does not trust a key again whose public half was taken out, named or not', async () => {
  const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
  const ids = [];
  for (const name of ['signing', 'next']) {
    const { key } = await createKey(home, { name, use: false, nowMs: 0 });
    ids.push(key.id);
    rmSync(join(home.keysDir, `${name}.pub.pem`));
  }
  expect(signersFor(home, ['signing', 'next']).map(({ keyId }) => keyId)).toEqual(ids);
  expect(signersFor(home, []).map(({ keyId }) => keyId)).toEqual([ids[0]]);
  for (const name of ['signing', 'next'])
    expect(existsSync(join(home.keysDir, `${name}.pub.pem`)), name).toBe(false);
});
