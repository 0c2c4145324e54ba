import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keyIdOf } from '../../src/core/bytecode/signature.js';
import { type Home, prepareHome, resolveHome } from '../../src/core/fleet/home.js';
import { openHomeKeyring } from '../../src/core/fleet/home-keyring.js';
import { chooseKey, createKey, listKeys, revokeKey, trustKey } from '../../src/core/fleet/key-store.js';
import { tryLock } from '../../src/core/fleet/lock.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import { temporaryDir } from './support.js';

const nowMs = Date.UTC(2026, 0, 31, 12);

describe('the keys of a home', () => {
  it('are listed without making any', () => {
    const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
    expect(listKeys(home)).toEqual({ directory: home.keysDir, keys: [], damaged: [] });
    expect(existsSync(home.keysDir)).toBe(false);
  });

  it('begin with the pair that homes always had, and it signs', () => {
    const home = preparedHome();
    const { publicKey } = ensureSigningKeys(home);
    expect(readdirSync(home.keysDir).sort()).toEqual(['signing.key.pem', 'signing.pub.pem']);
    expect(states(home)).toEqual({ signing: 'signs' });
    expect(listKeys(home).keys[0]).toMatchObject({
      id: keyIdOf(publicKey),
      privateHalf: true,
      revoked: null,
    });
  });

  it('are named after the day, for their owner alone, and sign when they are told to', async () => {
    const home = preparedHome();
    const first = await create(home);
    expect(first).toMatchObject({ key: { name: 'signing', state: 'signs' }, formerName: null });
    await create(home);
    const third = await create(home, { use: true });
    expect(third).toMatchObject({ key: { name: 'key-2026-01-31-2', state: 'signs' }, formerName: 'signing' });
    expect(states(home)).toEqual({
      'key-2026-01-31-2': 'signs',
      'key-2026-01-31': 'trusted',
      signing: 'trusted',
    });
    for (const file of readdirSync(home.keysDir))
      expect(statSync(join(home.keysDir, file)).mode & 0o777).toBe(0o600);
    expect(keyIdOf(ensureSigningKeys(home).publicKey)).toBe(third.key.id);
    expect(await chooseKey(home, 'signing')).toMatchObject({ formerName: 'key-2026-01-31-2' });
    expect(keyIdOf(ensureSigningKeys(home).publicKey)).toBe(first.key.id);
  });

  it('have names that are safe, and taken once', async () => {
    const home = preparedHome();
    await create(home);
    for (const name of [
      '',
      '../up',
      'a b',
      'a.b',
      '-x',
      'x'.repeat(65),
      'ümlaut',
      'a\0b',
      '0123456789abcdef',
    ])
      await expect(create(home, { name }), name).rejects.toMatchObject({ code: 'DN340', kind: 'bad-input' });
    await expect(create(home, { name: 'signing' })).rejects.toMatchObject({ code: 'DN341' });
    const before = readFileSync(join(home.keysDir, 'signing.key.pem'));
    rmSync(join(home.keysDir, 'signing.pub.pem'));
    await expect(create(home, { name: 'signing' })).rejects.toMatchObject({ code: 'DN341' });
    expect(readFileSync(join(home.keysDir, 'signing.key.pem'))).toEqual(before);
  });

  it('stay whole when many are made and chosen at once', async () => {
    const home = preparedHome();
    const made = await Promise.all(Array.from({ length: 12 }, () => create(home, { use: true })));
    expect(new Set(made.map(({ key }) => key.name)).size).toBe(12);
    const { keys, damaged } = listKeys(home);
    expect(damaged).toEqual([]);
    expect(keys.filter(({ state }) => state === 'signs')).toHaveLength(1);
    const names = readdirSync(home.keysDir);
    expect(
      names.filter((name) => !/\.pem$|^signs-with$/.test(name)),
      'nothing is left behind',
    ).toEqual([]);
  });
});

describe('work on the keys', () => {
  it('waits for another process that is at it', async () => {
    const home = preparedHome();
    await create(home);
    const lock = tryLock(home.keysDir, 'keys');
    const creating = create(home, { use: true });
    await setImmediate();
    expect(states(home)).toEqual({ signing: 'signs' });
    lock?.release();
    expect(await creating).toMatchObject({ key: { state: 'signs' } });
  });
});

describe('a key that is trusted', () => {
  it('is added once, and named after its file, or after its id where that name is taken', async () => {
    const home = preparedHome();
    const { publicKey } = generateKeyPairSync('ed25519');
    const id = keyIdOf(publicKey);
    expect(await trustKey(home, { publicKey, name: undefined, usualName: 'build' })).toMatchObject({
      added: true,
      key: { id, name: 'build', state: 'trusted', privateHalf: false },
    });
    const again = await trustKey(home, { publicKey, name: 'other', usualName: 'build' });
    expect(again).toMatchObject({ added: false, key: { name: 'build' } });
    const others = ['build', 'signing', '-', 'a b'].map((usualName) => {
      const other = generateKeyPairSync('ed25519').publicKey;
      return trustKey(home, { publicKey: other, name: undefined, usualName });
    });
    for (const { key } of await Promise.all(others)) expect(key.name).toMatch(/^trusted-[0-9a-f]+$/);
    const named = { publicKey: generateKeyPairSync('ed25519').publicKey, usualName: 'x' };
    await expect(trustKey(home, { ...named, name: 'build' })).rejects.toMatchObject({ code: 'DN341' });
    await expect(trustKey(home, { ...named, name: '../x' })).rejects.toMatchObject({ code: 'DN340' });
  });

  it('never takes the place of the first pair', async () => {
    const home = preparedHome();
    const { publicKey } = generateKeyPairSync('ed25519');
    await expect(trustKey(home, { publicKey, name: 'signing', usualName: '-' })).rejects.toMatchObject({
      code: 'DN341',
    });
    await trustKey(home, { publicKey, name: undefined, usualName: 'signing' });
    ensureSigningKeys(home);
    expect(listKeys(home).keys[0]).toMatchObject({ name: 'signing', state: 'signs', privateHalf: true });
  });

  it('cannot sign', async () => {
    const home = preparedHome();
    const { publicKey } = generateKeyPairSync('ed25519');
    await trustKey(home, { publicKey, name: 'build', usualName: '-' });
    await expect(chooseKey(home, 'build')).rejects.toMatchObject({ code: 'DN347', kind: 'bad-input' });
  });
});

describe('a key that is revoked', () => {
  it('keeps time and reason, stays so, and cannot sign or be trusted again', async () => {
    const home = preparedHome();
    const { key: old } = await create(home);
    await create(home, { use: true });
    expect(await revoke(home, 'signing', 'stolen')).toMatchObject({
      added: true,
      key: { id: old.id, state: 'revoked', revoked: { at: nowMs, reason: 'stolen' } },
    });
    const again = await revokeKey(home, { word: old.id, reason: 'other', nowMs: nowMs + 1 });
    expect(again).toMatchObject({ added: false, key: { revoked: { at: nowMs, reason: 'stolen' } } });
    await expect(chooseKey(home, 'signing')).rejects.toMatchObject({
      code: 'DN344',
      message: `Key ${old.id} was revoked on 2026-01-31 (stolen) and cannot sign.`,
      hint: expect.stringContaining('for good'),
    });
    const pair = openHomeKeyring(home, () => undefined)
      .keyring()
      .pairs.find(({ keyId }) => keyId === old.id);
    if (pair === undefined) throw new Error('the pair is not here');
    rmSync(join(home.keysDir, 'signing.pub.pem'));
    rmSync(join(home.keysDir, 'signing.key.pem'));
    const wish = { publicKey: createPublicKey(pair.privateKey), name: undefined, usualName: 'again' };
    await expect(trustKey(home, wish)).rejects.toMatchObject({ code: 'DN344' });
    expect(listKeys(home).keys.at(-1)).toMatchObject({ id: old.id, name: 'signing', state: 'revoked' });
  });

  it('is not the one that signs: that is refused with the commands to type', async () => {
    const home = preparedHome();
    const { key } = await create(home);
    await expect(revoke(home, key.id)).rejects.toMatchObject({
      code: 'DN345',
      kind: 'bad-input',
      hint: expect.stringMatching(/keys create --use.*keys revoke signing/),
    });
    expect(states(home)).toEqual({ signing: 'signs' });
  });

  it('is found by name, id or beginning of an id, and not guessed at', async () => {
    const home = preparedHome();
    const { key: first } = await create(home);
    const ids = ['abcd000000000001', 'abcd000000000002', 'abce000000000003'];
    for (const id of ids) writeFileSync(join(home.keysDir, `${id}.revoked.json`), JSON.stringify({ at: 1 }));
    await expect(revoke(home, 'abcd')).rejects.toMatchObject({
      code: 'DN343',
      message: expect.stringMatching(/abcd000000000001, abcd000000000002/),
    });
    expect(await revoke(home, 'ABCE')).toMatchObject({ added: false, key: { id: ids[2] } });
    for (const word of ['', 'abc', 'nobody', first.id.slice(0, 3), `${first.id}0`, '*'])
      await expect(revoke(home, word), word).rejects.toMatchObject({ code: 'DN342' });
    await create(home, { name: 'abce' });
    await expect(revoke(home, 'abce'), 'a name that begins another id').rejects.toMatchObject({
      code: 'DN343',
    });
  });

  it('leaves a home that cannot sign when it was revoked by hand, which is said', async () => {
    const home = preparedHome();
    const { key } = await create(home);
    writeFileSync(join(home.keysDir, `${key.id}.revoked.json`), '{}');
    expect(() => ensureSigningKeys(home)).toThrow(`signing (${key.id}), which signs, is revoked`);
    await create(home, { use: true });
    expect(ensureSigningKeys(home).privateKeyPath).toContain('key-2026-01-31');
  });
});

describe('files that are damaged', () => {
  it('are listed, and never written over', async () => {
    const home = preparedHome();
    await create(home);
    const damage: Record<string, string> = {
      'half.pub.pem': '-----BEGIN PUBLIC KEY-----',
      '00000000000000aa.revoked.json': '{"at":',
      'lonely.key.pem': 'no key',
      'signs-with': '../elsewhere\n',
    };
    for (const [file, text] of Object.entries(damage)) writeFileSync(join(home.keysDir, file), text);
    const { keys, damaged } = listKeys(home);
    expect(damaged.map(({ path }) => path.slice(home.keysDir.length + 1)).sort()).toEqual(
      Object.keys(damage).sort(),
    );
    expect(keys.map(({ name, state }) => [name, state])).toEqual([
      ['signing', 'trusted'],
      [null, 'revoked'],
    ]);
    expect(() => ensureSigningKeys(home)).toThrow('does not name the key that signs');
    await expect(create(home, { name: 'half' })).rejects.toMatchObject({ code: 'DN303' });
    await expect(create(home, { name: 'lonely' })).rejects.toMatchObject({ code: 'DN341' });
    for (const [file, text] of Object.entries(damage))
      expect(readFileSync(join(home.keysDir, file), 'utf8')).toBe(text);
    await chooseKey(home, 'signing');
    expect(states(home)).toMatchObject({ signing: 'signs' });
  });

  it('and pipes are told, and nobody waits for them', async () => {
    const home = preparedHome();
    await create(home);
    const { publicKey } = generateKeyPairSync('ed25519');
    await trustKey(home, { publicKey, name: 'piped', usualName: '-' });
    const pipe = (file: string) => expect(spawnSync('mkfifo', [join(home.keysDir, file)]).status).toBe(0);
    pipe('piped.key.pem');
    pipe('other.pub.pem');
    await expect(chooseKey(home, 'piped')).rejects.toMatchObject({
      code: 'DN303',
      message: expect.stringContaining('piped.key.pem is not an Ed25519 key: it is no plain file'),
    });
    await expect(create(home, { name: 'other' })).rejects.toMatchObject({ code: 'DN303' });
    rmSync(join(home.keysDir, 'signs-with'));
    pipe('signs-with');
    expect(() => ensureSigningKeys(home)).toThrow('signs-with cannot be read: it is no plain file');
    expect(
      listKeys(home)
        .damaged.map(({ path }) => basename(path))
        .sort(),
    ).toEqual(['other.pub.pem', 'piped.key.pem', 'signs-with']);
  });

  it('do not keep a home from changing to a new key', async () => {
    const home = preparedHome();
    await create(home);
    writeFileSync(join(home.keysDir, 'signing.key.pem'), '');
    expect(() => ensureSigningKeys(home)).toThrow('is not an Ed25519 key');
    const { key } = await create(home, { use: true });
    expect(keyIdOf(ensureSigningKeys(home).publicKey)).toBe(key.id);
    expect(readFileSync(join(home.keysDir, 'signing.key.pem'), 'utf8')).toBe('');
  });

  it('and a private half that others can read are no key to change to', async () => {
    const home = preparedHome();
    await create(home);
    await create(home, { name: 'open' });
    chmodSync(join(home.keysDir, 'open.key.pem'), 0o644);
    await expect(chooseKey(home, 'open')).rejects.toMatchObject({ code: 'DN304' });
    expect(listKeys(home).damaged).toEqual([
      {
        path: join(home.keysDir, 'open.key.pem'),
        problem: 'others can read it: its mode is 644 instead of 600',
      },
    ]);
    expect(states(home)).toMatchObject({ signing: 'signs' });
  });

  it('and a keys directory that others may write to are not used', async () => {
    const home = preparedHome();
    chmodSync(home.keysDir, 0o777);
    await expect(create(home)).rejects.toMatchObject({
      code: 'DN304',
      hint: expect.stringContaining('chmod 700'),
    });
  });

  it('a file in the place of the directory is told', async () => {
    const root = temporaryDir();
    const home = resolveHome({ DREAMNET_HOME: root });
    mkdirSync(home.configDir, { recursive: true });
    writeFileSync(home.keysDir, '');
    await expect(create(home)).rejects.toMatchObject({ code: 'DN301' });
  });
});

describe('the private half that was lost', () => {
  it('is not replaced by another one: the home says so, and changes to a new key', async () => {
    const home = preparedHome();
    ensureSigningKeys(home);
    const path = join(home.keysDir, 'signing.pub.pem');
    const published = readFileSync(path);
    rmSync(join(home.keysDir, 'signing.key.pem'));
    expect(() => ensureSigningKeys(home)).toThrow('the private half of signing, which signs, is not here');
    expect(readFileSync(path)).toEqual(published);
    expect(existsSync(join(home.keysDir, 'signing.key.pem'))).toBe(false);
    await create(home, { name: 'new', use: true });
    expect(states(home)).toEqual({ new: 'signs', signing: 'trusted' });
    await revoke(home, 'signing');
  });
});

describe('a home whose first pair has lost its private half', () => {
  it('changes to a new key with the command that it is told to use', async () => {
    const home = preparedHome();
    ensureSigningKeys(home);
    rmSync(join(home.keysDir, 'signing.key.pem'));
    const { key, formerName } = await create(home, { use: true });
    expect([key.name, formerName]).toEqual(['key-2026-01-31', 'signing']);
    expect(keyIdOf(ensureSigningKeys(home).publicKey)).toBe(key.id);
  });

  it('names no new pair like one of which half is left, damaged or not', async () => {
    const home = preparedHome();
    await create(home);
    const left = ['key-2026-01-31.key.pem', 'key-2026-01-31-2.pub.pem'];
    for (const file of left) writeFileSync(join(home.keysDir, file), 'half');
    symlinkSync('nowhere', join(home.keysDir, 'key-2026-01-31-3.pub.pem'));
    expect((await create(home)).key.name).toBe('key-2026-01-31-4');
    for (const file of left) expect(readFileSync(join(home.keysDir, file), 'utf8')).toBe('half');
  });
});

describe('a public half that was taken out', () => {
  it('is made again for the pair that is to sign, unless that was revoked', async () => {
    const home = preparedHome();
    await create(home);
    const { key } = await create(home, { name: 'next' });
    const path = join(home.keysDir, 'next.pub.pem');
    const published = readFileSync(path);
    rmSync(path);
    expect(listKeys(home).damaged).toMatchObject([{ problem: expect.stringContaining('keys use next') }]);
    expect(await chooseKey(home, 'next')).toMatchObject({ key: { id: key.id }, formerName: 'signing' });
    expect(readFileSync(path)).toEqual(published);
    await chooseKey(home, 'signing');
    await revoke(home, 'next');
    rmSync(path);
    await expect(chooseKey(home, 'next')).rejects.toMatchObject({ code: 'DN344' });
    expect(existsSync(path)).toBe(false);
  });
});

describe('the keyring of a session', () => {
  it('signs with the key that signs now, and knows the others', async () => {
    const home = preparedHome();
    const { key: old } = await create(home);
    const { signing, keyring } = openHomeKeyring(home, () => undefined);
    expect(signing().keyId).toBe(old.id);
    const { key: now } = await create(home, { use: true });
    expect(signing().keyId).toBe(now.id);
    await revoke(home, old.id);
    expect(keyring().trust.trusted.map(keyIdOf)).toEqual([now.id]);
    expect([...keyring().trust.revoked]).toEqual([old.id]);
    expect(new Set(keyring().pairs.map(({ keyId }) => keyId))).toEqual(new Set([old.id, now.id]));
  });

  it('goes on with what it had while a key is being replaced, and says so once', async () => {
    const home = preparedHome();
    const { key } = await create(home);
    const said: string[] = [];
    const { signing } = openHomeKeyring(home, (line) => said.push(line));
    writeFileSync(join(home.keysDir, 'signing.key.pem'), '');
    for (let time = 0; time < 3; time++) expect(signing().keyId).toBe(key.id);
    expect(said).toEqual([expect.stringMatching(`^keys: ${key.id} goes on signing: .*signing.key.pem`)]);
  });

  it('hears of a revocation also while the key that signs cannot be read', async () => {
    const home = preparedHome();
    await create(home);
    const { key: other } = await create(home);
    const { keyring } = openHomeKeyring(home, () => undefined);
    expect(keyring().trust.trusted).toHaveLength(2);
    writeFileSync(join(home.keysDir, 'signing.key.pem'), '');
    await revoke(home, other.id);
    expect([...keyring().trust.revoked]).toEqual([other.id]);
    expect(keyring().trust.trusted.map(keyIdOf)).not.toContain(other.id);
  });

  it('trusts again nothing that was taken out meanwhile', async () => {
    const home = preparedHome();
    await create(home);
    const { signing, keyring } = openHomeKeyring(home, () => undefined);
    rmSync(join(home.keysDir, 'signing.pub.pem'));
    signing();
    expect(keyring().trust.trusted).toEqual([]);
    expect(existsSync(join(home.keysDir, 'signing.pub.pem'))).toBe(false);
  });
});

function create(home: Home, wish: { name?: string; use?: boolean } = {}) {
  return createKey(home, { name: wish.name, use: wish.use ?? false, nowMs });
}

function revoke(home: Home, word: string, reason?: string) {
  return revokeKey(home, { word, reason, nowMs });
}

function states(home: Home): Record<string, string> {
  return Object.fromEntries(listKeys(home).keys.map(({ name, state }) => [name, state]));
}

function preparedHome(): Home {
  const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
  prepareHome(home);
  return home;
}
