/** Nothing in, whether this machine can give the tests a real Docker engine out; and if not, what it takes. */
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { get } from 'node:http';
import { delimiter, join } from 'node:path';

export const howToInstall =
  'To get one on Debian: apt-get install --no-install-recommends docker.io busybox-static, then scripts/docker-engine.sh start';

/** Where an engine answers: the one of DOCKER_HOST, else the default socket; undefined when neither does. */
export async function reachableEngine(): Promise<string | undefined> {
  const named = process.env.DOCKER_HOST;
  const host = named === undefined || named === '' ? 'unix:///var/run/docker.sock' : named;
  return (await answersAt(host)) ? host : undefined;
}

/** Why the Docker tests cannot run here, undefined when they can. */
export async function whyNoEngine(): Promise<string | undefined> {
  if (staticBusybox() === undefined) return 'no statically linked busybox to make images of';
  if (onPath('docker') === undefined) return 'no docker command';
  if ((await reachableEngine()) !== undefined) return undefined;
  if (onPath('dockerd') === undefined) return 'no engine answers, and there is no dockerd to start one';
  if (process.getuid?.() !== 0) return 'no engine answers, and only root can start dockerd';
  return undefined;
}

function onPath(program: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter);
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

/** The shell and tools of the images that tests make, from this machine: no registry is asked. */
export function staticBusybox(): string | undefined {
  const path = process.platform === 'linux' ? onPath('busybox') : undefined;
  return path !== undefined && !namesLoader(path) ? path : undefined;
}

/** A program that needs libraries names their loader, such as /lib64/ld-linux-x86-64.so.2, in its first page. */
function namesLoader(path: string): boolean {
  const page = Buffer.alloc(4_096);
  const file = openSync(path, 'r');
  readSync(file, page);
  closeSync(file);
  return page.includes('/ld-');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function answersAt(host: string): Promise<boolean> {
  if (!/^(unix|tcp):/.test(host)) return false;
  const url = new URL(host);
  const where =
    url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port };
  return new Promise((resolve) => {
    const request = get({ ...where, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', () => resolve(false));
  });
}
