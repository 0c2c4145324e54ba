/** Types of the plain JavaScript host, which is written without those of `src`. */

export interface HostInput {
  /** Raw Ed25519 public keys, 32 bytes each. */
  readonly trustedKeys: readonly Uint8Array[];
  readonly columns: Readonly<Record<string, Float64Array | readonly number[]>>;
  readonly rows: number;
  readonly parameters: Readonly<Record<string, number>>;
}

export interface HostManifest {
  readonly name: string;
  readonly version: number;
  readonly languageVersion: number;
  readonly limitsVersion: number;
  readonly parameters: readonly { name: string; unit: string; default: number; min: number; max: number }[];
  readonly fields: readonly { name: string; unit: string }[];
  readonly actions: readonly {
    code: number;
    name: string;
    arguments: readonly { name: string; unit: string; min: number; max: number }[];
  }[];
  readonly reportIntervalMs: number;
  readonly sourceDigest: string;
}

export interface HostEffect {
  /** The action's name. */
  readonly action: string;
  /** From 0 in the table, not in its chunk. */
  readonly row: number;
  readonly argument: number;
}

/** Effects in the program's order, chunk by chunk. Throws an Error for a file or an input that it refuses. */
export function runProgram(
  file: Uint8Array,
  input: HostInput,
): { manifest: HostManifest; effects: HostEffect[] };
