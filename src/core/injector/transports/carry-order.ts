/**
 * One order for one agent that is reached by its directory: what it holds is looked up, the files are changed, the agent is
 * told, and what it answers is awaited and judged. An order in, an acknowledgement out. Nothing is thrown: what goes wrong
 * with one agent is its answer.
 */
import { digestOf } from '../../bytecode/digest.js';
import { DreamnetError, messageOf } from '../../errors.js';
import type { Trust } from '../../keys/trust.js';
import { limits } from '../../limits.js';
import type { Acknowledgement, Order, SignedOrder } from '../../nerve/messages/order.js';
import type { Ack } from './ack.js';
import { decideMove, type Held, type Move } from './held-programs.js';
import { decideFrom, type HeldRecords } from './held-record.js';
import { noProgram, type ProgramBytes, type ProgramDirectory } from './program-directory.js';

export interface Carrying {
  readonly records: HeldRecords;
  readonly trust: Trust;
  readonly clock: () => number;
  readonly agent: string;
  readonly host: string;
  readonly order: Omit<Order, 'targets'>;
  /** The same order for this agent alone, signed. */
  readonly signed: SignedOrder;
  /** Closed when the order has been carried. */
  readonly directory: ProgramDirectory;
  /** An SDK agent: it answers each order with a document, and holds what it is told by itself. */
  readonly answersOrders: boolean;
  /** Bytes by digest; undefined when nobody has them. */
  readonly program: (digest: string) => Promise<ProgramBytes | undefined>;
  /** Keeps what is there before it is replaced, so that it can come back. */
  readonly keep: (digest: string, bytes: Uint8Array) => Promise<unknown>;
  /** Tells the agent to look at its files. */
  readonly reload: () => Promise<void>;
  /** Ends the wait for an answer. */
  readonly signal: AbortSignal;
  readonly withinMs: number;
}

/** What can still come after the files are changed and the agent is told; undefined when it did not answer. */
export type Answering = Promise<Acknowledgement | undefined>;

type Outcome = Pick<Acknowledgement, 'outcome' | 'code' | 'reason' | 'timings'>;

/** Resolves when the agent has been told; its answer follows. */
export async function carryOrder(carrying: Carrying): Promise<{ readonly answer: Answering }> {
  const { directory } = carrying;
  let sent: Sent;
  try {
    sent = await send(carrying);
  } catch (thrown) {
    await directory.close();
    return { answer: Promise.resolve(acknowledgement(carrying, failure(thrown))) };
  }
  const answer = settle(carrying, sent)
    .catch((thrown: unknown): Outcome => failure(thrown))
    .then((outcome) => (outcome === undefined ? undefined : acknowledgement(carrying, outcome)))
    .finally(() => directory.close());
  return { answer };
}

/** What the agent is to have loaded, what it had, or how the matter ended already. */
type Sent =
  | { readonly held: Held; readonly expects: string; readonly replaced: string | undefined }
  | { readonly held: Held | undefined; readonly outcome: Outcome };

async function send(carrying: Carrying): Promise<Sent> {
  const { records, trust, agent, order, directory } = carrying;
  const present = (await directory.program()) ?? new Uint8Array();
  const before = digestOf(present);
  const known = await records.read(agent, trust);
  // The SDK's agents return by themselves, and only to what they have checked.
  const { held, move } = carrying.answersOrders
    ? decideMove(known.held, order, before)
    : decideFrom(known, order, before);
  if (move.move === 'refuse')
    return { held: undefined, outcome: { outcome: 'refused', code: move.code, reason: move.reason } };
  await records.write(agent, held);
  // What may have to come back is kept before it is replaced.
  if (before !== noProgram && before !== order.digest) await carrying.keep(before, present);
  const replaced = await change(carrying, move);
  const isEmptied = move.move === 'activate' || move.move === 'restore';
  if (!isEmptied && !carrying.answersOrders) return { held, outcome: { outcome: 'done' } };
  if (!isEmptied) await directory.emptyAck();
  await carrying.reload();
  const expects = move.move === 'restore' ? move.digest : order.digest;
  return { held, expects, replaced: replaced ?? before };
}

/** Changes the files; the digest of what was replaced. */
async function change(
  { order, signed, directory, program }: Carrying,
  move: Exclude<Move, { move: 'refuse' }>,
): Promise<string | undefined> {
  switch (move.move) {
    case 'stage':
      await directory.stage({ ...(await needed(program, order.digest)), order: signed });
      return undefined;
    case 'activate':
      return directory.activate({ ...(await needed(program, order.digest)), order: signed });
    case 'restore': {
      const former = move.digest === noProgram ? 'none' : await needed(program, move.digest);
      return directory.restore({ program: former, order: signed });
    }
    case 'observe':
    case 'nothing':
      await directory.writeOrder(signed);
      return undefined;
    case 'unstage':
      await directory.unstage(signed);
      return undefined;
    default:
      return move satisfies never;
  }
}

/** Undefined when the agent has not answered. */
async function settle(carrying: Carrying, sent: Sent): Promise<Outcome | undefined> {
  const { records, agent, order, directory, signal, withinMs, answersOrders } = carrying;
  let outcome: Outcome | undefined;
  if ('outcome' in sent) outcome = sent.outcome;
  else {
    const ack = await directory.waitForAck({
      digest: sent.expects,
      replaced: sent.replaced,
      withinMs,
      signal,
      isAnswer: (document) =>
        document.epoch === order.epoch && document.action === order.action && document.agent === agent,
    });
    outcome = ack === undefined ? undefined : judged(ack, sent.expects);
  }
  // The SDK's agents keep their records themselves.
  if (sent.held !== undefined && outcome !== undefined && !answersOrders)
    await records.show(agent, sent.held, { failed: outcome.outcome !== 'done' });
  return outcome;
}

function judged(ack: Ack, expected: string): Outcome {
  if ('document' in ack) {
    const { agent: _agent, host: _host, at: _at, ...outcome } = ack.document;
    return outcome;
  }
  if ('error' in ack) return { outcome: 'failed', code: 'DN574', reason: `the agent says: ${ack.error}` };
  if (ack.digest === expected) return { outcome: 'done' };
  return { outcome: 'failed', code: 'DN574', reason: `the agent loaded ${ack.digest}, not ${expected}` };
}

async function needed(program: Carrying['program'], digest: string): Promise<ProgramBytes> {
  const found = await program(digest);
  if (found !== undefined) return found;
  throw new DreamnetError({
    code: 'DN573',
    kind: 'failed',
    message: `Nobody has the program ${digest} any more.`,
    hint: 'Put its file back into the store, or roll out another program.',
  });
}

function failure(thrown: unknown): Outcome {
  const code = thrown instanceof DreamnetError ? thrown.code : 'DN572';
  return { outcome: 'failed', code, reason: messageOf(thrown).slice(0, limits.reasonCharactersMax) };
}

function acknowledgement({ agent, host, order, clock }: Carrying, outcome: Outcome): Acknowledgement {
  const { action, digest, epoch } = order;
  return { agent, host, action, digest, epoch, at: clock(), ...outcome };
}
