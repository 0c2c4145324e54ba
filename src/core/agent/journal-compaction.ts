/**
 * A journal in, what of it still decides how an agent comes back out: for every agent the orders of its newest few
 * instructions, wherever in the journal they stand. A fleet that runs for months keeps a journal of days.
 */
import { orderSchema, signedOrderSchema } from '../nerve/messages/order.js';
import { parseRecord } from '../nerve/records.js';
import type { JournalEntry } from './journal.js';

/** The live program, those to return to, and what was staged after it. */
const instructionsKeptPerAgent = 8;

/** Signatures are not asked for here: what is kept is checked when it is put back in force. */
export function compactJournal(entries: readonly JournalEntry[]): JournalEntry[] {
  const newest = new Map<string, Set<string>>();
  const kept: JournalEntry[] = [];
  for (const entry of entries.toReversed()) {
    const order = parseRecord(parseRecord(entry.envelope, signedOrderSchema)?.order, orderSchema);
    if (order === undefined) continue;
    const decides = order.targets.map((agent) => isAmongNewest(newest, agent, order.instruction));
    if (decides.includes(true)) kept.push(entry);
  }
  return kept.reverse();
}

function isAmongNewest(newest: Map<string, Set<string>>, agent: string, instruction: string): boolean {
  const known = newest.get(agent) ?? new Set();
  newest.set(agent, known);
  if (known.size < instructionsKeptPerAgent) known.add(instruction);
  return known.has(instruction);
}
