/**
 * Nothing in, a real Docker engine out: the one that is reachable, or one of the test's own, with agents in containers.
 * Whatever a test file starts carries a label of its own, and goes when the file ends or, if it was killed, at the next use.
 */
import { hostname } from 'node:os';
import Docker from 'dockerode';
import { identityOf, isAlive } from '../../src/core/fleet/process-identity.js';
import { importAgentImage } from './docker/agent-image.js';
import { type AgentOptions, startAgents, type TestAgent } from './docker/agents.js';
import { inParallel } from './docker/in-parallel.js';
import { type EngineSettings, startEngineProcess } from './docker/own-engine.js';
import { howToInstall, reachableEngine, whyNoEngine } from './docker-available.js';

export type { AgentOptions, TestAgent } from './docker/agents.js';

export interface TestEngine {
  readonly docker: Docker;
  /** Such as `unix:///tmp/x/docker.sock`: for DOCKER_HOST of a child process. */
  readonly host: string;
  /** `dreamnet.test=<unique>`: on every container of this test file, and on nothing else of the engine. */
  readonly label: string;
  /** The same with more besides, for containers that a test makes itself: what carries them is removed. */
  readonly labels: Readonly<Record<string, string>>;
  /** The image of the shell agent: busybox and docker/agent.sh, imported once per engine and state of these files. */
  agentImage(): Promise<string>;
  /** Resolves when all of them obey signals. They carry the labels that discovery looks for. */
  startAgents(count: number, options?: AgentOptions): Promise<TestAgent[]>;
  /** Removes what carries the label, for use between tests. */
  removeContainers(): Promise<void>;
  /** Removes what carries the label; an engine of the test's own ends, too. */
  stop(): Promise<void>;
}

export interface OwnEngine extends TestEngine {
  /** As a crash does when asked to `kill`. Its containers end at the latest when it starts again, but with `liveRestore`. */
  stopEngine(how?: 'orderly' | 'kill'): Promise<void>;
  /** On the same socket and data. */
  startEngine(): Promise<void>;
}

/** Use in `beforeAll`, with `stop` in `afterAll`. Others may use the engine, too: look only at what carries the label. */
export async function useEngine(): Promise<TestEngine> {
  const host = await reachableEngine();
  return host === undefined ? startOwnEngine() : onEngine(host);
}

/** An engine that nobody else uses, and that can be stopped. Its containers have the host's network or none. */
export async function startOwnEngine(settings: EngineSettings = {}): Promise<OwnEngine> {
  const why = await whyNoEngine();
  if (why !== undefined) throw new Error(`these tests need a Docker engine: ${why}. ${howToInstall}`);
  const engine = await startEngineProcess(settings);
  return {
    ...(await onEngine(engine.host)),
    stopEngine: (how = 'orderly') => engine.stop(how),
    startEngine: () => engine.start(),
    stop: () => engine.end(),
  };
}

const testLabel = 'dreamnet.test';
const ownerLabel = 'dreamnet.test.owner';
let uses = 0;

async function onEngine(host: string): Promise<TestEngine> {
  const docker = connect(host);
  await removeLeftovers(docker);
  const id = `${process.pid}-${identityOf(process.pid)}-${uses++}`;
  const labels = { [testLabel]: id, [ownerLabel]: owner() };
  const label = `${testLabel}=${id}`;
  const agentImage = () => importAgentImage(docker);
  return {
    docker,
    host,
    label,
    labels,
    agentImage,
    startAgents: async (count, options = {}) =>
      startAgents(docker, await agentImage(), {
        ...options,
        count,
        labels: { ...labels, ...options.labels },
      }),
    removeContainers: () => removeLabelled(docker, label),
    stop: () => removeLabelled(docker, label),
  };
}

function connect(host: string): Docker {
  const url = new URL(host);
  if (url.protocol === 'unix:') return new Docker({ socketPath: url.pathname });
  return new Docker({ protocol: 'http', host: url.hostname, port: url.port });
}

/** This very process, on this very machine: an engine may serve several. */
function owner(): string {
  return `${hostname()}/${process.pid}/${identityOf(process.pid)}`;
}

/** Containers of test processes of this machine that were killed before they could tidy up. */
async function removeLeftovers(docker: Docker): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { label: [ownerLabel] } });
  const left = found.filter(({ Labels }) => {
    const [host, pid, identity = ''] = (Labels[ownerLabel] ?? '').split('/');
    return host === hostname() && !isAlive({ pid: Number(pid), identity });
  });
  await remove(docker, left);
}

async function removeLabelled(docker: Docker, label: string): Promise<void> {
  await remove(docker, await docker.listContainers({ all: true, filters: { label: [label] } }));
}

async function remove(docker: Docker, containers: readonly { readonly Id: string }[]): Promise<void> {
  await inParallel(containers, async ({ Id }) => {
    const options = { force: true, v: true };
    // Two that tidy up meet at the same container: gone is gone.
    await docker
      .getContainer(Id)
      .remove(options)
      .catch((thrown) => {
        if (![404, 409].includes(thrown.statusCode)) throw thrown;
      });
  });
}
