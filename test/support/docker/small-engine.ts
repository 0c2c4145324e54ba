/**
 * Containers in, an engine out that knows no more of Docker than to show and change their limits, reached as every engine is:
 * by dockerode, over a socket. It does what no real one does when it is asked to: fail, or take a question and say nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type Engine, openEngine } from '../../../src/core/docker/engine.js';
import { engineAddress } from '../../../src/core/docker/engine-address.js';

export interface SmallContainer {
  readonly name: string;
  /** As `docker inspect` shows them. */
  readonly limits: Record<string, number>;
  paused: boolean;
  /** Bytes in use, as the engine's statistics tell. */
  memory: number;
}

export interface SmallEngine {
  readonly engine: Engine;
  /** By id. */
  readonly containers: Map<string, SmallContainer>;
  /** Every question, such as `POST /containers/ID/update`. */
  readonly asked: string[];
  /** How it meets a question; undefined: by an answer. */
  mood: (question: string) => 'fails' | 'is silent' | undefined;
}

export function smallContainer(limits: Record<string, number> = {}, name = 'web'): SmallContainer {
  const none = { NanoCpus: 0, CpuPeriod: 0, CpuQuota: 0, Memory: 0, MemorySwap: 0 };
  return { name, limits: { ...none, ...limits }, paused: false, memory: 0 };
}

/** The id that the container with this number has. */
export function idOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}

/** Closed when the test is over. */
export async function startSmallEngine(...containers: readonly SmallContainer[]): Promise<SmallEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'dreamnet-engine-'));
  const socketPath = join(directory, 'engine.sock');
  const known = {
    containers: new Map(containers.map((container, number) => [idOf(number), container])),
    asked: [] as string[],
    mood: (() => undefined) as SmallEngine['mood'],
  };
  const server = createServer(async (request, response) => {
    const question = `${request.method} ${request.url?.replace(/^\/v[\d.]+(?=\/)|\?.*$/g, '')}`;
    known.asked.push(question);
    const mood = known.mood(question);
    if (mood === 'fails') request.socket.destroy();
    else if (mood === undefined) await answer(known.containers, { question, request, response });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const engine = await openEngine(engineAddress({ DOCKER_HOST: `unix://${socketPath}` }));
  onTestFinished(() => {
    engine.close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return Object.assign(known, { engine });
}

async function answer(
  containers: ReadonlyMap<string, SmallContainer>,
  {
    question,
    request,
    response,
  }: { readonly question: string; readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const give = (status: number, body?: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  if (question === 'GET /version') return void give(200, { Version: '24.0.0', ApiVersion: '1.43' });
  if (question === 'GET /info') return void give(200, { NCPU: 2, MemTotal: 4e9 });
  if (question === 'GET /events') return void response.writeHead(200).flushHeaders();
  if (question === 'GET /containers/json') return void give(200, [...containers].map(listed));
  const [, id = '', verb] = /^\w+ \/containers\/([^/]+)\/(\w+)$/.exec(question) ?? [];
  const container = containers.get(id);
  if (container === undefined) return void give(404, { message: `No such container: ${id}` });
  switch (verb) {
    case 'json':
      return void give(200, shown(id, container));
    case 'stats':
      return void give(200, statistics(container));
    case 'update':
      Object.assign(container.limits, JSON.parse(await text(request)));
      return void give(200, {});
    case 'pause':
    case 'unpause':
      container.paused = verb === 'pause';
      return void give(204);
    default:
      return void give(404, { message: 'page not found' });
  }
}

function listed([id, { name }]: readonly [string, SmallContainer]): object {
  return { Id: id, Names: [`/${name}`], Image: 'work', Command: 'work', Labels: {}, Ports: [] };
}

function shown(id: string, { name, limits, paused }: SmallContainer): object {
  return {
    ...{
      Id: id,
      Name: `/${name}`,
      RestartCount: 0,
      HostConfig: limits,
      Config: { Labels: {}, Image: 'work' },
    },
    // A process that there is not: nothing can be read of it from files.
    State: { Running: true, Paused: paused, Pid: 2 ** 30, StartedAt: '2026-01-01T00:00:00Z' },
  };
}

function statistics({ memory }: SmallContainer): object {
  return {
    read: new Date().toISOString(),
    cpu_stats: { cpu_usage: { total_usage: performance.now() * 1e5 } },
    memory_stats: { usage: memory, stats: {} },
  };
}
