/**
 * Environment in, the paths of one fleet's home out; `prepareHome` makes them on disk, private to this user.
 * `DREAMNET_HOME` puts everything below one directory, otherwise the XDG base directory specification decides.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DreamnetError } from '../errors.js';
import { diskError } from './disk-error.js';

/** Plain paths, all absolute. Two homes share none of them. */
export interface Home {
  /** State file, locks, and everything below that must last. */
  readonly stateDir: string;
  readonly configDir: string;
  /** Data of the private Redis. */
  readonly redisDir: string;
  /** Sockets; mode 0700, and short enough for a socket path. */
  readonly runtimeDir: string;
  readonly logsDir: string;
  readonly keysDir: string;
  /** What agents keep on disk. */
  readonly agentsDir: string;
  readonly socketPath: string;
  readonly stateFile: string;
  readonly supervisorLog: string;
  readonly redisLog: string;
}

/** The kernel keeps socket paths in 104 bytes (macOS, BSD) or 108 (Linux), the closing zero included. */
const socketPathBytesMax = 103;

export function resolveHome(env: NodeJS.ProcessEnv): Home {
  const { stateDir, configDir, runtimeDir: wantedRuntimeDir } = baseDirs(env);
  const runtimeDir = fitsSocket(wantedRuntimeDir) ? wantedRuntimeDir : shortRuntimeDir(stateDir, env);
  const logsDir = join(stateDir, 'logs');
  return {
    stateDir,
    configDir,
    redisDir: join(stateDir, 'redis'),
    runtimeDir,
    logsDir,
    keysDir: join(configDir, 'keys'),
    agentsDir: join(stateDir, 'agents'),
    socketPath: socketIn(runtimeDir),
    stateFile: join(stateDir, 'fleet.json'),
    supervisorLog: join(logsDir, 'supervisor.log'),
    redisLog: join(logsDir, 'redis.log'),
  };
}

/** Makes the directories of a home, and refuses a socket directory that somebody else could have prepared. */
export function prepareHome(home: Home): void {
  const dirs = [home.stateDir, home.configDir, home.runtimeDir, home.redisDir, home.logsDir, home.keysDir];
  for (const dir of [...dirs, home.agentsDir]) makeDir(dir);
  requirePrivate(home.runtimeDir);
}

function baseDirs(env: NodeJS.ProcessEnv): Pick<Home, 'stateDir' | 'configDir' | 'runtimeDir'> {
  if (env.DREAMNET_HOME) {
    const root = resolve(env.DREAMNET_HOME);
    return { stateDir: join(root, 'state'), configDir: join(root, 'config'), runtimeDir: join(root, 'run') };
  }
  const user = env.HOME || homedir();
  const stateDir = join(xdgDir(env.XDG_STATE_HOME) ?? join(user, '.local', 'state'), 'dreamnet');
  const configDir = join(xdgDir(env.XDG_CONFIG_HOME) ?? join(user, '.config'), 'dreamnet');
  const shared = xdgDir(env.XDG_RUNTIME_DIR);
  // Two state directories may share one runtime directory, so its part of the path names the state directory too.
  const runtimeDir = shared ? join(shared, `dreamnet-${shortHash(stateDir)}`) : join(stateDir, 'run');
  return { stateDir, configDir, runtimeDir };
}

/** The XDG specification says that a relative path in its variables must be ignored. */
function xdgDir(value: string | undefined): string | undefined {
  return value && isAbsolute(value) ? value : undefined;
}

/** A directory below the temporary directory, for a home whose own path is too long for a socket. */
function shortRuntimeDir(stateDir: string, env: NodeJS.ProcessEnv): string {
  const name = `dreamnet-${process.getuid?.() ?? 0}-${shortHash(stateDir)}`;
  const preferred = join(env.TMPDIR || tmpdir(), name);
  return fitsSocket(preferred) ? preferred : join('/tmp', name);
}

function socketIn(runtimeDir: string): string {
  return join(runtimeDir, 'redis.sock');
}

function fitsSocket(runtimeDir: string): boolean {
  return Buffer.byteLength(socketIn(runtimeDir)) <= socketPathBytesMax;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw diskError(`Directory ${dir} cannot be made`, cause);
  }
}

function requirePrivate(dir: string): void {
  const stats = lstatSync(dir);
  const uid = process.getuid?.();
  const problem = !stats.isDirectory()
    ? 'it is not a directory'
    : uid !== undefined && stats.uid !== uid
      ? `it belongs to user ${stats.uid}`
      : (stats.mode & 0o077) !== 0
        ? `its mode is ${(stats.mode & 0o777).toString(8)} instead of 700`
        : undefined;
  if (problem === undefined) return;
  throw new DreamnetError({
    code: 'DN302',
    kind: 'failed',
    message: `Directory ${dir} is not safe to keep sockets in: ${problem}`,
    hint: `Run \`chmod 700 ${dir}\` if it is yours, remove it if it is not, or set DREAMNET_HOME to another directory.`,
  });
}
