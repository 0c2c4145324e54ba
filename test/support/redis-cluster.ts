/** Nothing in, a throw-away Redis Cluster out: three real masters on ports of the loopback interface, for one test file. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis as Standalone } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { connectRedis } from '../../src/core/nerve/connection.js';
import { createNames } from '../../src/core/nerve/names.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { slotOf, slotsTotal } from '../../src/core/nerve/slot.js';
import { endServer, spawnGuarded, type TestRedis } from './redis.js';

export interface ClusterNode {
  readonly port: number;
  readonly url: string;
  /** A connection to this server alone, whatever the cluster does. */
  readonly direct: Standalone;
  runs(): boolean;
  /** `kill` as a crash does. */
  end(how: 'orderly' | 'kill'): Promise<void>;
  /** Starts it again, empty; it knows the cluster from its file. */
  start(): void;
}

/** What is done to the server of a single Redis is done to all of these. */
export interface TestCluster extends TestRedis {
  readonly masters: readonly ClusterNode[];
  /** Of the first master; none unless asked for. */
  readonly replica: ClusterNode | undefined;
  /** The master that serves the key now. */
  masterOf(key: string): Promise<ClusterNode>;
  /** Moves the slot of a key with what is in it to another master, as resharding does. */
  moveSlot(key: string): Promise<void>;
  /** Waits until all slots are served, as every server sees it. */
  untilWhole(): Promise<void>;
  /** Waits until servers that run know that one of them is away. */
  untilDown(): Promise<void>;
}

export interface TestClusterOptions {
  readonly withReplica?: boolean;
  /** Slots that no master is given. */
  readonly slotsMissing?: number;
  readonly settings?: readonly string[];
  readonly credentials?: string;
}

/** A cluster for the test file that calls this at its top, empty before each test. */
export function setUpCluster(prefix: string, options: TestClusterOptions = {}): TestCluster {
  const cluster = {} as TestCluster;
  beforeAll(async () => {
    Object.assign(cluster, await startTestCluster(prefix, options));
  });
  beforeEach(() => cluster.clear());
  afterAll(() => cluster.stop());
  return cluster;
}

export async function startTestCluster(prefix = '', options: TestClusterOptions = {}): Promise<TestCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'dreamnet-test-'));
  const names = Array.from({ length: options.withReplica ? 4 : 3 }, (_, at) => `node-${at}`);
  const nodes = await Promise.all(names.map((name) => startNode(directory, name, options)));
  const masters = nodes.slice(0, 3);
  const replica = nodes[3];
  await joinMasters(masters, options);
  if (replica !== undefined) await follow(replica, masters);
  const isWhole = (options.slotsMissing ?? 0) === 0;
  const untilWhole = () => every(nodes, (info) => info.includes('cluster_state:ok'));
  if (isWhole) await untilWhole();

  const clients: Redis[] = [];
  const target = {
    socketPath: null,
    url: `redis://${options.credentials ?? ''}127.0.0.1:${masters[0]?.port}`,
  };
  const connect = async () => {
    const client = await connectRedis(target, { patience: 'agent', name: 'test' });
    clients.push(client);
    return client;
  };
  const masterOf = async (key: string) => {
    const owner = await ownerOf(masters, slotOf(key));
    if (owner === undefined) throw new Error(`nobody serves ${key}`);
    return owner;
  };
  return {
    redis: isWhole ? await connect() : (undefined as unknown as Redis),
    names: createNames(prefix),
    target,
    connect,
    masters,
    replica,
    masterOf,
    untilWhole,
    untilDown: () =>
      every(
        nodes.filter(({ runs }) => runs()),
        (info) => info.includes('cluster_state:fail'),
      ),
    clear: async () => {
      for (const { direct } of masters) await direct.flushall();
    },
    stopServer: async (how = 'orderly') => {
      for (const node of nodes) await node.end(how);
    },
    startServer: async () => {
      for (const node of nodes) node.start();
      await untilWhole();
    },
    keptBytes: () => 0,
    moveSlot: async (key) => moveSlot(masters, slotOf(key)),
    stop: async () => {
      for (const client of clients) client.disconnect();
      for (const node of nodes) {
        node.direct.disconnect();
        await node.end('kill');
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startNode(directory: string, name: string, options: TestClusterOptions): Promise<ClusterNode> {
  const [port, busPort] = await freePorts();
  const settings = [
    ...['--port', `${port}`, '--cluster-port', `${busPort}`, '--bind', '127.0.0.1', '--dir', directory],
    ...[
      '--cluster-enabled',
      'yes',
      '--cluster-config-file',
      `${name}.conf`,
      '--cluster-node-timeout',
      '1000',
    ],
    ...['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0', ...(options.settings ?? [])],
  ];
  let server: ChildProcess = spawnGuarded(directory, settings);
  const url = `redis://${options.credentials ?? ''}127.0.0.1:${port}`;
  const direct = new Standalone(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  direct.on('error', () => undefined);
  await direct.ping();
  return {
    ...{ port, url, direct },
    runs: () => server.exitCode === null && server.signalCode === null,
    end: (how) => endServer(server, how),
    start: () => {
      server = spawnGuarded(directory, settings);
    },
  };
}

/** Ports that nobody listens on: one for clients, one for the other servers. */
async function freePorts(): Promise<[number, number]> {
  const sockets = [createServer(), createServer()];
  const ports = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<number>((resolve) => {
          socket.listen(0, '127.0.0.1', () => {
            const address = socket.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))));
  return ports as [number, number];
}

async function joinMasters(
  masters: readonly ClusterNode[],
  { slotsMissing = 0 }: TestClusterOptions,
): Promise<void> {
  const share = Math.ceil(slotsTotal / masters.length);
  for (const [at, { direct }] of masters.entries()) {
    const last = Math.min((at + 1) * share, slotsTotal - slotsMissing) - 1;
    await direct.cluster('ADDSLOTSRANGE', at * share, last);
    await direct.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
  }
  for (const node of masters.slice(1)) await meet(node, masters[0] as ClusterNode);
  await every(masters, (info) => info.includes('cluster_known_nodes:3') && info.includes('cluster_size:3'));
}

async function meet(node: ClusterNode, other: ClusterNode): Promise<void> {
  const busPort = (await other.direct.config('GET', 'cluster-port')) as string[];
  await node.direct.call('CLUSTER', 'MEET', '127.0.0.1', other.port, busPort[1] ?? '');
}

async function follow(replica: ClusterNode, masters: readonly ClusterNode[]): Promise<void> {
  const master = masters[0] as ClusterNode;
  const id = await master.direct.cluster('MYID');
  await meet(replica, master);
  await every([...masters, replica], (info) => info.includes('cluster_known_nodes:4'));
  await until(async () => (await replica.direct.call('CLUSTER', 'REPLICATE', id)) === 'OK');
  await until(async () => String(await replica.direct.info('replication')).includes('master_link_status:up'));
  // They would not vote for a replica that they take for a master without slots.
  for (const { direct } of masters)
    await until(async () =>
      new RegExp(`:${replica.port}@\\d+\\S* slave`).test(String(await direct.cluster('NODES'))),
    );
}

/** Entries of the slot are handed over key by key while clients go on: asked for meanwhile, they are said to be on their way. */
async function moveSlot(masters: readonly ClusterNode[], slot: number): Promise<void> {
  const from = await ownerOf(masters, slot);
  const to = masters.find((master) => master !== from);
  if (from === undefined || to === undefined) throw new Error(`nobody serves slot ${slot}`);
  const [fromId, toId] = await Promise.all([from, to].map(({ direct }) => direct.cluster('MYID')));
  await to.direct.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(fromId));
  await from.direct.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(toId));
  for (;;) {
    const keys = (await from.direct.cluster('GETKEYSINSLOT', slot, 10)) as string[];
    if (keys.length === 0) break;
    await from.direct.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
  }
  for (const { direct } of [to, from, ...masters.filter((node) => node !== to && node !== from)])
    await direct.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(toId));
}

async function ownerOf(masters: readonly ClusterNode[], slot: number): Promise<ClusterNode | undefined> {
  for (const master of masters) {
    if (!master.runs()) continue;
    const ranges = await master.direct.cluster('SLOTS');
    const range = ranges.find(([first, last]) => first <= slot && slot <= last);
    return masters.find(({ port }) => port === range?.[2]?.[1]);
  }
  return undefined;
}

function every(nodes: readonly ClusterNode[], holds: (info: string) => boolean): Promise<void> {
  return until(async () => {
    const infos = await Promise.all(nodes.map(({ direct }) => direct.cluster('INFO')));
    return infos.every((info) => holds(String(info)));
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('the test cluster does not come up');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
