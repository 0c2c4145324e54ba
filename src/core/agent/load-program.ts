/**
 * The load path: a digest in, a program ready to run out, or why not. The bytes are fetched and their digest is checked
 * once per order, and so is the signature, against the keys that are trusted at that moment: its answer follows from the bytes
 * and the keys, which are the same for all agents of the order. Actions and fields are checked for every agent; structure is
 * verified and the module instantiated once per process, because both follow from the bytes alone and a pure program can
 * serve every agent of the process (DESIGN sections 2 and 6).
 */
import { digestOf } from '../bytecode/digest.js';
import { instantiateProgram, type ProgramInstance } from '../bytecode/instance.js';
import { bytecodeLimits } from '../bytecode/limits.js';
import { checkSignature, type SignatureResult } from '../bytecode/signature.js';
import { type VerifiedProgram, verifyProgram } from '../bytecode/verify.js';
import { messageOf } from '../errors.js';
import type { Trust } from '../keys/trust.js';
import type { Capabilities } from '../language/capabilities.js';
import { passesByItself } from '../nerve/connection.js';
import type { LoadTimings } from '../nerve/messages/order.js';
import { offerProblem } from '../offers/offer-problem.js';

export interface LoadedProgram {
  /** Its bytes' signature is looked at again before the program begins to run. */
  readonly program: VerifiedProgram;
  readonly instance: ProgramInstance;
}

export type LoadOutcome = { readonly timings: LoadTimings } & (
  | { readonly ok: true; readonly loaded: LoadedProgram }
  | { readonly ok: false; readonly code: string; readonly reason: string }
);

/** Bytes that have the digest that was asked for, or why there are none; milliseconds that it took. */
export type FetchedProgram = { readonly fetchMs: number; readonly digestMs: number } & (
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: string; readonly reason: string }
);

export interface LoaderOptions {
  /** Bytes by digest, from disk or Redis; undefined when nobody has them. */
  readonly fetch: (digest: string) => Promise<Uint8Array | undefined>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

export interface ProgramLoader {
  /**
   * Once per order, whose agents all load what it gives: the bytes come from outside once per process and digest.
   * Throws while Redis is out of reach.
   */
  fetch(digest: string): Promise<FetchedProgram>;
  /** The rest of the load path for one agent, which offers these capabilities; what a former agent of the order did counts 0. */
  load(request: {
    readonly digest: string;
    readonly fetched: FetchedProgram;
    readonly capabilities: Capabilities;
    /** As of this order. */
    readonly trust: Trust;
  }): LoadOutcome;
}

/** What agents of one order share, with the keys that were trusted then. */
interface SignatureCheck {
  readonly trust: Trust;
  signature: SignatureResult | undefined;
}

/** Programs kept ready per process: the live one, the one before, and some to return to. */
const readyProgramsMax = 16;

export function createProgramLoader({ fetch, clock }: LoaderOptions): ProgramLoader {
  const fetched = new Map<string, Uint8Array>();
  const ready = new Map<string, LoadedProgram>();
  const checks = new WeakMap<FetchedProgram, SignatureCheck>();

  const timed = <T>(work: () => T): [T, number] => {
    const start = clock();
    const value = work();
    return [value, clock() - start];
  };

  return {
    async fetch(digest) {
      const start = clock();
      const known = fetched.get(digest);
      const found = known ?? (await fetchBytes(fetch, digest));
      const fetchMs = known === undefined ? clock() - start : 0;
      if (!(found instanceof Uint8Array)) return { ok: false, ...found, fetchMs, digestMs: 0 };
      const [actual, digestMs] = timed(() => digestOf(found));
      if (actual === digest) {
        keep(fetched, digest, found);
        return { ok: true, bytes: found, fetchMs, digestMs };
      }
      fetched.delete(digest);
      const reason = `the bytes have the digest ${actual}, the order asks for ${digest}`;
      return { ok: false, code: 'DN602', reason, fetchMs, digestMs };
    },

    load({ digest, fetched: found, capabilities, trust }) {
      const earlier = checks.get(found);
      const isFirst = earlier?.trust !== trust;
      const { fetchMs, digestMs } = isFirst ? found : { fetchMs: 0, digestMs: 0 };
      const check = isFirst ? { trust, signature: undefined } : earlier;
      checks.set(found, check);
      const steps = { fetchMs, digestMs, signatureMs: 0, verifyMs: 0, capabilitiesMs: 0, instantiateMs: 0 };
      const start = clock() - fetchMs - digestMs;
      const timings = () => ({ ...steps, totalMs: clock() - start });
      const refuse = (code: string, reason: string): LoadOutcome => ({
        ok: false,
        code,
        reason,
        timings: timings(),
      });
      if (!found.ok) return refuse(found.code, found.reason);
      const { bytes } = found;
      if (check.signature === undefined)
        [check.signature, steps.signatureMs] = timed(() =>
          checkSignature(bytes, trust.trusted, trust.revoked),
        );
      const { signature } = check;
      if (!signature.ok) return refuse(signature.code, signature.reason);

      let loaded = ready.get(digest);
      if (loaded === undefined) {
        const [verified, verifyMs] = timed(() => verifyProgram(bytes));
        steps.verifyMs = verifyMs;
        if (!verified.ok) return refuse(verified.code, verified.reason);
        const [instance, instantiateMs] = timed(() => instantiateProgram(verified.program));
        steps.instantiateMs = instantiateMs;
        loaded = { program: verified.program, instance };
        keep(ready, digest, loaded);
      }
      const { manifest } = loaded.program;
      const [problem, capabilitiesMs] = timed(() => offerProblem(manifest, capabilities));
      steps.capabilitiesMs = capabilitiesMs;
      if (problem !== undefined) return refuse('DN603', problem);
      return { ok: true, loaded, timings: timings() };
    },
  };
}

/** Nothing is done with bytes that no program can have. A value of another kind under that name is as good as none. */
async function fetchBytes(
  fetch: LoaderOptions['fetch'],
  digest: string,
): Promise<Uint8Array | { readonly code: string; readonly reason: string }> {
  try {
    const bytes = await fetch(digest);
    if (bytes === undefined) return { code: 'DN601', reason: `nobody has the program ${digest}` };
    if (bytes.length <= bytecodeLimits.fileBytesMax) return bytes;
    const reason = `what is stored as ${digest} has more than ${bytecodeLimits.fileBytesMax} bytes`;
    return { code: 'DN602', reason: `${reason}, which no program has` };
  } catch (thrown) {
    if (passesByItself(thrown)) throw thrown;
    return { code: 'DN601', reason: `the program ${digest} cannot be read: ${messageOf(thrown)}` };
  }
}

/** Adds to a map of bounded size, dropping the oldest entry. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= readyProgramsMax) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
