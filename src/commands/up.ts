import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { fleetFlags } from '../cli/flags.js';
import { type FleetDocument, fleetDocument, readFleetFacts } from '../cli/views/fleet-document.js';
import { fleetText } from '../cli/views/fleet-view.js';
import { withProgress } from '../cli/with-progress.js';
import { DreamnetError } from '../core/errors.js';
import { fleetStatus } from '../core/fleet/fleet-status.js';
import { resolveHome } from '../core/fleet/home.js';

interface UpDocument extends FleetDocument {
  /** False when the fleet ran already. */
  readonly started: boolean;
}

export default class Up extends BaseCommand<typeof Up> {
  static override summary = 'Start a fleet of simulated agents that stays until `dreamnet down`.';
  static override description =
    'Starts a private Redis too, unless one is given. Its data survives `down` and `up`. A fleet that runs already is left as it is.';
  static override examples = [
    '<%= config.bin %> up',
    '<%= config.bin %> up --agents 40 --seed 7',
    '<%= config.bin %> up --redis redis://127.0.0.1:6379 --prefix staging',
  ];
  static override flags = { ...fleetFlags, ...streamingFlags };

  async run(): Promise<UpDocument> {
    const { flags, signal } = this;
    const home = resolveHome(process.env);
    const document = await withProgress(
      { command: 'up', need: 'daemon', flags, signal, note: () => undefined },
      async ({ context, fleet }) => {
        const status = await fleetStatus(home);
        if (status.fleet?.lifetime === 'session') throw someoneElses(status.fleet.ownerPid);
        const facts = await readFleetFacts(context.redis, context.names, context.clock());
        const { redis: redisUrl, prefix } = flags;
        return {
          ...fleetDocument({ home, status, facts, redisUrl, prefix }),
          started: fleet.agentsStarted > 0,
        };
      },
    );
    this.print(fleetText(document, Date.now()));
    return document;
  }
}

function someoneElses(ownerPid: number): DreamnetError {
  return new DreamnetError({
    code: 'DN333',
    kind: 'bad-input',
    message: `A fleet runs already and ends with process ${ownerPid}, which started it for itself.`,
    hint: 'Wait for its end, stop it with `dreamnet down`, or set DREAMNET_HOME to run a second one beside it.',
  });
}
