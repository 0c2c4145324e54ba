/** An engine and a number in, that many containers with the shell agent out, all of them ready for signals. */
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { inParallel } from './in-parallel.js';

export interface AgentOptions {
  /** Further labels; undefined removes one that every agent gets. */
  readonly labels?: Readonly<Record<string, string | undefined>>;
  /** Such as `AGENT_ANSWER`, which makes the agent a bad one: see docker/agent.sh. */
  readonly env?: Readonly<Record<string, string>>;
  /** The number is the agent's, from 1: as `-v` of `docker run`, such as `/tmp/x/agent-1:/injected-programs`. */
  readonly binds?: (number: number) => readonly string[];
  /** Agents are `PREFIX-1`, `PREFIX-2` …; `agent` unless given. */
  readonly prefix?: string;
  /** `none` unless given; an engine of the test's own has `host` besides. */
  readonly network?: string;
  /** What else the engine takes, such as `{ ReadonlyRootfs: true }`. */
  readonly hostConfig?: Docker.HostConfig;
}

export interface TestAgent {
  /** As in the label `dreamnet.agent`. */
  readonly id: string;
  readonly containerId: string;
  readonly container: Docker.Container;
  /** What a command in the container prints; throws when it fails. */
  run(...command: string[]): Promise<string>;
  /** What the container printed so far. */
  output(): Promise<string>;
}

export async function startAgents(
  docker: Docker,
  image: string,
  options: AgentOptions & { readonly count: number },
): Promise<TestAgent[]> {
  const numbers = Array.from({ length: options.count }, (_, at) => at + 1);
  return inParallel(numbers, async (number) => {
    const container = await docker.createContainer(settingsOf(image, number, options));
    await container.start();
    await untilReady(container);
    return testAgent(container, agentId(number, options));
  });
}

function agentId(number: number, { prefix = 'agent' }: AgentOptions): string {
  return `${prefix}-${number}`;
}

function settingsOf(image: string, number: number, options: AgentOptions): Docker.ContainerCreateOptions {
  const all = { 'dreamnet.role': 'agent', 'dreamnet.agent': agentId(number, options), ...options.labels };
  const labels = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return {
    Image: image,
    Labels: Object.fromEntries(labels),
    Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    StopTimeout: 1,
    HostConfig: {
      NetworkMode: options.network ?? 'none',
      Binds: [...(options.binds?.(number) ?? [])],
      ...options.hostConfig,
    },
  };
}

/** The agent says so itself: before that a signal would be lost. */
async function untilReady(container: Docker.Container): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const output = await outputOf(container);
    if (/^ready$/m.test(output)) return;
    if (performance.now() > giveUpMs) throw new Error(`a container does not get ready; it said: ${output}`);
    await pause(20);
  }
}

function testAgent(container: Docker.Container, id: string): TestAgent {
  return {
    id,
    containerId: container.id,
    container,
    run: (...command) => run(container, command),
    output: () => outputOf(container),
  };
}

async function outputOf(container: Docker.Container): Promise<string> {
  return textOf(await container.logs({ stdout: true, stderr: true, follow: false }));
}

async function run(container: Docker.Container, command: string[]): Promise<string> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const output = textOf(Buffer.concat(chunks));
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`${command.join(' ')} ended with ${ExitCode}: ${output}`);
  return output;
}

/** Output of both streams as the engine sends it: a head of 8 bytes, whose last 4 are a length, before each piece. */
function textOf(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    pieces.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4)));
  }
  return Buffer.concat(pieces).toString('utf8');
}
