import { Flags } from '@oclif/core';
import { agentPlaceFlags, moveOf, openAgentPlace, openEngineOf } from '../../cli/agent-flags.js';
import { BaseCommand } from '../../cli/base-command.js';
import { type RestoreDocument, restoreDocument, restoreText } from '../../cli/views/restore-view.js';
import { readLeftChanged } from '../../core/agent/workloads/docker/put-back.js';

export default class AgentRestore extends BaseCommand<typeof AgentRestore> {
  static override summary =
    'Put containers back to what they were before agents of this directory changed them.';
  static override description =
    'For when no agent runs: it was removed, or cannot be started. Shows what would be put back, and does it with --yes. A limit that somebody else has changed meanwhile is left as it is. An agent that is started here again obeys its live program again; `dreamnet rollout rollback` takes that back.';
  static override examples = [
    '<%= config.bin %> agent restore',
    '<%= config.bin %> agent restore --yes',
    '<%= config.bin %> agent restore --state-dir /var/lib/dreamnet --yes --json',
  ];
  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'Do it.' }),
    ...agentPlaceFlags,
  };

  async run(): Promise<RestoreDocument> {
    const { flags } = this;
    const { stateDir, lock } = openAgentPlace(flags, 'docker');
    try {
      const engine = await openEngineOf(flags);
      try {
        const log = (text: string) => this.note(text);
        const left = readLeftChanged({ engine, stateDir, move: moveOf(flags), log });
        const outcomes = flags.yes ? await left.putBack() : undefined;
        const document = restoreDocument({ stateDir, changes: left.changes, outcomes });
        this.print(restoreText(document));
        if (document.putBack === null && document.containers.length > 0) this.endAs('waits-for-approval');
        if (document.containers.some(({ outcome }) => outcome === 'failed')) this.endAs('partly-done');
        return document;
      } finally {
        engine.close();
      }
    } finally {
      lock.release();
    }
  }
}
