/** An engine and what a container is to do in, the container out: it works until it is removed. */
import type Docker from 'dockerode';
import type { TestEngine } from '../docker-engine.js';

export interface WorkContainer {
  readonly name?: string;
  /** For `sh -c`; waits for ever unless given. */
  readonly script?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly limits?: Docker.HostConfig;
}

export async function startWork(engine: TestEngine, work: WorkContainer = {}): Promise<Docker.Container> {
  const container = await engine.docker.createContainer({
    ...(work.name === undefined ? {} : { name: work.name }),
    Image: await engine.agentImage(),
    Cmd: ['/bin/busybox', 'sh', '-c', work.script ?? waits],
    Labels: { ...engine.labels, ...work.labels },
    StopTimeout: 1,
    HostConfig: { NetworkMode: 'none', ...work.limits },
  });
  await container.start();
  return container;
}

const waits = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
/** One core, as much of it as it gets. */
export const spins = 'while :; do :; done';
