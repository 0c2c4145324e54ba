/** Every bound of the program file, each with its reason. Compiler, verifier and host share them. */

export const bytecodeLimits = {
  /** A 1,000-line program is about 60 KB; what is larger is refused before anything of it is read. */
  fileBytesMax: 512 * 1024,
  /** Tasks are fed in chunks of this many rows, so that memory is fixed; 8 KB a column stays in the nearest caches. */
  chunkRows: 1_024,
  /** Effect records: u32 action, u32 row, f64 argument. */
  effectBytes: 16,
  /** What a compiler may need; engines slow down beyond a few thousand. */
  localsMax: 2_048,
  /** Values that the compiler keeps in locals of its own; with 64 parameters and 512 LETs they fit into the locals. */
  hoistedValuesMax: 256,
  sharedValuesMax: 1_000,
  /** Keeps verifying and the engine's compiling within milliseconds. */
  instructionsMax: 100_000,
  /** One level deeper than the language allows, for WHERE. */
  nestingDepthMax: 130,
  /** As in the language; the effect area grows with it. */
  effectsPerTaskMax: 1_000,
  parametersMax: 64,
  fieldsMax: 256,
  actionsMax: 1_024,
  /** 1,000 effects for 1,024 rows are 16 MB, 256 columns 2 MB. */
  memoryPagesMax: 300,
  /** The manifest is read by everything that lists programs. */
  manifestBytesMax: 64 * 1024,
  /** Several keys may sign one file while they are rotated. */
  signaturesMax: 8,
} as const;
