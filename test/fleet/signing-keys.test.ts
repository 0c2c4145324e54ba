import { sign, verify } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareHome, resolveHome } from '../../src/core/fleet/home.js';
import { ensureSigningKeys, signingPair } from '../../src/core/fleet/signing-keys.js';
import { failureOf, temporaryDir } from './support.js';

describe('the signing keys of a home', () => {
  it('are made once, for their owner alone, and loaded afterwards', () => {
    const home = preparedHome();
    const made = ensureSigningKeys(home);
    const loaded = ensureSigningKeys(home);
    expect(loaded.privateKey.equals(made.privateKey)).toBe(true);
    expect(statSync(made.privateKeyPath).mode & 0o777).toBe(0o600);
    expect(readFileSync(made.publicKeyPath, 'utf8')).toContain('BEGIN PUBLIC KEY');
    const message = Buffer.from('run it');
    expect(verify(null, message, loaded.publicKey, sign(null, message, made.privateKey))).toBe(true);
  });

  it('are refused while others can read the private one', () => {
    const home = preparedHome();
    const { privateKeyPath } = ensureSigningKeys(home);
    chmodSync(privateKeyPath, 0o640);
    expect(failureOf(() => ensureSigningKeys(home))).toMatchObject({
      code: 'DN304',
      message: expect.stringContaining('its mode is 640 instead of 600'),
      hint: expect.stringContaining(`chmod 600 ${privateKeyPath}`),
    });
  });

  it('are reported when damaged, and never written over', () => {
    const home = preparedHome();
    const { privateKeyPath, publicKeyPath } = ensureSigningKeys(home);
    writeFileSync(publicKeyPath, 'half a ke');
    expect(failureOf(() => ensureSigningKeys(home))).toMatchObject({ code: 'DN303' });
    writeFileSync(privateKeyPath, '');
    expect(failureOf(() => ensureSigningKeys(home))).toMatchObject({
      code: 'DN303',
      message: expect.stringContaining(privateKeyPath),
    });
    expect(readFileSync(privateKeyPath, 'utf8')).toBe('');
    expect(readFileSync(publicKeyPath, 'utf8')).toBe('half a ke');
  });

  it('get a public half again when it was lost, and none that belongs to another key', () => {
    const [home, other] = [preparedHome(), preparedHome()];
    const { publicKeyPath } = ensureSigningKeys(home);
    const published = readFileSync(publicKeyPath, 'utf8');
    rmSync(publicKeyPath);
    signingPair(home);
    expect(existsSync(publicKeyPath), 'to sign alone trusts nobody').toBe(false);
    ensureSigningKeys(home);
    expect(readFileSync(publicKeyPath, 'utf8')).toBe(published);
    writeFileSync(publicKeyPath, readFileSync(ensureSigningKeys(other).publicKeyPath));
    expect(failureOf(() => ensureSigningKeys(home))).toMatchObject({
      code: 'DN303',
      message: expect.stringContaining('does not belong to'),
    });
  });
});

function preparedHome() {
  const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
  prepareHome(home);
  return home;
}
