/** A host in a process of its own, as the product starts it, that can be stopped, continued and killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostArgument } from '../../src/core/fleet/host-process.js';
import { key, temporaryDirectory } from '../agent/support.js';
import type { TestRedis } from './redis.js';

export interface HostProcess {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL, whatever it is doing; it keeps what is on its disk. */
  kill(): Promise<void>;
  /** Starts it again after a kill, on the same disk; resolves when its agents are registered. */
  restart(): Promise<void>;
}

export interface HostProcessWish {
  readonly hostId: string;
  readonly firstAgent: number;
  readonly agents: number;
}

export async function startHostProcess(
  { target, names }: Pick<TestRedis, 'target' | 'names'>,
  wish: HostProcessWish,
): Promise<HostProcess> {
  const directory = temporaryDirectory();
  const keysDir = join(directory, 'keys');
  mkdirSync(keysDir, { mode: 0o700 });
  const publicKey = key.publicKey.export({ type: 'spki', format: 'pem' });
  writeFileSync(join(keysDir, 'signing.pub.pem'), publicKey, { mode: 0o600 });
  const argument: HostArgument = {
    ...{ ...wish, seed: 7, workload: 'simulated', prefix: names.prefix },
    ...{ redisUrl: null, socketPath: target.socketPath },
    ...{ keysDir, stateDir: join(directory, 'state') },
  };
  let child = await forked(argument);
  return {
    signal: (signal) => void child.kill(signal),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    async restart() {
      child = await forked(argument);
    },
  };
}

const hostMain = fileURLToPath(new URL('../../src/core/agent/host-main.ts', import.meta.url));

async function forked(argument: HostArgument): Promise<ChildProcess> {
  const child = fork(hostMain, [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [message] = (await once(child, 'message')) as [{ readonly type: string }];
  if (message.type !== 'ready') throw new Error(`the host did not start: ${JSON.stringify(message)}`);
  return child;
}
