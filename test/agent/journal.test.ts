import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/core/agent/journal.js';
import { compactJournal } from '../../src/core/agent/journal-compaction.js';
import type { Order } from '../../src/core/nerve/messages/order.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a compacted journal', () => {
  it('keeps the orders of the newest instructions of every agent, in their order', () => {
    const journal = Array.from({ length: 20 }, (_, at) =>
      entry(at, { instruction: `instr_${at}`, targets: ['a'] }),
    );
    expect(compactJournal(journal)).toEqual(journal.slice(-8));
  });

  it('keeps an old order of an agent that got none since', () => {
    const old = entry(0, { instruction: 'instr_old', targets: ['b'] });
    const others = Array.from({ length: 50 }, (_, at) =>
      entry(at + 1, { instruction: `instr_${at}`, targets: ['a'] }),
    );
    expect(compactJournal([old, ...others])).toEqual([old, ...others.slice(-8)]);
  });

  it('keeps every order of one instruction: stage, live, undo', () => {
    const actions = ['stage', 'live', 'undo'] as const;
    const journal = actions.map((action, at) => entry(at, { action }));
    expect(compactJournal(journal)).toEqual(journal);
  });

  it('drops what is no order', () => {
    expect(compactJournal([{ streamId: '1-0', envelope: '{"order":"nonsense"}' }])).toEqual([]);
  });
});

describe('a journal', () => {
  it('does not grow for ever while the host runs', async () => {
    const journal = await openJournal(directory, 'host-1');
    for (let at = 0; at < 1_300; at++) await journal.append(entry(at, { instruction: `instr_${at}` }));
    const lines = readFileSync(path.join(directory, 'host-1.orders.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(8 + 100);
    const again = await openJournal(directory, 'host-1');
    expect(again.entries.at(-1)?.streamId).toBe('1299-0');
  });
});

function entry(at: number, changes: Partial<Order>) {
  const order: Order = {
    version: 1,
    instruction: 'instr_1',
    action: 'stage',
    digest: `sha256:${'0'.repeat(64)}`,
    parameters: {},
    targets: ['a'],
    epoch: at + 1,
    expires: 1,
    windowMs: 1_000,
    ...changes,
  };
  return {
    streamId: `${at}-0`,
    envelope: JSON.stringify({ order: JSON.stringify(order), keyId: 'k', signature: 's' }),
  };
}
