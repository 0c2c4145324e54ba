import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskError } from '../../src/core/fleet/disk-error.js';
import { prepareHome, resolveHome } from '../../src/core/fleet/home.js';
import { startFleet } from '../../src/core/fleet/local-fleet.js';
import { failureOf, fleetOptions, temporaryDir, temporaryHome, withRedis } from './support.js';

describe('the paths of a home', () => {
  it('lie below DREAMNET_HOME when it is set', () => {
    const home = resolveHome({ DREAMNET_HOME: '/srv/dn', XDG_STATE_HOME: '/elsewhere' });
    expect(Object.values(home).every((path) => path.startsWith('/srv/dn/'))).toBe(true);
  });

  it('follow the XDG directories otherwise, of which relative ones do not count', () => {
    const env = {
      HOME: '/home/ann',
      XDG_STATE_HOME: '/state',
      XDG_CONFIG_HOME: 'config',
      XDG_RUNTIME_DIR: '/run/1',
    };
    const home = resolveHome(env);
    expect(home).toMatchObject({ stateDir: '/state/dreamnet', configDir: '/home/ann/.config/dreamnet' });
    expect(home.runtimeDir).toMatch(/^\/run\/1\/dreamnet-[0-9a-f]{16}$/);
    expect(resolveHome({ HOME: '/home/ann', DREAMNET_HOME: '' }).runtimeDir).toBe(
      '/home/ann/.local/state/dreamnet/run',
    );
  });

  it('share nothing with another home, even in one runtime directory', () => {
    const env = { HOME: '/home/ann', XDG_RUNTIME_DIR: '/run/1' };
    const one = resolveHome({ ...env, XDG_STATE_HOME: '/a', XDG_CONFIG_HOME: '/a' });
    const other = resolveHome({ ...env, XDG_STATE_HOME: '/b', XDG_CONFIG_HOME: '/b' });
    expect(Object.values(one).filter((path) => Object.values(other).includes(path))).toEqual([]);
  });

  it('hold a socket that the kernel accepts, however long the home is', () => {
    const root = `/${'long/'.repeat(60)}`;
    for (const TMPDIR of ['/tmp', `/${'deep/'.repeat(40)}`]) {
      const home = resolveHome({ DREAMNET_HOME: root, TMPDIR });
      expect(Buffer.byteLength(home.socketPath)).toBeLessThanOrEqual(103);
      expect(home.socketPath.startsWith('/tmp/dreamnet-')).toBe(true);
      expect(home.stateDir.startsWith(root)).toBe(true);
    }
    expect(resolveHome({ DREAMNET_HOME: `${root}other` }).socketPath).not.toBe(
      resolveHome({ DREAMNET_HOME: root }).socketPath,
    );
  });
});

describe('a fleet', () => {
  it('runs in a home whose path is too long for a socket', async () => {
    const home = temporaryHome(join(temporaryDir(), 'long'.repeat(40)));
    const { connection } = await startFleet(fleetOptions(home, { redisOnly: true }));
    expect(await withRedis(connection, (redis) => redis.ping())).toBe('PONG');
    expect(statSync(home.runtimeDir).mode & 0o777).toBe(0o700);
  });

  it('says what is wrong with a home that cannot be written to', async () => {
    const root = join(temporaryDir(), 'file');
    writeFileSync(root, '');
    await expect(startFleet(fleetOptions(resolveHome({ DREAMNET_HOME: root })))).rejects.toMatchObject({
      code: 'DN301',
      kind: 'failed',
      message: `Directory ${root}/state cannot be made: a part of the path is a file`,
      hint: 'Move that file away, or set DREAMNET_HOME to another directory.',
    });
  });

  it('says that it may not write to a home', async () => {
    const root = temporaryDir();
    chmodSync(root, 0o500);
    await asOrdinaryUser(() =>
      expect(startFleet(fleetOptions(resolveHome({ DREAMNET_HOME: root })))).rejects.toMatchObject({
        message: expect.stringContaining('permission denied'),
      }),
    );
  });
});

describe('a disk error', () => {
  it.skipIf(process.platform !== 'linux')('names a full disk', () => {
    const error = failureOf(() => writeFileSync('/dev/full', 'x'));
    expect(diskError('file /f cannot be written', error)).toMatchObject({
      code: 'DN301',
      message: 'file /f cannot be written: the disk is full',
      hint: expect.stringContaining('Free some space'),
    });
  });
});

describe('the directory of the sockets', () => {
  it('is refused when others can enter it', () => {
    const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
    mkdirSync(home.runtimeDir, { recursive: true });
    chmodSync(home.runtimeDir, 0o755);
    expect(failureOf(() => prepareHome(home))).toMatchObject({
      code: 'DN302',
      message: expect.stringContaining('its mode is 755 instead of 700'),
      hint: expect.stringContaining(`chmod 700 ${home.runtimeDir}`),
    });
  });

  it('is refused when it is a link that somebody may have laid', () => {
    const home = resolveHome({ DREAMNET_HOME: temporaryDir() });
    mkdirSync(join(home.runtimeDir, '..'), { recursive: true });
    symlinkSync(temporaryDir(), home.runtimeDir);
    expect(failureOf(() => prepareHome(home))).toMatchObject({
      code: 'DN302',
      message: expect.stringContaining('it is not a directory'),
    });
  });
});

/** Root may write anywhere, so root becomes `nobody` for a while. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobodyUid);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

const nobodyUid = 65_534;
