/** The one error that running a program throws: what a caller handed it that it cannot run with. */

export const programErrorCodes = {
  DN130: 'a parameter that the program does not have',
  DN131: 'a parameter outside its range',
  DN132: 'a column that is missing',
  DN133: 'a column that is too short, or a number of rows that is none',
} as const;

export type ProgramErrorCode = keyof typeof programErrorCodes;

/** Thrown by `ProgramInstance.run` before anything is run. */
export class ProgramError extends Error {
  readonly code: ProgramErrorCode;
  readonly hint: string;

  constructor(code: ProgramErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.name = 'ProgramError';
  }
}
