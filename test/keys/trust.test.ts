import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyIdOf } from '../../src/core/bytecode/signature.js';
import { trustIn } from '../../src/core/keys/trust.js';
import { failureOf, temporaryDir } from '../fleet/support.js';

describe('whom a host trusts', () => {
  it('are the public keys of the directory, without those that are revoked', () => {
    const { trust, add, revoke } = directory();
    const [one, two] = [add('one'), add('two')];
    expect(trust()).toEqual([one, two]);
    revoke(one);
    expect(trust()).toEqual([two]);
  });

  it('follows the directory without a restart: what comes, what is replaced, what goes', () => {
    const { dir, trust, add, source } = directory();
    expect(trust()).toEqual([]);
    const one = add('one');
    expect(trust()).toEqual([one]);
    const again = add('one');
    expect(trust()).toEqual([again]);
    const two = add('two');
    rmSync(join(dir, 'one.pub.pem'));
    expect(trust()).toEqual([two]);
    expect(source(), 'nothing is read anew while nothing changes').toBe(source());
  });

  it('keeps the key of a file that is being written, and takes a revocation in meanwhile', () => {
    const { dir, trust, add, revoke, log } = directory();
    const [one, two] = [add('one'), add('two')];
    expect(trust()).toEqual([one, two]);
    for (const half of ['', '-----BEGIN PUBLIC KEY-----\nMCowBQ', '\0\0\0']) {
      writeFileSync(join(dir, 'one.pub.pem'), half);
      expect(trust(), JSON.stringify(half)).toEqual([one, two]);
    }
    expect(log.join('\n')).toContain('one.pub.pem: it holds');
    revoke(two);
    expect(trust()).toEqual([one]);
    revoke(one, 'not even JSON');
    expect(trust(), 'a damaged revocation revokes').toEqual([]);
  });

  it('never trusts a revoked key again, whatever becomes of the file that revoked it', () => {
    const { dir, trust, add, revoke } = directory();
    const one = add('one');
    revoke(one);
    expect(trust()).toEqual([]);
    rmSync(join(dir, `${one}.revoked.json`));
    add('two');
    expect(trust()).not.toContain(one);
  });

  it('keeps what it had while the directory is away or open to others, and says so', () => {
    const { dir, trust, add, log } = directory();
    const one = add('one');
    expect(trust()).toEqual([one]);
    renameSync(dir, `${dir}.away`);
    expect(trust()).toEqual([one]);
    expect(log.at(-1)).toContain('what was trusted stays so');
    renameSync(`${dir}.away`, dir);
    chmodSync(dir, 0o777);
    add('two');
    expect(trust()).toEqual([one]);
    expect(log.at(-1)).toContain('its mode is 777 instead of 700');
    chmodSync(dir, 0o700);
    expect(trust()).toHaveLength(2);
  });

  it('is not asked of a directory that others may write to', () => {
    const { dir } = directory();
    chmodSync(dir, 0o730);
    expect(failureOf(() => trustIn(dir, () => undefined))).toMatchObject({ code: 'DN304' });
  });

  it('no longer are keys whose files were deleted, also the last of them, with or without another file', () => {
    for (const others of [[], ['signs-with'], [`${'c'.repeat(16)}.revoked.json`]]) {
      const { dir, trust, add, log } = directory();
      for (const file of others) writeFileSync(join(dir, file), '{"at":1}');
      const one = add('one');
      expect(trust()).toEqual([one]);
      rmSync(join(dir, 'one.pub.pem'));
      expect(trust(), others.join()).toEqual([]);
      expect(log.at(-1)).toContain('keys: none trusted');
    }
  });

  it('are no keys that others may write to, also behind a link; what was known of the file stays', () => {
    const { dir, trust, add, log } = directory();
    const one = add('one');
    const outside = join(temporaryDir(), 'outside.pem');
    writeFileSync(outside, pem(generateKeyPairSync('ed25519').publicKey));
    chmodSync(outside, 0o666);
    symlinkSync(outside, join(dir, 'linked.pub.pem'));
    expect(trust()).toEqual([one]);
    expect(log.join('\n')).toContain('linked.pub.pem: others may write to it: its mode is 666');
    chmodSync(join(dir, 'one.pub.pem'), 0o620);
    expect(trust()).toEqual([one]);
    add('one');
    expect(trust(), 'a file that others may have written').toEqual([one]);
    expect(
      log.filter((line) => line.includes('linked.pub.pem')),
      'said once',
    ).toHaveLength(1);
    chmodSync(outside, 0o644);
    expect(trust()).toHaveLength(2);
  });

  it.runIf(process.getuid?.() === 0)('are neither files nor the directory of somebody else', () => {
    const { dir, trust, add, log } = directory();
    const one = add('one');
    add('two');
    chownSync(join(dir, 'two.pub.pem'), 4321, 4321);
    expect(trust()).toEqual([one]);
    expect(log.join('\n')).toContain(
      'two.pub.pem: it belongs to user 4321, who is neither this one (0) nor root',
    );
    chownSync(dir, 4321, 4321);
    expect(failureOf(() => trustIn(dir, () => undefined))).toMatchObject({
      code: 'DN304',
      message: expect.stringContaining('it belongs to user 4321'),
      hint: expect.stringContaining(`chown 0 ${dir}`),
    });
  });

  it('passes over everything that is no key, and does not wait for a pipe', () => {
    const { dir, trust, add, log } = directory();
    const one = add('one');
    mkdirSync(join(dir, 'folder.pub.pem'));
    mkdirSync(join(dir, `${'a'.repeat(16)}.revoked.json`));
    symlinkSync('loop.pub.pem', join(dir, 'loop.pub.pem'));
    const pipes = [join(dir, 'pipe.pub.pem'), join(dir, `${'b'.repeat(16)}.revoked.json`)];
    expect(spawnSync('sh', ['-c', 'mkfifo "$@"', 'sh', ...pipes]).status).toBe(0);
    writeFileSync(join(dir, 'huge.pub.pem'), 'x'.repeat(100_000));
    writeFileSync(join(dir, 'notes.txt'), 'hello');
    writeFileSync(join(dir, 'a name.pub.pem'), pem(generateKeyPairSync('ed25519').publicKey));
    writeFileSync(
      join(dir, 'rsa.pub.pem'),
      pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
    );
    writeFileSync(join(dir, 'UPPER.revoked.json'), '{}');
    const two = pem(generateKeyPairSync('ed25519').publicKey);
    writeFileSync(join(dir, 'two-in-one.pub.pem'), two + two);
    const secret = generateKeyPairSync('ed25519').privateKey;
    writeFileSync(join(dir, 'secret.pub.pem'), secret.export({ type: 'pkcs8', format: 'pem' }));
    expect(trust()).toEqual([one]);
    const said = log.join('\n');
    for (const file of ['folder', 'loop', 'pipe', 'huge', 'a name', 'rsa', 'UPPER', 'two-in-one', 'secret'])
      expect(said).toContain(`${file}.`);
    expect(said).not.toContain('notes.txt');
  });

  it('takes a public key with a byte order mark and DOS line ends', () => {
    const { dir, trust } = directory();
    const { publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(join(dir, 'dos.pub.pem'), `\uFEFF${pem(publicKey).replaceAll('\n', '\r\n')}`);
    expect(trust()).toEqual([keyIdOf(publicKey)]);
  });
});

/** A keys directory, who is trusted in it by key id, and ways to change it. */
function directory() {
  const dir = join(temporaryDir(), 'keys');
  mkdirSync(dir, { mode: 0o700 });
  const log: string[] = [];
  const source = trustIn(dir, (line) => log.push(line));
  return {
    dir,
    log,
    source,
    trust: () => source().trusted.map(keyIdOf),
    add: (name: string) => {
      const { publicKey } = generateKeyPairSync('ed25519');
      writeFileSync(join(dir, `${name}.pub.pem`), pem(publicKey));
      return keyIdOf(publicKey);
    },
    revoke: (id: string, text = JSON.stringify({ version: 1, id, at: 1 })) =>
      writeFileSync(join(dir, `${id}.revoked.json`), text),
  };
}

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
