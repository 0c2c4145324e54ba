/**
 * Environment in, what dreamnet needs of this machine and whether it is there out. Nothing is changed by looking.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { openEngine } from '../core/docker/engine.js';
import { engineAddress } from '../core/docker/engine-address.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import { fleetStatus } from '../core/fleet/fleet-status.js';
import { resolveHome } from '../core/fleet/home.js';
import { listKeys } from '../core/fleet/key-store.js';
import { findRedisBinary } from '../core/fleet/redis-binary.js';
import { requireReachable } from '../core/fleet/redis-url.js';
import { routesHere } from '../core/injector/transports/docker/routes.js';
import { withoutPassword } from '../core/nerve/address.js';
import { formatCount } from './format.js';
import { terminalWidth } from './terminal-text.js';

export interface MachineCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly found: string;
  /** What to do about it when it is not ok. */
  readonly hint?: string;
}

export interface CheckedMachine {
  readonly env: NodeJS.ProcessEnv;
  /** A Redis that is configured instead of the private one. */
  readonly redisUrl?: string | undefined;
}

/** Shorter than a command waits: who looks wants to know how it is now. */
const redisMsMax = 2_000;

export async function checkMachine(machine: CheckedMachine): Promise<readonly MachineCheck[]> {
  const { env } = machine;
  return [
    checkNode(),
    await checkRedis(machine),
    ...checkHome(env),
    checkKeys(env),
    await checkFleet(env),
    await checkDocker(env),
    checkTerminal(env),
  ];
}

/** bin/run.js refuses an older one, so this tells which it is. */
function checkNode(): MachineCheck {
  return { name: 'node', ok: true, found: `${process.versions.node} (${process.execPath})` };
}

async function checkRedis({ env, redisUrl }: CheckedMachine): Promise<MachineCheck> {
  const name = 'redis';
  try {
    if (redisUrl !== undefined) {
      await requireReachable(redisUrl);
      const found = await describeGiven(redisUrl);
      return { name, ok: true, found: `${withoutPassword(redisUrl)} answers${found}` };
    }
    const binary = findRedisBinary(env);
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 5_000 });
    const version = /v=(\S+)/.exec(stdout)?.[1] ?? stdout.trim();
    return { name, ok: true, found: `${version} (${binary})` };
  } catch (error) {
    const hint = error instanceof DreamnetError ? error.hint : undefined;
    return { name, ok: false, found: messageOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}

/** Asks it as every command does; only a cluster has more to say than that it answers. */
async function describeGiven(url: string): Promise<string> {
  const [{ connectRedis }, { ClusterClient }] = await Promise.all([
    import('../core/nerve/connection.js'),
    import('../core/nerve/cluster-client.js'),
  ]);
  const wish = { patience: 'command', name: 'dreamnet-doctor', giveUpAfterMs: redisMsMax } as const;
  const redis = await connectRedis({ socketPath: null, url }, wish);
  const masters = redis instanceof ClusterClient ? redis.nodes('master').length : 0;
  redis.disconnect();
  return masters === 0 ? '' : `: a cluster of ${formatCount(masters, 'master')}, all slots served`;
}

function checkHome(env: NodeJS.ProcessEnv): MachineCheck[] {
  const home = resolveHome(env);
  return [
    checkWritable('state', home.stateDir),
    checkWritable('configuration', home.configDir),
    checkWritable('sockets', home.runtimeDir),
  ];
}

/** None is well: the first pair is made when it is needed. */
function checkKeys(env: NodeJS.ProcessEnv): MachineCheck {
  const name = 'keys';
  try {
    const { keys, damaged } = listKeys(resolveHome(env));
    if (damaged.length === 0)
      return { name, ok: true, found: keys.length === 0 ? 'none yet' : formatCount(keys.length, 'key') };
    const found = damaged.map(({ path: file, problem }) => `${file}: ${problem}`).join('; ');
    const hint =
      'Mend it (`chmod go-rwx FILE`), put it back from a backup, or move it away; docs/keys.md tells more.';
    return { name, ok: false, found, hint };
  } catch (error) {
    const hint = error instanceof DreamnetError ? error.hint : undefined;
    return { name, ok: false, found: messageOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}

/** A directory that does not exist yet can be made when the nearest one above it can be written. */
function checkWritable(name: string, directory: string): MachineCheck {
  let existing = directory;
  while (!existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return { name, ok: true, found: existing === directory ? directory : `${directory} (made when needed)` };
  } catch {
    const hint = `Make ${existing} writable, or set DREAMNET_HOME to a directory of yours.`;
    return { name, ok: false, found: `${existing} cannot be written`, hint };
  }
}

/** None is well; one that runs must do so as it was meant to. */
async function checkFleet(env: NodeJS.ProcessEnv): Promise<MachineCheck> {
  const name = 'fleet';
  const { state, reason, fleet } = await fleetStatus(resolveHome(env));
  if (state === 'degraded' || state === 'stale') {
    const hint = '`dreamnet status` tells more; `dreamnet down`, then `dreamnet up`, starts it again.';
    return { name, ok: false, found: reason === undefined ? state : `${state}: ${reason}`, hint };
  }
  if (state === 'down' || fleet === null)
    return { name, ok: true, found: state === 'down' ? 'none runs' : state };
  return { name, ok: true, found: `${state}, ${formatCount(fleet.agents, 'agent')}` };
}

/** Never wrong: only --docker needs one. */
async function checkDocker(env: NodeJS.ProcessEnv): Promise<MachineCheck> {
  const name = 'docker';
  try {
    const { version, address, close } = await openEngine(engineAddress(env));
    close();
    const routes = address.kind === 'unix' ? routesHere() : ['api'];
    return { name, ok: true, found: `${version} at ${address.text}; containers by ${routes.join(', ')}` };
  } catch (error) {
    return { name, ok: true, found: `none, which only --docker needs: ${messageOf(error)}` };
  }
}

/** Never wrong: without a terminal, or with a plain one, output is plain lines. */
function checkTerminal(env: NodeJS.ProcessEnv): MachineCheck {
  const colours = process.stdout.isTTY && process.stdout.hasColors?.(env) ? 'colours' : 'no colours';
  const found = process.stdout.isTTY
    ? `${terminalWidth()} columns, ${colours}`
    : 'none, output is plain lines';
  return { name: 'terminal', ok: true, found };
}
