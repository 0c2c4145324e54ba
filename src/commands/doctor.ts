import { BaseCommand } from '../cli/base-command.js';
import { checkMachine, type MachineCheck } from '../cli/machine-checks.js';
import { formatPairs } from '../cli/table.js';

interface DoctorDocument {
  readonly dreamnet: string;
  readonly ok: boolean;
  readonly checks: readonly MachineCheck[];
}

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Check that this machine has what dreamnet needs.';
  static override description =
    'Looks at Node, Redis, the directories of the fleet, its keys, the fleet itself, Docker and the terminal; changes nothing.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];

  async run(): Promise<DoctorDocument> {
    const checks = await checkMachine({ env: process.env, redisUrl: this.flags.redis });
    const ok = checks.every((check) => check.ok);
    this.print(formatPairs(checks.map((check) => [check.name, describe(check)])));
    if (!ok) this.endAs('unreachable');
    return { dreamnet: this.config.version, ok, checks };
  }
}

function describe({ ok, found, hint }: MachineCheck): string {
  return ok ? found : `NOT OK: ${found}. ${hint ?? ''}`.trimEnd();
}
