/**
 * The compose file of an example in, its containers on an engine out, where there is no `docker compose`. Only what such a file
 * needs is read: services by name, whose values are JSON of one line.
 */
import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { importWorkImage } from './agent-image.js';
import { inParallel } from './in-parallel.js';

interface Service {
  readonly name: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
}

export interface ComposeOptions {
  /** Put before the names of containers, which an engine has once. */
  readonly prefix: string;
  /** Besides those of the file. */
  readonly labels: Readonly<Record<string, string>>;
  readonly network?: string;
  /** The control group that theirs are below, instead of the engine's usual one. */
  readonly cgroupParent?: string;
}

/** By name of the service. */
export async function composeUp(
  docker: Docker,
  file: string,
  { prefix, labels, network = 'none', cgroupParent = '' }: ComposeOptions,
): Promise<ReadonlyMap<string, Docker.Container>> {
  const image = await importWorkImage(docker);
  const started = await inParallel(readServices(readFileSync(file, 'utf8')), async (service) => {
    const container = await docker.createContainer({
      name: `${prefix}-${service.name}`,
      Image: image,
      Cmd: [...service.command],
      Labels: { ...service.labels, ...labels },
      StopTimeout: 1,
      HostConfig: {
        ...{ NetworkMode: network, CgroupParent: cgroupParent },
        ...{ NanoCpus: service.cpus * 1e9, Memory: service.memory },
      },
    });
    await container.start();
    return [service.name, container] as const;
  });
  return new Map(started);
}

export function readServices(text: string): Service[] {
  const services: (Record<string, unknown> & { name: string })[] = [];
  for (const line of text.slice(text.indexOf('\nservices:\n') + 11).split('\n')) {
    const [, name] = /^ {2}([a-z]+):$/.exec(line) ?? [];
    if (name !== undefined) services.push({ name });
    const [, key, value] = /^ {4}([a-z_]+): (.+)$/.exec(line) ?? [];
    const service = services.at(-1);
    if (key === undefined || value === undefined || service === undefined) continue;
    service[key] = /^["[{]/.test(value) ? JSON.parse(value) : value;
  }
  return services.map(({ name, command, labels, cpus, mem_limit }) => ({
    name,
    command: command as string[],
    labels: labels as Record<string, string>,
    cpus: Number(cpus ?? 0),
    memory: Number.parseInt(String(mem_limit ?? 0), 10) * 1024 ** 2,
  }));
}
