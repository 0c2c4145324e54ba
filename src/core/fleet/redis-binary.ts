/** Environment in, the path of a Redis or Valkey server out, or an error that says what to install. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { DreamnetError } from '../errors.js';

export function findRedisBinary(env: NodeJS.ProcessEnv): string {
  const wanted = env.DREAMNET_REDIS_SERVER;
  if (wanted) return requireBinary(wanted, env);
  const found = ['redis-server', 'valkey-server']
    .map((name) => onPath(name, env))
    .find((path) => path !== undefined);
  if (found !== undefined) return found;
  throw new DreamnetError({
    code: 'DN313',
    kind: 'unreachable',
    message: 'A private Redis is needed, and neither redis-server nor valkey-server is on the PATH',
    hint:
      'Install one (Debian, Ubuntu: `apt-get install redis-server`; Fedora: `dnf install valkey`; Alpine: `apk add redis`; ' +
      'macOS: `brew install redis`), name one in DREAMNET_REDIS_SERVER, or set REDIS_URL to a Redis that runs.',
  });
}

function requireBinary(wanted: string, env: NodeJS.ProcessEnv): string {
  const path = isAbsolute(wanted) ? executable(wanted) : onPath(wanted, env);
  if (path !== undefined) return path;
  throw new DreamnetError({
    code: 'DN313',
    kind: 'unreachable',
    message: `DREAMNET_REDIS_SERVER names ${wanted}, which is not a program that can be run`,
    hint: 'Set it to the path of redis-server or valkey-server, or unset it to search the PATH.',
  });
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const dirs = (env.PATH ?? '').split(delimiter).filter((dir) => isAbsolute(dir));
  return dirs.map((dir) => executable(join(dir, name))).find((path) => path !== undefined);
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}
