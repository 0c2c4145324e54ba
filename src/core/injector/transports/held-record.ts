/**
 * What an agent without the SDK holds, kept in its record, field `held`, so that any coordinator can return the agent to what
 * it had. It is signed, because whoever can write to Redis could otherwise have any bytes installed as what an agent had
 * before: what nobody signed whom this home trusts is not known.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { keyIdOf } from '../../bytecode/signature.js';
import type { Trust } from '../../keys/trust.js';
import type { AgentStatus } from '../../nerve/messages/agent-record.js';
import type { Order } from '../../nerve/messages/order.js';
import type { Names } from '../../nerve/names.js';
import { parseRecord } from '../../nerve/records.js';
import type { SigningKey } from '../course/send-orders.js';
import type { Hashes } from './gathered-hashes.js';
import {
  decideMove,
  emptyHeld,
  type Held,
  type HeldProgram,
  heldSchema,
  type Move,
} from './held-programs.js';
import { noProgram } from './program-directory.js';

/** `held` is the exact text that is signed, together with the id of its agent; the epoch is in it. */
const signedHeldSchema = z.object({ held: z.string(), keyId: z.string(), signature: z.string() });

export interface KnownHeld {
  readonly held: Held;
  /** Why what is there is not believed; then `held` is empty. */
  readonly doubt?: string;
}

export interface HeldRecords {
  read(agent: string, trust: Trust): Promise<KnownHeld>;
  /** Before the directory is touched: what was meant must outlive this process, what was done can be seen there. */
  write(agent: string, held: Held): Promise<void>;
  /** What others see of it, when it is done. */
  show(agent: string, held: Held, options: { readonly failed: boolean }): Promise<void>;
}

export function openHeldRecords({
  hashes,
  names,
  key,
}: {
  readonly hashes: Hashes;
  readonly names: Names;
  readonly key: SigningKey;
}): HeldRecords {
  /** What was signed here last for each agent: where it comes back unchanged it need not be read and verified. */
  const signedHere = new Map<string, { readonly text: string; readonly held: Held }>();

  return {
    async read(agent, trust) {
      const text = await hashes.hget(names.agent(agent), 'held');
      if (text === null || text === '') return { held: emptyHeld() };
      const own = signedHere.get(agent);
      if (own?.text === text && keyOf(key.keyId, trust).doubt === undefined) return { held: own.held };
      const signed = parseRecord(text, signedHeldSchema);
      const doubt = signed === undefined ? 'it is not signed' : doubtOf(signed, agent, trust);
      const held = parseRecord(signed?.held, heldSchema);
      if (doubt === undefined && held !== undefined) return { held };
      return { held: emptyHeld(), doubt: doubt ?? 'it cannot be read' };
    },

    async write(agent, held) {
      const text = JSON.stringify(held);
      const signature = sign(null, signedText(agent, text), key.privateKey).toString('base64');
      const signed: z.infer<typeof signedHeldSchema> = { held: text, keyId: key.keyId, signature };
      const record = JSON.stringify(signed);
      signedHere.set(agent, { text: record, held });
      await hashes.hset(names.agent(agent), { held: record });
    },

    async show(agent, held, { failed }) {
      const digestOf = (program: HeldProgram | undefined) =>
        program === undefined || program.digest === noProgram ? '' : program.digest;
      await hashes.hset(names.agent(agent), {
        status: failed ? 'failed' : statusOf(held),
        live: digestOf(held.live),
        staged: digestOf(held.staged),
        instruction: held.live?.instruction ?? '',
      });
    },
  };
}

function doubtOf(
  { held, keyId, signature }: z.infer<typeof signedHeldSchema>,
  agent: string,
  trust: Trust,
): string | undefined {
  const { key, doubt } = keyOf(keyId, trust);
  if (key === undefined) return doubt;
  const isSigned = verify(null, signedText(agent, held), key, Buffer.from(signature, 'base64'));
  return isSigned ? undefined : 'it is not what was signed';
}

function keyOf(
  keyId: string,
  { trusted, revoked }: Trust,
):
  | { readonly key: KeyObject; readonly doubt?: undefined }
  | { readonly key?: undefined; readonly doubt: string } {
  if (revoked.has(keyId)) return { doubt: 'it is signed with a key that is revoked' };
  const key = trusted.find((candidate) => keyIdOf(candidate) === keyId);
  return key === undefined ? { doubt: 'it is signed with a key that this home does not trust' } : { key };
}

/** The same key signs programs, orders and instructions: the first line says that this is none of them. */
function signedText(agent: string, held: string): Buffer {
  return Buffer.from(`dreamnet held 1\n${agent}\n${held}`);
}

/** Nothing is put back that only a doubtful record names; everything else starts anew with what is there. */
export function decideFrom(
  { held, doubt }: KnownHeld,
  order: Omit<Order, 'targets'>,
  present: string,
): { readonly held: Held; readonly move: Move } {
  if (doubt === undefined || order.action !== 'undo') return decideMove(held, order, present);
  const reason = `what it had before is not known: its record in Redis is not believed, ${doubt}`;
  return { held, move: { move: 'refuse', code: 'DN584', reason } };
}

function statusOf({ observing, staged, live }: Held): AgentStatus {
  if (observing) return 'observing';
  if (staged !== undefined) return 'staged';
  return live === undefined || live.digest === noProgram ? 'idle' : 'live';
}
