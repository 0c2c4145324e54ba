import { BaseCommand } from '../../cli/base-command.js';
import { formatTable } from '../../cli/table.js';

interface ServicesDocument {
  readonly services: readonly { readonly name: string; readonly port: number; readonly does: string }[];
}

export default class Serve extends BaseCommand<typeof Serve> {
  static override summary = 'List the services that dreamnet can run.';
  static override examples = ['<%= config.bin %> serve', '<%= config.bin %> serve injector --help'];

  async run(): Promise<ServicesDocument> {
    const services = [
      { name: 'injector', port: 7005, does: 'rolls out instructions as they come' },
      { name: 'orchestrator', port: 7003, does: 'measures the fleet and judges its health; Prometheus' },
    ];
    this.print(
      formatTable(
        [{ header: 'SERVICE' }, { header: 'PORT', align: 'right' }, { header: 'DOES' }],
        services.map(({ name, port, does }) => [name, String(port), does]),
      ),
    );
    this.print('Run one with: dreamnet serve NAME');
    return { services };
  }
}
