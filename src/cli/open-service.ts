/**
 * What a service needs of the core, opened from its flags: where its fleet is, its keys, and connections that outlast a
 * Redis that is restarted. With a Redis address no agents are needed yet; without one it is the fleet of this home, which
 * is started when it does not run and stays.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { prepareHome, resolveHome } from '../core/fleet/home.js';
import { openHomeKeyring } from '../core/fleet/home-keyring.js';
import { openFleet } from '../core/fleet/open-fleet.js';
import type { LoopContext } from '../core/loop-context.js';
import { connectRedis, describeTarget } from '../core/nerve/connection.js';
import { describeClock, openFleetClock } from '../core/nerve/fleet-clock.js';
import { pause } from '../core/pause.js';
import type { ReportEvent } from '../core/pipeline-events.js';
import { fleetWish } from './fleet-wish.js';
import type { SessionOptions } from './open-session.js';
import { type OpenedTransports, openTransports } from './transport-flags.js';

export interface ServiceSession {
  /** For work: its commands wait for a Redis that is away. */
  readonly work: LoopContext;
  /** For requests: its commands fail then. */
  readonly requests: LoopContext;
  readonly redisAt: string;
  close(): Promise<void>;
}

export interface OpenServiceOptions extends Pick<SessionOptions, 'flags' | 'signal'> {
  /** Such as `injector`. */
  readonly service: string;
  readonly report: ReportEvent;
  readonly warn: (text: string) => void;
}

/** With the time that the loop is given, well within the ten seconds that a container has to stop. */
const closeMsMax = 2_000;

export async function openService({
  service,
  flags,
  signal,
  report,
  warn,
}: OpenServiceOptions): Promise<ServiceSession> {
  const home = resolveHome(process.env);
  const name = serviceName(service);
  const wish = fleetWish(flags);
  const { agentsElsewhere } = wish;
  const fleet = await openFleet({
    home,
    ...wish,
    need: flags.redis !== undefined ? 'read' : agentsElsewhere ? 'session' : 'daemon',
    connectionName: name,
    signal,
  });
  const { target, names } = fleet;
  // A private Redis without agents of its own is there for the service alone, and ends with it.
  const isOurs = agentsElsewhere && flags.redis === undefined;
  if (fleet.agentsStarted > 0)
    warn(
      `a fleet of ${fleet.agentsStarted} simulated agents was started and stays; stop it with: dreamnet down`,
    );
  if (fleet.endsWithPid !== null) warn(`this fleet belongs to process ${fleet.endsWithPid} and ends with it`);
  const connections: LoopContext['redis'][] = [];
  const connect = async (patience: 'agent' | 'request', as: string) => {
    const connection = await connectRedis(target, { patience, name: as });
    connections.push(connection);
    return connection;
  };
  const letGo = async () => {
    for (const connection of connections) connection.disconnect();
    await fleet.close();
  };
  try {
    const redis = await connect('agent', name);
    const forRequests = await connect('request', `${name}-http`);
    if (!isOurs) await fleet.close();
    prepareHome(home);
    const keys = openHomeKeyring(home, warn);
    const clock = await openFleetClock({
      redis,
      clock: Date.now,
      onChange: (aheadMs) => warn(describeClock(aheadMs)),
    });
    const carried = await openTransports(flags, { redis, names, clock: clock.now, warn });
    const shared = { names, keyring: keys.keyring, clock: clock.now, random: Math.random, report, signal };
    const context = (connection: LoopContext['redis'], as: string): LoopContext => ({
      ...shared,
      transports: carried.transports,
      redis: connection,
      name: as,
      get key() {
        return keys.signing();
      },
    });
    return {
      work: context(redis, name),
      requests: context(forRequests, `${name}-http`),
      redisAt: describeTarget(target),
      async close() {
        await closedInTime(carried);
        await letGo();
      },
    };
  } catch (thrown) {
    await letGo();
    throw thrown;
  }
}

/** Ways to agents write down what they still know, and would wait for a Redis that is away for ever. */
async function closedInTime(carried: OpenedTransports): Promise<void> {
  const closing = carried.close();
  closing.catch(() => undefined);
  const closed = new AbortController();
  await Promise.race([closing, pause(closeMsMax, closed.signal)]).finally(() => closed.abort());
}

/** Unlike any other that shares the Redis, also where every process of every container has the same number. */
function serviceName(service: string): string {
  return `dreamnet-${service}-${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
}
