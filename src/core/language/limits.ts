/** Every bound of the language, each with its reason. What exceeds one is a diagnostic that names the limit. */

/** Bumped whenever a bound below becomes tighter, so that a program says which limits it was compiled under. */
export const limitsVersion = 1;

/** Bumped whenever the meaning of a program changes. */
export const languageVersion = 1;

export const languageLimits = {
  /** A 1,000-line program is about 40 KB; six times that still checks within a tenth of a second. */
  sourceBytesMax: 256 * 1024,
  /** Parser, checker and compiler recurse; 64 is far beyond readable and far below any call stack. */
  nestingDepthMax: 64,
  /** Operators in one statement's own expressions: a chain of them is as deep as it is long. */
  expressionOperatorsMax: 200,
  /** A governor searches these together; beyond a few dozen no search is honest. */
  parametersMax: 64,
  /** Each LET is one local of the compiled function. */
  letsMax: 512,
  /** Each loop reads the whole chunk once more. */
  loopsMax: 16,
  /** Effects that one task can receive in one run; the effect area of a chunk grows with it (16 KB each). */
  effectsPerTaskMax: 1_000,
  /** Longer names are pasted text, and they end up in the program file. */
  nameLengthMax: 64,
  /** After this many a reader mends and checks again. */
  diagnosticsMax: 100,
  /** Shorter intervals would cost an agent more than the metrics are worth. */
  reportIntervalMsMin: 100,
  /** Longer than a day is never what was meant. */
  reportIntervalMsMax: 86_400_000,
  /** As many fields and actions as are possible, with a few effects each, have about 600 KB. */
  capabilityFileBytesMax: 1_048_576,
  /** A capability file has five levels; the parser recurses. */
  jsonDepthMax: 32,
  /** As in the program file, where each field is a column of the table. */
  fieldsMax: 256,
  /** As in the program file. */
  actionsMax: 1_024,
  /** Of one field; agents send their numbers. */
  fieldNamesMax: 4_096,
} as const;
