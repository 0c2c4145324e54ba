import { describe, expect, it } from 'vitest';
import { eventLine, type LogLine, logText } from '../../src/cli/service-log.js';

const failed = (reason: string) =>
  eventLine({ type: 'agent-failed', at: 0, agent: 'agent-0001', code: 'DN541', reason }) as LogLine;

describe('a line of a service', () => {
  it('stays one line without colours, whatever an agent gives as its reason', () => {
    const line = failed('no\n2026-01-01T00:00:00.000Z rollout is complete\u001b[32m');
    const text = logText(line, { at: 0, json: false });
    expect(text).toBe(
      '1970-01-01T00:00:00.000Z warning: agent-0001 failed: DN541 no\\n2026-01-01T00:00:00.000Z rollout is complete\\x1b[32m',
    );
    const document = logText(line, { at: 0, json: true });
    expect(document).not.toContain('\n');
    expect(JSON.parse(document).text).toContain('no\n2026');
  });
});
