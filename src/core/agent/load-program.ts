/**
 * The load path: a digest in, a program ready to run out, or why not. Digest and signature are checked for every agent;
 * structure is verified and the module instantiated once per process, because both follow from the bytes alone and a
 * pure program can serve every agent of the process (DESIGN sections 2 and 6).
 */
import { digestOf } from '../bytecode/digest.js';
import { instantiateProgram, type ProgramInstance } from '../bytecode/instance.js';
import { checkSignature } from '../bytecode/signature.js';
import { type VerifiedProgram, verifyProgram } from '../bytecode/verify.js';
import type { Trust } from '../keys/trust.js';
import type { LoadTimings } from '../nerve/messages/order.js';

export interface LoadedProgram {
  readonly digest: string;
  /** Whose signature is looked at again before the program begins to run. */
  readonly bytes: Uint8Array;
  readonly program: VerifiedProgram;
  readonly instance: ProgramInstance;
}

export type LoadOutcome = { readonly timings: LoadTimings } & (
  | { readonly ok: true; readonly loaded: LoadedProgram }
  | { readonly ok: false; readonly code: string; readonly reason: string }
);

export interface LoaderOptions {
  /** Bytes by digest, from disk or Redis; undefined when nobody has them. */
  readonly fetch: (digest: string) => Promise<Uint8Array | undefined>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

export interface ProgramLoader {
  /** Fetches the bytes, once per process and digest; undefined when nobody has them. */
  bytes(digest: string): Promise<{ readonly bytes: Uint8Array | undefined; readonly fetchMs: number }>;
  /** The rest of the load path for one agent, which offers these capabilities. */
  load(request: {
    readonly digest: string;
    readonly bytes: Uint8Array | undefined;
    readonly fetchMs: number;
    readonly capabilities: ReadonlySet<string>;
    /** As of this order. */
    readonly trust: Trust;
  }): LoadOutcome;
}

/** Programs kept ready per process: the live one, the one before, and some to return to. */
const readyProgramsMax = 16;

export function createProgramLoader({ fetch, clock }: LoaderOptions): ProgramLoader {
  const fetched = new Map<string, Uint8Array>();
  const ready = new Map<string, LoadedProgram>();

  const timed = <T>(work: () => T): [T, number] => {
    const start = clock();
    const value = work();
    return [value, clock() - start];
  };

  return {
    async bytes(digest) {
      const known = fetched.get(digest);
      if (known !== undefined) return { bytes: known, fetchMs: 0 };
      const start = clock();
      const bytes = await fetch(digest);
      if (bytes !== undefined) keep(fetched, digest, bytes);
      return { bytes, fetchMs: clock() - start };
    },

    load({ digest, bytes, fetchMs, capabilities, trust }) {
      const steps = {
        fetchMs,
        digestMs: 0,
        signatureMs: 0,
        verifyMs: 0,
        capabilitiesMs: 0,
        instantiateMs: 0,
      };
      const start = clock() - fetchMs;
      const timings = () => ({ ...steps, totalMs: clock() - start });
      const refuse = (code: string, reason: string): LoadOutcome => ({
        ok: false,
        code,
        reason,
        timings: timings(),
      });
      if (bytes === undefined) return refuse('DN601', `nobody has the program ${digest}`);

      const [actual, digestMs] = timed(() => digestOf(bytes));
      steps.digestMs = digestMs;
      if (actual !== digest) {
        fetched.delete(digest);
        return refuse('DN602', `the bytes have the digest ${actual}, the order asks for ${digest}`);
      }
      const [signature, signatureMs] = timed(() => checkSignature(bytes, trust.trusted, trust.revoked));
      steps.signatureMs = signatureMs;
      if (!signature.ok) return refuse(signature.code, signature.reason);

      let loaded = ready.get(digest);
      if (loaded === undefined) {
        const [verified, verifyMs] = timed(() => verifyProgram(bytes));
        steps.verifyMs = verifyMs;
        if (!verified.ok) return refuse(verified.code, verified.reason);
        const [instance, instantiateMs] = timed(() => instantiateProgram(verified.program));
        steps.instantiateMs = instantiateMs;
        loaded = { digest, bytes, program: verified.program, instance };
        keep(ready, digest, loaded);
      }
      const actions = loaded.program.manifest.actions;
      const [missing, capabilitiesMs] = timed(() => actions.find((action) => !capabilities.has(action.name)));
      steps.capabilitiesMs = capabilitiesMs;
      if (missing !== undefined) return refuse('DN603', `this agent does not offer ${missing.name}`);
      return { ok: true, loaded, timings: timings() };
    },
  };
}

/** Adds to a map of bounded size, dropping the oldest entry. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= readyProgramsMax) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
