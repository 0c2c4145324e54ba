import { BaseCommand } from '../cli/base-command.js';
import { resolveHome } from '../core/fleet/home.js';
import { type StopResult, stopFleet } from '../core/fleet/stop-fleet.js';

export default class Down extends BaseCommand<typeof Down> {
  static override summary = 'Stop the fleet of this home, and clean up what one left behind.';
  static override description =
    'Ends agents, Redis and supervisor, by force when they do not end by themselves. What Redis held is kept. A Redis that was given keeps running. With --prefix it refuses to stop a fleet that has another one.';
  static override examples = ['<%= config.bin %> down', '<%= config.bin %> down --json'];

  async run(): Promise<StopResult> {
    const result = await stopFleet(resolveHome(process.env), { prefix: this.flags.prefix });
    this.print(textOf(result));
    return result;
  }
}

function textOf({ stopped, forced }: StopResult): string {
  if (!stopped) return 'Nothing runs here.';
  return forced ? 'Stopped; what did not end by itself was killed.' : 'Stopped. Its data is kept.';
}
