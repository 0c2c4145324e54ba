/**
 * The volume: one directory shared with the agents, `programs/` for what is rolled out and `agents/<id>/` for each agent.
 * Orders in, files and reload signals out; what agents acknowledge in their files comes back as answers.
 */

import { answeredWithin } from '../../../answered-within.js';
import { digestOf } from '../../../bytecode/digest.js';
import { bytecodeLimits } from '../../../bytecode/limits.js';
import { DreamnetError, messageOf } from '../../../errors.js';
import type { Trust } from '../../../keys/trust.js';
import { limits } from '../../../limits.js';
import { readStoredProgram } from '../../../nerve/stored-program.js';
import { signOrder } from '../../../order-signature.js';
import type { OrderBatch } from '../../course/send-orders.js';
import type { Target } from '../../plan/plan.js';
import { carryOrder } from '../carry-order.js';
import { gatherHashes } from '../gathered-hashes.js';
import { type HeldRecords, openHeldRecords } from '../held-record.js';
import type { ProgramBytes } from '../program-directory.js';
import type { OpenTransport, Transport, TransportOpening } from '../transport.js';
import { openProgramStore, type ProgramStore } from './program-store.js';
import { openAgentDirectory, readVolumeAgent } from './volume-agents.js';

/** Directories that are written to at the same time: what waits is the disk, or the network behind it. */
const writersMax = 16;
/** Longer than anybody waits for an answer; then nobody is listening any more. */
const answerWithinMs = 6 * limits.acknowledgeWithinMs;
/** What is being written is finished, unless the disk or Redis is away. */
const closeMsMax = 5_000;

export function volumeTransport(volume: string): OpenTransport {
  return async (opening) => new VolumeTransport(volume, opening, await openProgramStore(volume));
}

class VolumeTransport implements Transport {
  readonly #volume: string;
  readonly #opening: TransportOpening;
  readonly #store: ProgramStore;
  readonly #records: HeldRecords;
  readonly #closing = new AbortController();
  /** What each agent was last told: the next order waits until it is written, and then for no answer of it. */
  readonly #last = new Map<string, { readonly over: AbortController; readonly answered: Promise<void> }>();

  constructor(volume: string, opening: TransportOpening, store: ProgramStore) {
    this.#volume = volume;
    this.#opening = opening;
    this.#store = store;
    this.#records = openHeldRecords({ ...opening, hashes: gatherHashes(opening.redis) });
  }

  async send(batches: readonly OrderBatch[]): Promise<void> {
    const letters = batches.flatMap(({ order, targets }) => targets.map((target) => ({ order, target })));
    const programs = new ProgramCache((digest) => this.#find(digest));
    const trust = this.#opening.trust();
    let next = 0;
    const write = async () => {
      for (let letter = letters[next++]; letter !== undefined; letter = letters[next++])
        await this.#carry(letter, { programs, trust });
    };
    await Promise.all(Array.from({ length: writersMax }, write));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const answered = Promise.all([...this.#last.values()].map((last) => last.answered));
    await answeredWithin(closeMsMax, answered).catch(() => undefined);
    await this.#store.close();
  }

  async #carry(
    { target: { id, host }, order }: { readonly target: Target; readonly order: OrderBatch['order'] },
    { programs, trust }: { readonly programs: ProgramCache; readonly trust: Trust },
  ): Promise<void> {
    const { key, clock, deliver } = this.#opening;
    const earlier = this.#last.get(id);
    earlier?.over.abort();
    await earlier?.answered;
    const over = new AbortController();
    const refuse = (code: string, reason: string) =>
      deliver({
        ...{ agent: id, host, action: order.action, digest: order.digest, epoch: order.epoch },
        ...{ at: clock(), outcome: 'failed', code, reason: reason.slice(0, limits.reasonCharactersMax) },
      });
    try {
      // One that is away gets its files all the same: it finds them when it comes back.
      const agent = await readVolumeAgent(this.#volume, id);
      const directory = await openAgentDirectory(this.#volume, id);
      const { answer } = await carryOrder({
        ...{ records: this.#records, trust, clock, agent: id, host, order, directory },
        answersOrders: agent?.announcement.answers === 'orders',
        reload: () => (agent?.announcement.signal === 'none' ? noSignal : this.#reload(id)),
        signed: signOrder({ ...order, targets: [id] }, key),
        program: (digest) => programs.find(digest),
        keep: (digest, bytes) => this.#store.keep(digest, bytes),
        signal: AbortSignal.any([this.#closing.signal, over.signal]),
        withinMs: answerWithinMs,
      });
      const answered = answer.then((one) => (one === undefined ? undefined : deliver(one)));
      this.#last.set(id, { over, answered });
    } catch (thrown) {
      refuse(thrown instanceof DreamnetError ? thrown.code : 'DN572', messageOf(thrown));
    }
  }

  /** Looked at when it is to be signalled: it may have been started anew meanwhile. */
  async #reload(id: string): Promise<void> {
    const { announcement, pid } = (await readVolumeAgent(this.#volume, id)) ?? {};
    if (pid === undefined || announcement === undefined || announcement.signal === 'none') return;
    try {
      process.kill(pid, announcement.signal);
    } catch {
      // It ended in this moment: it loads what it finds when it is started again.
    }
  }

  async #find(digest: string): Promise<ProgramBytes | undefined> {
    const kept = await this.#store.find(digest);
    if (kept !== undefined) return kept;
    const { redis, names } = this.#opening;
    const bytes = await readStoredProgram(redis, names, { digest, bytesMax: bytecodeLimits.fileBytesMax });
    if (bytes === undefined || digestOf(bytes) !== digest) return undefined;
    return this.#store.keep(digest, bytes);
  }
}

const noSignal = Promise.resolve();

/** Each program is looked for, and its digest checked, once for all agents of a batch. */
class ProgramCache {
  readonly #find: (digest: string) => Promise<ProgramBytes | undefined>;
  readonly #found = new Map<string, Promise<ProgramBytes | undefined>>();

  constructor(find: (digest: string) => Promise<ProgramBytes | undefined>) {
    this.#find = find;
  }

  find(digest: string): Promise<ProgramBytes | undefined> {
    const known = this.#found.get(digest) ?? this.#find(digest);
    this.#found.set(digest, known);
    return known;
  }
}
