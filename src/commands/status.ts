import { BaseCommand } from '../cli/base-command.js';
import { type FleetDocument, fleetDocument, readFleetFacts } from '../cli/views/fleet-document.js';
import { fleetText } from '../cli/views/fleet-view.js';
import { type FleetStatus, fleetStatus } from '../core/fleet/fleet-status.js';
import { resolveHome } from '../core/fleet/home.js';

/** Redis on the same machine answers in milliseconds, or not at all. */
const giveUpAfterMs = 2_000;

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show what runs: processes, Redis, agents alive, the last rollout.';
  static override description =
    'Starts nothing, and ends with 0 when nothing runs. Without --prefix the prefix of the fleet that runs here is used.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];

  async run(): Promise<FleetDocument> {
    const home = resolveHome(process.env);
    const { redis: redisUrl, prefix } = this.flags;
    const status = await fleetStatus(home);
    const document = fleetDocument({ home, status, facts: await this.#facts(status), redisUrl, prefix });
    this.print(fleetText(document, Date.now()));
    return document;
  }

  async #facts({ connection, fleet, state }: FleetStatus) {
    const { redis: redisUrl, prefix } = this.flags;
    const reached = redisUrl === undefined ? connection : { url: redisUrl };
    if (reached === null || (redisUrl === undefined && state !== 'up' && state !== 'degraded')) return null;
    // The client of Redis is loaded only where there is one to ask.
    const [{ connectRedis }, { createNames }] = await Promise.all([
      import('../core/nerve/connection.js'),
      import('../core/nerve/names.js'),
    ]);
    const target = { socketPath: null, url: null, ...reached };
    try {
      const redis = await connectRedis(target, {
        patience: 'command',
        name: 'dreamnet-status',
        giveUpAfterMs,
      });
      try {
        return await readFleetFacts(redis, createNames(prefix ?? fleet?.prefix ?? ''), Date.now());
      } finally {
        redis.disconnect();
      }
    } catch (thrown) {
      if (redisUrl !== undefined) throw thrown;
      return null;
    }
  }
}
