import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHolder, tryLock } from '../../src/core/fleet/lock.js';
import { identityOf, isAlive } from '../../src/core/fleet/process-identity.js';
import { temporaryDir } from './support.js';

describe('a lock', () => {
  it('has one holder at a time, and each name its own', () => {
    const dir = temporaryDir();
    const lock = tryLock(dir, 'start');
    expect(lock).toBeDefined();
    expect(tryLock(dir, 'start')).toBeUndefined();
    expect(tryLock(dir, 'supervisor')).toBeDefined();
    expect(lockHolder(dir, 'start')?.pid).toBe(process.pid);
    lock?.release();
    expect(lockHolder(dir, 'start')).toBeUndefined();
    expect(tryLock(dir, 'start')).toBeDefined();
  });

  it('is not kept by a process that is gone, or whose pid another has got', () => {
    const dir = temporaryDir();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(dir, `start.${gone}.0123456789ab.00000000.lock`), '');
    writeFileSync(join(dir, `start.${process.pid}.0123456789ab.00000001.lock`), '');
    writeFileSync(join(dir, 'start.lock'), 'not one of ours');
    expect(lockHolder(dir, 'start')).toBeUndefined();
    expect(tryLock(dir, 'start')).toBeDefined();
    expect(readdirSync(dir)).toHaveLength(2);
  });
});

describe('the identity of a process', () => {
  it('stays the same while it lives, and belongs to it alone', () => {
    const own = identityOf(process.pid);
    expect(own).toBeDefined();
    expect(identityOf(process.pid)).toBe(own);
    expect(identityOf(process.ppid)).not.toBe(own);
    expect(isAlive({ pid: process.ppid, identity: own ?? '' })).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31])('is none for %d', (pid) => {
    expect(identityOf(pid)).toBeUndefined();
  });
});
