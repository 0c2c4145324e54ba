/**
 * A directory and a name in, a lock out that at most one process holds, and that a crashed holder cannot keep.
 * Every contender makes a file that carries its own pid and identity, then looks for others. Names are never reused, so
 * removing the file of a dead contender cannot remove the lock of a live one; as each makes its file before it looks,
 * of two contenders at least one sees the other.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskError, errnoOf } from './disk-error.js';
import { identityOf, isAlive, type ProcessName } from './process-identity.js';

export interface Lock {
  release(): void;
}

/** Undefined when another process (or another caller in this one) holds the lock. */
export function tryLock(dir: string, name: string): Lock | undefined {
  if (holdersOf(dir, name).length > 0) return undefined;
  const path = join(
    dir,
    `${name}.${process.pid}.${identityOf(process.pid)}.${randomBytes(4).toString('hex')}.lock`,
  );
  try {
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw diskError(`Lock ${path} cannot be made`, cause);
  }
  const release = () => rmSync(path, { force: true });
  if (holdersOf(dir, name).some((holder) => holder.path !== path)) {
    release();
    return undefined;
  }
  return { release };
}

/** The live process that holds the lock, or the first of those that contend for it. */
export function lockHolder(dir: string, name: string): ProcessName | undefined {
  return holdersOf(dir, name)[0];
}

interface Holder extends ProcessName {
  readonly path: string;
}

function holdersOf(dir: string, name: string): readonly Holder[] {
  const claims = namesIn(dir).flatMap((file) => parseClaim(dir, name, file));
  const alive = claims.filter(isAlive);
  for (const claim of claims) if (!alive.includes(claim)) rmSync(claim.path, { force: true });
  return alive;
}

function parseClaim(dir: string, name: string, file: string): readonly Holder[] {
  const [claimed, pid, identity, , ending] = file.split('.');
  if (claimed !== name || ending !== 'lock' || identity === undefined) return [];
  return [{ pid: Number(pid), identity, path: join(dir, file) }];
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return [];
    throw diskError(`Directory ${dir} cannot be read`, cause);
  }
}
