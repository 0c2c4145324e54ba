import { Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../../cli/base-command.js';
import { durationMs, fleetFlags, portFlag, rolloutFlags, windowFlag } from '../../cli/flags.js';
import { openService } from '../../cli/open-service.js';
import { rolloutWishes } from '../../cli/rollout-wishes.js';
import { readyLine, serviceFlags } from '../../cli/service-flags.js';
import { eventLine, type LogLine, logText, serviceLine } from '../../cli/service-log.js';
import { transportFlags } from '../../cli/transport-flags.js';
import type { ServiceStatus } from '../../core/injector-service/injector-service.js';
import { requireTokenBeyondLoopback } from '../../services/http-server.js';
import { serveInjector } from '../../services/serve-injector.js';
import { serviceToken } from '../../services/service-token.js';

export default class ServeInjector extends BaseCommand<typeof ServeInjector> {
  static override summary =
    'Run the injector as a service: HTTP on port 7005, and instructions as they come.';
  static override description =
    `Rolls out each instruction that comes on swarm:instructions and is signed by a key that this home trusts, one at a time, and measures it. Any number may run: one works, and another goes on within seconds when it is ended or killed. Logs go to stderr, with --json or --jsonl as JSON lines. docs/services.md has the routes.

Everything that changes something needs a bearer token: that of --token-file or DREAMNET_TOKEN, or one that is made and kept in the home.`;
  static override examples = [
    '<%= config.bin %> serve injector',
    '<%= config.bin %> serve injector --batch 1,10,25% --bake 1m --jsonl',
    '<%= config.bin %> serve injector --redis redis://10.0.0.5:6379 --docker',
    '<%= config.bin %> serve injector --host 0.0.0.0 --token-file /etc/dreamnet/token',
  ];
  static override flags = {
    port: portFlag(7005),
    ...serviceFlags,
    'accept-unsigned': Flags.boolean({
      description:
        'Roll out what nobody that this home trusts has signed: whoever can write to Redis can then reprogram the fleet.',
    }),
    ...rolloutFlags,
    ...transportFlags,
    window: windowFlag,
    ...fleetFlags,
    ...streamingFlags,
  };

  async run(): Promise<ServiceStatus> {
    const { flags, signal } = this;
    const json = this.jsonEnabled() || this.jsonLinesEnabled();
    const log = (line: LogLine | undefined) => {
      if (line !== undefined) this.note(logText(line, { at: Date.now(), json }));
    };
    const token = serviceToken('injector', flags);
    requireTokenBeyondLoopback(flags.host, token);
    const warn = (text: string) => log({ level: 'warning', type: 'service', text });
    const session = await openService({
      ...{ service: 'injector', flags, signal, warn },
      report: (event) => log(eventLine(event)),
    });
    if (flags['accept-unsigned'])
      warn('--accept-unsigned: whoever can write to this Redis can reprogram the fleet');
    const status = await serveInjector({
      ...{ session, signal, token, host: flags.host, port: Number(flags.port) },
      names: flags['allow-host'] ?? [],
      version: this.config.version,
      acceptUnsigned: flags['accept-unsigned'],
      defaults: {
        ...rolloutWishes(flags),
        windowMs: flags.window === undefined ? undefined : durationMs(flags.window),
      },
      log: (line) => log(serviceLine(line)),
      onReady: (url) => log(readyLine('injector', url, token)),
    });
    // It was stopped as services are stopped: that is no failure.
    process.exitCode = 0;
    return status;
  }
}
