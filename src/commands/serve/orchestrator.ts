import { BaseCommand, streamingFlags } from '../../cli/base-command.js';
import { durationFlag, durationMs, fleetFlags, portFlag } from '../../cli/flags.js';
import { openService } from '../../cli/open-service.js';
import { readyLine, serviceFlags } from '../../cli/service-flags.js';
import { eventLine, type LogLine, logText, serviceLine } from '../../cli/service-log.js';
import { requireTokenBeyondLoopback } from '../../services/http-server.js';
import { type OrchestratorStatus, serveOrchestrator } from '../../services/serve-orchestrator.js';
import { serviceToken } from '../../services/service-token.js';

export default class ServeOrchestrator extends BaseCommand<typeof ServeOrchestrator> {
  static override summary =
    'Run the orchestrator as a service: the whole fleet measured, and HTTP on port 7003.';
  static override description =
    `Adds up what all agents report, judges the health of the fleet, and raises an alert when it changes. Any number may run: one measures, and another goes on when it is ended or killed. GET /aggregate, /history and /health answer in JSON, GET /metrics in the text that Prometheus reads. Logs go to stderr, with --json or --jsonl as JSON lines. docs/services.md has the routes.`;
  static override examples = [
    '<%= config.bin %> serve orchestrator',
    '<%= config.bin %> serve orchestrator --every 10s --redis redis://10.0.0.5:6379',
    'curl -s http://127.0.0.1:7003/metrics',
  ];
  static override flags = {
    every: durationFlag('every', {
      description: 'Time from one measurement to the next. [default: 30s]',
      minMs: 1_000,
      maxMs: 3_600_000,
    }),
    port: portFlag(7003),
    ...serviceFlags,
    ...fleetFlags,
    ...streamingFlags,
  };

  async run(): Promise<OrchestratorStatus> {
    const { flags, signal } = this;
    const json = this.jsonEnabled() || this.jsonLinesEnabled();
    const log = (line: LogLine | undefined) => {
      if (line !== undefined) this.note(logText(line, { at: Date.now(), json }));
    };
    const token = serviceToken('orchestrator', flags);
    requireTokenBeyondLoopback(flags.host, token);
    const session = await openService({
      ...{ service: 'orchestrator', flags, signal },
      warn: (text) => log({ level: 'warning', type: 'service', text }),
      report: (event) => log(eventLine(event)),
    });
    const status = await serveOrchestrator({
      ...{ session, signal, token, host: flags.host, port: Number(flags.port) },
      names: flags['allow-host'] ?? [],
      version: this.config.version,
      everyMs: durationMs(flags.every ?? '30s'),
      log: (line) => log(serviceLine(line)),
      onReady: (url) => log(readyLine('orchestrator', url, token)),
    });
    // It was stopped as services are stopped: that is no failure.
    process.exitCode = 0;
    return status;
  }
}
